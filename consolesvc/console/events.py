"""What happens to a console beside its bytes, each at an offset of its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between two bytes.

    Attributes:
        offset: The stream's end when it happened: all bytes before it come first. Of what was recognised, where it is.
        kind: `lost` and `back` are the line's, `break`, `mark` and `power` somebody's, told to all; `down` (the line is
            not open, at attach), `refused` (input that could not be delivered), `attach` (how a wish was taken),
            `input` (who may type) and `viewers` (who is here) are told to one viewer. All others were recognised in the
            output: EVENT_KINDS, and names of patterns.
        text: The sentence for people, printable ASCII where viewers are told it; "" where there is nothing to say.
        time: Unix time; 0 for what is told to one viewer.
        facts: What a program may want to know beside.
        quiet: Whether raw viewers have no notice of it: they see the output that it is about, or have no use for it.
    """

    offset: int
    kind: str
    text: str
    time: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


class Gap(NamedTuple):
    """Bytes `start..end` that a reader can no longer have. Always counted, always told."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"bytes {self.start}..{self.end} are missing here"


def printable(text: str) -> str:
    """`text` in printable ASCII, as notices are (DESIGN 5.4): anything else becomes `?`."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def duration(seconds: float) -> str:
    """So long, as people say it: `80 s`, `2 min`, `1.5 h`."""
    if seconds < 90:  # noqa: PLR2004 - 80 s, then 2 min
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - the same
