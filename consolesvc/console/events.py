"""What happens to a console beside its bytes, each at an offset of its stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lost", "back", "break", "down", "refused", "attach", "power"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between two bytes.

    Attributes:
        offset: The stream's end when it happened: all bytes before it come first.
        kind: `lost` and `back` are the line's, `break` and `power` somebody's, told to all; `down` (the line is not
            open, at attach), `refused` (input that could not be delivered) and `attach` (how a wish was taken) are
            told to one viewer.
        text: The sentence, printable ASCII, for people.
    """

    offset: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes `start..end` that a reader can no longer have. Always counted, always told."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"bytes {self.start}..{self.end} are missing here"


def printable(text: str) -> str:
    """`text` in printable ASCII, as notices are (DESIGN 5.4): anything else becomes `?`."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
