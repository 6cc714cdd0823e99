"""What happens to a console beside its bytes, each at an offset of its stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lost", "back", "break", "mark", "down", "refused", "attach", "input", "viewers"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between two bytes.

    Attributes:
        offset: The stream's end when it happened: all bytes before it come first.
        kind: `lost` and `back` are the line's, `break` and `mark` somebody's, told to all; `down` (the line is not
            open, at attach), `refused` (input that could not be delivered), `attach` (how a wish was taken), `input`
            (who may type) and `viewers` (who is here) are told to one viewer.
        text: The sentence, printable ASCII, for people; "" where there is nothing to say.
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


def duration(seconds: float) -> str:
    """A time as people say it: 80 s, then 2 min, then 1.5 h."""
    if seconds < 90:  # noqa: PLR2004 - see above
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - the same
