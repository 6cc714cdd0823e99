"""Input that a call over HTTP sends: it holds a console's input for its length, as a viewer may (sharing.py)."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from consolesvc.console.console import Console
from consolesvc.console.input import Typist


@dataclass(frozen=True, slots=True)
class Call:
    """A call that types.

    Attributes:
        console: Where.
        id: What `holder` is while it holds the input; no viewer has it.
        typist: Its place in the input path.
    """

    console: Console
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    typist: Typist = field(default_factory=Typist)

    def write(self, data: bytes) -> None:
        """Send bytes to the line, which is open; raises InputHeld where somebody took the input meanwhile."""
        self.console.keyboard.check(self.id)
        self.console.send(self.typist, data)


@contextlib.contextmanager
def typing(console: Console, name: str) -> Iterator[Call]:
    """The input of a console for as long as this lasts; what was sent is still delivered afterwards.

    Args:
        console: Where.
        name: Who calls, as others are told.

    Raises:
        InputHeld: somebody else holds it.
    """
    call = Call(console)
    console.keyboard.enter(call.id, name, call.typist)
    try:
        console.keyboard.check(call.id)
        yield call
    finally:
        console.keyboard.leave(call.id)
