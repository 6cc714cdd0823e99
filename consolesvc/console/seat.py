"""What the keyboard (keyboard.py) knows of a viewer, and of the console they are at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from consolesvc.console.answers import Answers
from consolesvc.console.input import InputPath, Typist
from consolesvc.lines.reconnecting import ReconnectingLine


class Person(Protocol):
    """A viewer, as the keyboard knows it."""

    id: str
    may_type: bool
    typist: Typist
    refused: int

    @property
    def name(self) -> str:
        """What others know it by."""
        ...

    def tell_input(self, text: str = "") -> None:
        """Tell it of a change, in words or without."""
        ...

    def tell_refused(self, size: int, why: str) -> None:
        """Count what it typed to a line that is not open, and tell it why that is."""
        ...


class Place(Protocol):
    """A console, as the keyboard knows it."""

    name: str
    refused: int
    input: InputPath
    reconnecting: ReconnectingLine

    @property
    def connected(self) -> bool:
        """Whether its line is open."""
        ...

    def send(self, typist: Typist, data: bytes) -> None:
        """Send input to the line, which is open."""
        ...

    def note(self, event: str, **facts: Any) -> None:
        """Put into the log's index what happened."""
        ...


@dataclass(slots=True, eq=False)
class Seat:
    """What is kept of one viewer.

    Attributes:
        timer: Runs while the beginning of what may be an answer is held.
        refusal: What it was last told about input in vain; "" for nothing.
        told_at: When that was.
        waits: Whether it typed in vain or asked: it is told when the input is free.
        expelled: Whether it was ended for good, and nothing more of it is taken.
    """

    viewer: Person
    answers: Answers = field(default_factory=Answers)
    timer: asyncio.TimerHandle | None = None
    refusal: str = ""
    told_at: float = 0.0
    waits: bool = False
    expelled: bool = False


class Absent(NamedTuple):
    """A holder whose connection was cut, and for whom the input is kept: what they were known by, and their input."""

    id: str
    name: str
    typist: Typist
