"""What a service answers, typed. Offsets count bytes of a console's stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Gap = tuple[int, int]
"""Bytes that could not be looked at: from the first, to behind the last."""


def gap_of(answer: Mapping[str, Any]) -> Gap | None:
    """The gap in an answer."""
    gap = answer.get("gap")
    return None if gap is None else (int(gap["from"]), int(gap["to"]))


@dataclass(frozen=True, slots=True)
class Match:
    """What a `wait` found.

    Attributes:
        text: What the pattern matched, without escape sequences; its lines end in LF.
        start: Offset of its first byte.
        end: Offset behind its last byte.
        groups: What the pattern's groups matched; None for one that took no part.
        named: Likewise, of those that have a name.
        index: Of the pattern, where there were several.
        gap: Bytes that were missing on the way.
    """

    text: str
    start: int
    end: int
    groups: tuple[str | None, ...] = ()
    named: Mapping[str, str | None] = field(default_factory=dict)
    index: int = 0
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a `send`.

    Attributes:
        size: Bytes that the line has taken.
        start: The stream's end before the first of them.
        next: Behind the echo; `start` where it was not waited for.
    """

    size: int
    start: int
    next: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What a `run` gave.

    Attributes:
        output: What the command said, without its echo and the prompt.
        start: The stream's end before it was typed.
        next: Behind the prompt.
        truncated: Whether `output` is only the end of it; `Console.slice(ran.start, ran.next)` has all.
        gap: Bytes that were missing on the way.
    """

    output: str
    start: int
    next: int
    truncated: bool = False
    gap: Gap | None = None

    def __str__(self) -> str:
        return self.output


@dataclass(frozen=True, slots=True)
class Mark:
    """A name for a place in the output.

    Attributes:
        name: What it was called.
        offset: Of the byte it stands before.
        stream: Whose offset it is.
        time: When it was set, ISO 8601 in UTC.
    """

    name: str
    offset: int
    stream: str
    time: str


@dataclass(frozen=True, slots=True)
class Screen:
    """What a console's screen shows.

    Attributes:
        lines: A text for each row, without blanks at its end.
        x: The cursor's column, from 0.
        y: Its row, from 0.
        visible: Whether the cursor is shown.
        title: What the machine called the window; "" for nothing.
        offset: Behind the last byte that is shown.
    """

    lines: tuple[str, ...]
    x: int
    y: int
    visible: bool
    title: str
    offset: int

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a console.

    Attributes:
        id: Names it among all events: `Cloud.events(last=…)` goes on behind it.
        event: What happened: boot, bootloader, login, panic, reset-loop, silence, silence-over, lost, back, break,
            mark, power, or the name of a pattern of one's own; `gap` where events are missing, whatever console's.
        console: The console's name.
        server_id: Its server's id.
        offset: Where in `stream`.
        stream: The uuid of the numbering.
        time: ISO 8601 in UTC.
        text: A sentence.
        facts: What is known beside; of a gap `from`, `to` and `missed`, None where nobody knows how many.
    """

    id: str
    event: str
    console: str = ""
    server_id: str = ""
    offset: int = 0
    stream: str = ""
    time: str = ""
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Boot:
    """One boot.

    Attributes:
        offset: Where its first line begins.
        time: When, ISO 8601 in UTC.
        line: Its first line.
        stages: How far it came: firmware, loader, kernel and the like.
        login: Seconds from its first words to the first login prompt; None where it came to none.
        panic: The line of its panic or oops; None where there was none.
        reset: Whether another boot began before it came to a login.
    """

    offset: int
    time: str
    line: str
    stages: tuple[str, ...]
    login: float | None
    panic: str | None
    reset: bool
