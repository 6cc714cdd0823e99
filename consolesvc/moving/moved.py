"""What another program's configuration comes to: servers, and notes on what could not come along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Nonsense(Exception):
    """A file is not what it was said to be; the text says which and why."""


class Place(NamedTuple):
    """Where something stands: a file as the user named it, and a 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Note(NamedTuple):
    """Something to know about what was read.

    Attributes:
        what: What stood there, in a few words.
        text: What became of it, and what to do.
        left_out: Whether something was there and is not here.
    """

    place: Place
    what: str
    text: str
    left_out: bool

    def __str__(self) -> str:
        return f"{self.place}: {'left out' if self.left_out else 'note'}: {self.what}: {self.text}"


@dataclass(slots=True)
class Entry:
    """One server to be.

    Attributes:
        name: As the other program has it.
        line: The keys of its `line`.
        place: Where it is defined.
        logged: Whether its output is kept.
        secrets: KEY=VALUE pairs that its command wants in its environment.
    """

    name: str
    line: dict[str, Any]
    place: Place
    logged: bool = True
    secrets: dict[str, str] = field(default_factory=dict)

    def keys(self) -> dict[str, Any]:
        """The server as an item of `servers:`."""
        return {"name": self.name, "line": self.line, **({} if self.logged else {"log": False})}


@dataclass(slots=True)
class Moved:
    """Everything that a file comes to.

    Attributes:
        log: The keys of our `log` section.
    """

    entries: list[Entry] = field(default_factory=list)
    log: dict[str, Any] = field(default_factory=dict)
    _notes: dict[Note, None] = field(default_factory=dict)

    @property
    def notes(self) -> list[Note]:
        """The notes by their places, the first file's first."""
        files = {name: number for number, name in enumerate(dict.fromkeys(note.place.file for note in self._notes))}
        return sorted(self._notes, key=lambda note: (files[note.place.file], note.place.line))

    @property
    def complete(self) -> bool:
        """Whether all that was there is here."""
        return not any(note.left_out for note in self._notes)

    def leave_out(self, place: Place, what: str, text: str) -> None:
        """Note that something is not here; said once for each place."""
        self._notes[Note(place, what, text, left_out=True)] = None

    def mention(self, place: Place, what: str, text: str) -> None:
        """Note something that is here, and not quite as it was; said once for each place."""
        self._notes[Note(place, what, text, left_out=False)] = None
