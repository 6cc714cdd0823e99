"""`--since` as people say it: an offset, a time of day, a date, or how long ago."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

EXPECTED = "an offset, a time such as 02:10 or 2026-11-23T02:10, or -90m, -1h, -2d"

_OFFSET = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_AGO = re.compile(r"-(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Since:
    """Where to begin: one of the two.

    Attributes:
        offset: An offset; negative counts from the end.
        time: Unix seconds.
    """

    offset: int | None = None
    time: float | None = None


def parse_since(text: str, now: datetime) -> Since:
    """Read what a user said.

    Args:
        text: `1234`, `-500` (bytes before the end), `02:10` (today, or yesterday where that has not been yet), a date
            and time of ISO 8601 (of this host's zone where it names none), `-1h`.
        now: With its zone.

    Raises:
        ValueError: it is none of these; the text says what was expected.
    """
    if _OFFSET.fullmatch(text):
        return Since(offset=int(text))
    try:
        return Since(time=_moment(text, now).timestamp())
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:100]!r} is no beginning, expected {EXPECTED}") from None


def _moment(text: str, now: datetime) -> datetime:
    ago = _AGO.fullmatch(text)
    if ago is not None and any(ago.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in ago.groups())
        return now - timedelta(days, seconds, hours=hours, minutes=minutes)
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        for day in (now.date(), now.date() - timedelta(1)):
            # By the wall clock of each day, which a change to summer time moves.
            moment = datetime.combine(day, time(hour, minute, second)).astimezone()
            if moment <= now:
                return moment
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.astimezone()
