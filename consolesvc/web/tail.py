"""The last lines of a console as text: what a list of many shows of each (DESIGN 5.3)."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from consolesvc.console.attach import replay_start
from consolesvc.console.console import Console
from consolesvc.console.reading import read_full
from consolesvc.console.text import plain_text

MOST = 8192
"""Bytes looked at, at most."""
CLEARED = (b"\x1b[2J", b"\x1b[3J", b"\x1bc")
"""What empties a screen: what was said before is not to be seen any more."""


class Tails:
    """The tails of consoles, each made once for what its machine has said: a list is polled, and most are silent."""

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[Console, tuple[int, int, str]] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"<Tails of {len(self._made)} consoles>"

    async def of(self, console: Console, size: int) -> str:
        """The text in a console's last `size` bytes, from the start of a line, from memory or from disk."""
        end = console.ring.end
        made = self._made.get(console)
        if made is not None and made[:2] == (end, size):
            return made[2]
        piece = await read_full(console, await replay_start(console, size), size)
        text = tail(piece.data)
        self._made[console] = (piece.end, size, text)
        return text


def tail(data: bytes) -> str:
    r"""The text that these bytes leave to be read, its lines ended by LF.

    Of a line that was written over after a CR, as a progress bar is, only what came last.
    """
    for clear in CLEARED:
        data = data.rpartition(clear)[2]
    lines = [line.rstrip(b"\r").rpartition(b"\r")[2] for line in data.split(b"\n")]
    return plain_text(b"\n".join(lines))
