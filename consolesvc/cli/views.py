"""Consoles as `list`, `serve` and others show them to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from consolesvc.cli.table import format_table

MINUTE, HOUR, DAY = 60, 3600, 86400


def console_table(consoles: Iterable[Mapping[str, Any]], *, events: bool = False) -> str:
    """The table of consoles.

    Args:
        consoles: Views as `web.api.console_view` makes them.
        events: Whether it has a column for the last event of each, where one has had any.
    """
    views = list(consoles)
    events = events and any(view.get("events") for view in views)
    header = ("NAME", "GUEST/DEVICE", "STATE", "SILENT", *(["LAST EVENT"] if events else []), "VIEWERS", "ID")
    return format_table(
        header,
        [
            (
                *(c["name"], c["line"]["target"], _state(c["line"]), _silent(c["silent"])),
                *([_last_event(c["events"])] if events else []),
                *(str(c["viewers"]), c["id"]),
            )
            for c in views
        ],
    )


def _last_event(events: Sequence[Mapping[str, Any]]) -> str:
    """What was recognised last, and how long ago: `panic, 3 min`; `-` for nothing."""
    if not events:
        return "-"
    when = datetime.fromisoformat(events[0]["time"])
    return f"{events[0]['event']}, {_silent(max(0.0, (datetime.now(when.tzinfo) - when).total_seconds()))}"


def _state(line: Mapping[str, Any]) -> str:
    if line.get("loan"):
        return lent(line["loan"])
    # Who has a reason waits: the reason says more than the word.
    return str(line["why"] or line["state"])


def lent(loan: Mapping[str, Any]) -> str:
    """To whom a port is lent and until when, in this host's time: `lent to alice@laptop until 19:05:30`."""
    end = "taken back" if loan["until"] is None else local_time(loan["until"])
    return f"lent to {loan['who'] or loan['user']} until {end}"


def local_time(text: str) -> str:
    """A time of ISO 8601 as people here say it: `19:05:30`, or `2026-11-24 19:05` on another day."""
    moment = datetime.fromisoformat(text).astimezone()
    same_day = moment.date() == datetime.now(moment.tzinfo).date()
    return f"{moment:%H:%M:%S}" if same_day else f"{moment:%Y-%m-%d %H:%M}"


def _silent(seconds: float | None) -> str:
    """Time in its largest unit that has passed once; `-` where there has been no output."""
    if seconds is None:
        return "-"
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds / size)} {unit}"
    return f"{int(seconds)} s"
