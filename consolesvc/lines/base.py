"""The seam of a line: what every kind does, and what the console gives it to speak to (DESIGN section 4).

Opening a spec with a receiver gives a line; transport.py has what all kinds share. Foreign exceptions become ours
here and nowhere else. What outlives one connection (a fake server, a listening socket) belongs to the opener.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final, Literal, NamedTuple, Protocol

from consolesvc.config.linespec import LineSpec
from consolesvc.errors import LackError, LineLost

READ_SIZE = 64 * 1024
"""Bytes a line hands over in one turn of the loop at most, while others speak too (DESIGN decision 10)."""
READ_ALONE = 256 * 1024
"""The same while nobody else does."""
READ_BESIDE_TYPING = 16 * 1024
"""The same while somebody types at another line, and waits for the echo."""

Ability = Literal["break", "modem", "counters", "settings"]
"""What a kind of line, or one device of it, may lack."""

_SENTENCES: Final[dict[Ability, str]] = {
    "break": "this line cannot send a break",
    "modem": "this line has no modem lines",
    "counters": "this line counts no errors",
    "settings": "this line has no speed to set",
}

LONGEST_BREAK: Final = 10.0
"""Seconds; more is a slip of the finger, and holds a machine's receiver for as long."""


class ModemLines(NamedTuple):
    """The wires beside the data; None for one that nobody has told of.

    Attributes:
        dtr: Ours: data terminal ready.
        rts: Ours: request to send.
        cts: The machine's: clear to send.
        dsr: The machine's: data set ready.
        ri: The machine's: ring indicator.
        cd: The machine's: carrier detect.
    """

    dtr: bool | None = None
    rts: bool | None = None
    cts: bool | None = None
    dsr: bool | None = None
    ri: bool | None = None
    cd: bool | None = None


class LineCounters(NamedTuple):
    """What went wrong on the wire. A kernel counts since it made the device, a terminal server since we opened it.

    Attributes:
        frame: Characters without a stop bit: most often the wrong speed.
        overrun: Characters that the UART lost.
        parity: Characters with the wrong parity.
        brk: Breaks that the machine sent.
        buf_overrun: Characters that the kernel lost; None where nobody says.
        rx: Characters received; None where nobody says.
        tx: Characters sent, likewise.
    """

    frame: int = 0
    overrun: int = 0
    parity: int = 0
    brk: int = 0
    buf_overrun: int | None = None
    rx: int | None = None
    tx: int | None = None


class Sink(Protocol):
    """Takes output bytes, in one of two ways. All are called in the loop and never await."""

    def received(self, data: bytes | memoryview) -> None:
        """Take bytes; a memoryview is valid only during the call."""
        ...

    def space(self, most: int) -> memoryview | None:
        """Where the next bytes, up to `most`, may be put without a copy; None where they are to be `received`.

        It is filled at once or not at all, and then counts as `filled`.
        """
        ...

    def filled(self, size: int) -> None:
        """Take the first bytes of the space that was given last."""
        ...


class Receiver(Sink, Protocol):
    """Where a line's bytes go, and how it says that it ended."""

    @property
    def read_limit(self) -> int:
        """Bytes to hand over in one call at most; asked before each read, for it changes."""
        ...

    def lost(self, reason: LineLost) -> None:
        """Hear that the line ended; called once, and nothing after it. Not called for our own close or abort."""
        ...


class Line(ABC):
    """An open line.

    Attributes:
        lacks: Abilities this kind or this device has not; asking for one raises LackError.
        holdable: Whether the machine waits, losing nothing, while we do not read (DESIGN decision 3).
    """

    lacks: frozenset[Ability] = frozenset()
    holdable: bool = False

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send bytes; they are buffered, `drain` says when to go on."""

    @property
    @abstractmethod
    def writable(self) -> bool:
        """Whether `drain` would return at once."""

    @abstractmethod
    async def drain(self) -> None:
        """Wait until the line wants more; returns also when the line ends."""

    @abstractmethod
    def pause(self) -> None:
        """Stop reading: on a holdable line the machine will wait."""

    @abstractmethod
    def resume(self) -> None:
        """Read on."""

    async def send_break(self, seconds: float) -> None:
        """Hold the line in a break, for LONGEST_BREAK at most. What sends it may round the length, or choose its own.

        Raises:
            LackError: this line has none.
            LineLost: the line ended meanwhile.
        """
        del seconds
        raise self.lack("break")

    def set_modem(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Raise or drop our modem lines; None leaves one as it is. Raises LackError, LineLost."""
        del dtr, rts
        raise self.lack("modem")

    def modem(self) -> ModemLines:
        """The modem lines as last known. Raises LackError, LineLost."""
        raise self.lack("modem")

    def counters(self) -> LineCounters | None:
        """What went wrong on the wire so far; None where this line lacks counters, or has ended."""
        return None

    def lack(self, ability: Ability) -> LackError:
        """The error that says that this line lacks something."""
        return LackError(ability, _SENTENCES[ability])

    @abstractmethod
    async def close(self) -> None:
        """End the line: what was written leaves within CLOSE_WAIT seconds or is dropped. Idempotent."""

    @abstractmethod
    def abort(self) -> None:
        """End the line at once, dropping what was not sent."""


class Opener(Protocol):
    """Opens one spec, as often as it takes, and holds what outlives a single line."""

    local: bool
    """Whether it is this host's own device: asked again every 0.5 s, where a peer is given longer and longer."""
    due: asyncio.Event
    """Set when it is time to open again, sooner than that: by whoever knows. Who opens clears it."""

    @property
    def spec(self) -> LineSpec:
        """What it opens."""
        ...

    async def open(self, receiver: Receiver) -> Line:
        """Open a line.

        Raises:
            LineUnavailable: it cannot be opened now; what is wrong and the cure.
        """
        ...

    async def close(self) -> None:
        """Let go of what outlives the lines; the last line is closed already."""
        ...
