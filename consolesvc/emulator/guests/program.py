"""Guests as programs: one generator that writes to its terminal and yields what it waits for.

A boot, a login or a shell is a sequence of steps, and reads best as one. `ProgramGuest` runs such a generator
behind the `Guest` protocol; each `yield Wait(…)` gives control back until a key or the time has come.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias, TypeVar

from consolesvc.emulator.guests.base import PIECE

TYPE_AHEAD: Final = 4096
"""Bytes typed while a command runs that are kept for the prompt after it: as many as a tty keeps."""

STEPS: Final = 256
"""Waits that one call lets pass: a program that waits 0 s again and again must not hold the owner."""

OVERRUN: Final = 1 << 18
"""Bytes typed that may wait while their answers are being sent; what is beyond is lost, as on a UART nobody reads."""

_CTRL_C, _LF, _CR, _DEL, _PRINTABLE = 0x03, 0x0A, 0x0D, 0x7F, 0x20

T = TypeVar("T")


class Input(Enum):
    """What happens to bytes that arrive during a wait."""

    KEYS = auto()
    """Each ends the wait and is its result."""
    JOB = auto()
    """A command runs: they are echoed and kept for later, and ^C raises Interrupted in the program."""
    DEAF = auto()
    """Nobody listens: they are lost."""


class Wait(NamedTuple):
    """What a program yields: wait `seconds` (None: for ever), and what input does meanwhile.

    The result is the byte that came, or b"" when the time is over.
    """

    seconds: float | None
    input: Input


Program: TypeAlias = Generator[Wait, bytes, T]


class Interrupted(Exception):
    """^C was typed while a command ran."""


def key(timeout: float | None = None) -> Program[bytes]:
    """The next byte typed; b"" when `timeout` seconds passed without one."""
    return (yield Wait(timeout, Input.KEYS))


def pause(seconds: float) -> Program[None]:
    """Let time pass, deaf to input."""
    yield Wait(seconds, Input.DEAF)


def work(seconds: float | None = 0) -> Program[None]:
    """Let a running command take time; with 0 it only hands over what it has written. Raises Interrupted on ^C."""
    yield Wait(seconds, Input.JOB)


class Terminal:
    """The machine's side of its serial port.

    Attributes:
        now: The owner's time, in seconds.
        unsent: Output not yet handed over.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.unsent = bytearray()

    def __repr__(self) -> str:
        return f"<Terminal at {self.now:g} s, {len(self.unsent)} bytes unsent>"

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.unsent += data

    def write(self, text: str) -> None:
        r"""Send text; each `\n` becomes CR LF, as a tty's output does. surrogateescape stands for single bytes."""
        self.unsent += text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


class ProgramGuest(ABC):
    """Runs `main()` from power on until it returns, which is the machine switching itself off.

    However input is split, the output is the same: bytes are taken one by one, time moves only in `advance`, and what
    is beyond a call's share (PIECE bytes of output) waits its turn. A LF right after a CR is dropped,
    because clients that send CR LF for Enter mean one Enter.
    """

    def __init__(self) -> None:
        self.due: float | None = None
        self.powered = False
        self.tty = Terminal()
        self._program: Program[None] | None = None
        self._wait = Wait(None, Input.DEAF)
        self._deadline: float | None = None
        self._arrived = bytearray()
        self._type_ahead = bytearray()
        self._last_byte = 0

    @abstractmethod
    def main(self) -> Program[None]:
        """The machine from cold start to switched off."""

    def power_on(self, now: float) -> bytes:
        """Start `main()` anew."""
        self.power_off(now)
        self.tty.now = now
        self.powered = True
        self._program = self.main()
        self._resume(None)
        return self._hand_over()

    def power_off(self, now: float) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Drop the program, and all that was unsent or unread."""
        if self._program is not None:
            self._program.close()
        self._program, self.powered, self.due, self._deadline = None, False, None, None
        for buffer in (self.tty.unsent, self._arrived, self._type_ahead):
            buffer.clear()
        return b""

    def feed(self, data: bytes, now: float) -> bytes:
        """Give the program what was typed."""
        if not self.powered:
            return b""
        self._arrived += data[: OVERRUN - len(self._arrived)]
        return self._run(now, timers=False)

    def advance(self, now: float) -> bytes:
        """Let the program go on whose time has come."""
        return self._run(now, timers=True) if self.powered else b""

    def disturb(self, error: Exception, now: float) -> bytes:
        """Raise `error` in the program where it waits; what it sends then. What was typed and not read is lost."""
        self.tty.now = max(now, self.tty.now)
        self._arrived.clear()
        self._type_ahead.clear()
        self._resume(error)
        return self._hand_over()

    def _run(self, now: float, *, timers: bool) -> bytes:
        self.tty.now = max(now, self.tty.now)
        steps = STEPS
        while self.powered and steps and len(self.tty.unsent) < PIECE:
            if self._type_ahead and self._wait.input is Input.KEYS:
                self._resume(bytes((self._type_ahead.pop(0),)))
            elif self._arrived:
                self._deliver(self._arrived.pop(0))
            elif timers and self._deadline is not None and self._deadline <= self.tty.now:
                steps -= 1
                self._resume(b"")
            else:
                break
        return self._hand_over()

    def _hand_over(self) -> bytes:
        piece = bytes(self.tty.unsent[:PIECE])
        del self.tty.unsent[:PIECE]
        busy = self.tty.unsent or self._arrived or (self._type_ahead and self._wait.input is Input.KEYS)
        self.due = (self.tty.now if busy else self._deadline) if self.powered else None
        return piece

    def _deliver(self, byte: int) -> None:
        doubled = byte == _LF and self._last_byte == _CR
        self._last_byte = byte
        if doubled or self._wait.input is Input.DEAF:
            return
        if self._wait.input is Input.KEYS:
            self._resume(bytes((byte,)))
        elif byte == _CTRL_C:
            self._type_ahead.clear()
            self.tty.write("^C")
            self._resume(Interrupted())
        elif len(self._type_ahead) < TYPE_AHEAD:
            self._type_ahead.append(byte)
            self.tty.send(_echo(byte))

    def _resume(self, result: bytes | Exception | None) -> None:
        """Run the program to its next wait. None starts it."""
        if self._program is None:
            return
        try:
            if isinstance(result, Exception):
                self._wait = self._program.throw(result)
            else:
                self._wait = next(self._program) if result is None else self._program.send(result)
        except StopIteration:
            self._program, self.powered, self._deadline = None, False, None
        else:
            self._deadline = None if self._wait.seconds is None else self.tty.now + self._wait.seconds


def _echo(byte: int) -> bytes:
    """What a tty echoes for a byte typed while a command runs."""
    if byte in (_CR, _LF):
        return b"\r\n"
    if byte == _DEL:
        return b"\b \b"
    return bytes((byte,)) if byte >= _PRINTABLE else b"^" + bytes((byte ^ 0x40,))
