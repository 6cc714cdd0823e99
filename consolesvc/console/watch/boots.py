"""A console's boots, put together from what was recognised: when each began, how far it came, how long it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consolesvc.log.index import Record

MOST = 100
"""Boots remembered."""
TREND = 10
"""Boots whose median is the trend."""


class Moment(NamedTuple):
    """Something in a boot.

    Attributes:
        offset: Where in the stream.
        time: Unix time.
        facts: What is known beside: a login's `seconds` since the boot began, a panic's `what`, a `stage`.
    """

    offset: int
    time: float
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Boot:
    """One boot.

    Attributes:
        start: Its first words.
        stages: How far it came, one after the other.
        login: Its first login prompt.
        panic: Its first panic, or else its first oops.
        reset: Whether another boot began before it came to a login.
    """

    start: Moment
    stages: list[Moment] = field(default_factory=list)
    login: Moment | None = None
    panic: Moment | None = None
    reset: bool = False

    @property
    def seconds(self) -> float | None:
        """From its first words to the login; None where it came to none."""
        return None if self.login is None else self.login.facts.get("seconds")


class Boots:
    """The last boots of one console, the oldest first."""

    def __init__(self) -> None:
        self._boots: list[Boot] = []

    def __repr__(self) -> str:
        return f"<Boots {len(self._boots)}, trend {self.trend}>"

    def __len__(self) -> int:
        return len(self._boots)

    @property
    def last(self) -> Boot | None:
        """The one that goes on, or went on last."""
        return self._boots[-1] if self._boots else None

    @property
    def trend(self) -> float | None:
        """The median of the last TREND boots' seconds to a login; None before the first."""
        seconds = sorted(self.seconds)
        middle = len(seconds) // 2
        return round((seconds[middle] + seconds[~middle]) / 2, 1) if seconds else None

    @property
    def seconds(self) -> list[float]:
        """How long the last TREND boots that came to a login took, as far as it is known."""
        return [boot.seconds for boot in self._boots if boot.seconds is not None][-TREND:]

    def newest(self, limit: int) -> list[Boot]:
        """The last boots, the newest first."""
        return self._boots[: -limit - 1 : -1]

    def take(self, record: Record) -> None:
        """Hear of the next thing that was recognised."""
        kind, facts, last = record.event, record.facts, self.last
        moment = Moment(record.offset, record.time, facts)
        if kind == "boot":
            if last is not None:
                last.reset = last.login is None
            self._boots = [*self._boots[1 - MOST :], Boot(moment)]
        elif last is None:
            return
        elif kind == "stage":
            last.stages.append(moment)
        elif kind == "login":
            last.login = last.login or moment
        elif kind == "panic" and (last.panic is None or facts.get("what") != last.panic.facts.get("what") == "oops"):
            last.panic = moment

    def precede(self, older: Iterable[Record]) -> None:
        """Hear, as by `take`, of what was before all that is known."""
        known, self._boots = self._boots, []
        for record in older:
            self.take(record)
        if known and self._boots:
            self._boots[-1].reset = self._boots[-1].login is None
        self._boots = [*self._boots, *known][-MOST:]
