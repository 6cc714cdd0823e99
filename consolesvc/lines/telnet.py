"""Telnet as a codec: bytes in, bytes out, no I/O (RFC 854, 855, 856, 857, 858; the option states of RFC 1143).

    codec = Telnet()
    send(codec.start())
    output = codec.feed(read)         # the machine's bytes
    send(codec.take())                # what the peer is to be answered
    send(codec.encode(typed))

We ask for BINARY both ways and for SGA, let the peer ECHO, and refuse all else. Each answer follows a change of an
option's state, and an option that is as asked is not answered: two of these cannot talk for ever.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

SE, NOP, BRK, SB, WILL, WONT, DO, DONT, IAC = 240, 241, 243, 250, 251, 252, 253, 254, 255
BINARY, ECHO, SGA, COM_PORT = 0, 1, 3, 44
_CR, _LF, _NUL = 13, 10, 0

MOST: Final = 512
"""Bytes of a subnegotiation; a longer one is dropped whole."""

BREAK: Final = bytes((IAC, BRK))


class _Option(enum.Enum):
    """One side's state of an option, of RFC 1143; we never ask for an end, so its WANTNO is not needed."""

    NO = enum.auto()
    ASKED = enum.auto()
    YES = enum.auto()


class _Mode(enum.Enum):
    DATA = enum.auto()
    IAC = enum.auto()
    OPTION = enum.auto()
    SUB = enum.auto()
    SUB_IAC = enum.auto()


class Telnet:
    """One connection's telnet, the client's side.

    Args:
        ours: Options that we take on where the peer asks or `start` offers them, beside BINARY and SGA.
        subnegotiated: Called with the option and the content of each subnegotiation.
    """

    def __init__(
        self, *, ours: frozenset[int] = frozenset(), subnegotiated: Callable[[int, bytes], None] | None = None
    ) -> None:
        self._ours_allowed = frozenset((BINARY, SGA)) | ours
        self._theirs_allowed = frozenset((BINARY, SGA, ECHO)) | ours
        self._extra = ours
        self._subnegotiated = subnegotiated
        self._ours: dict[int, _Option] = {}
        self._theirs: dict[int, _Option] = {}
        self._replies = bytearray()
        self._mode = _Mode.DATA
        self._command = 0
        self._sub = bytearray()
        self._after_cr = False

    def start(self) -> bytes:
        """What opens the talk: BINARY both ways, SGA of the peer, and our extra options."""
        for option in (BINARY, *sorted(self._extra)):
            self._ours[option] = _Option.ASKED
            self._replies += bytes((IAC, WILL, option))
        for option in (BINARY, SGA):
            self._theirs[option] = _Option.ASKED
            self._replies += bytes((IAC, DO, option))
        return self.take()

    def ours(self, option: int) -> bool | None:
        """Whether our side of an option is on; None while the peer has not answered."""
        return _known(self._ours.get(option, _Option.NO))

    def theirs(self, option: int) -> bool | None:
        """Whether the peer's side of an option is on; None while it has not answered."""
        return _known(self._theirs.get(option, _Option.NO))

    def take(self) -> bytes:
        """What is to be sent by now; it is handed out once."""
        replies, self._replies = bytes(self._replies), bytearray()
        return replies

    def encode(self, data: bytes) -> bytes:
        """Data as it travels: IAC doubled; while we do not send BINARY, NUL after a CR that no LF follows."""
        data = data.replace(b"\xff", b"\xff\xff")
        if _CR in data and not self.ours(BINARY):
            data = data.replace(b"\r", b"\r\0").replace(b"\r\0\n", b"\r\n")
        return data

    def feed(self, data: bytes | memoryview) -> bytes:
        """Take what was read, split anywhere; the machine's own bytes of it."""
        data = bytes(data)
        if self._mode is _Mode.DATA and IAC not in data:
            return self._plain(data)
        output = bytearray()
        start = 0
        while start < len(data):
            if self._mode is _Mode.DATA:
                end = data.find(IAC, start)
                if end < 0:
                    end = len(data)
                else:
                    self._mode = _Mode.IAC
                output += self._plain(data[start:end])
                start = end + 1
            elif self._mode is _Mode.SUB:
                start = self._collect(data, start)
            else:
                if self._step(data[start]):
                    output += self._plain(b"\xff")
                start += 1
        return bytes(output)

    def _plain(self, data: bytes) -> bytes:
        """Undo the peer's CR NUL, while it does not send BINARY."""
        if not data:
            return data
        if self.theirs(BINARY):
            self._after_cr = False
            return data
        drop = self._after_cr and data[0] == _NUL
        self._after_cr = data[-1] == _CR
        return (data[1:] if drop else data).replace(b"\r\0", b"\r")

    def _step(self, byte: int) -> bool:
        """Take one byte of a command; whether it is a byte of data after all."""
        if self._mode is _Mode.OPTION:
            self._mode = _Mode.DATA
            self._negotiate(self._command, byte)
        elif self._mode is _Mode.SUB_IAC and byte == IAC:
            self._mode = _Mode.SUB
            self._keep(b"\xff")
        elif byte == IAC:
            self._mode = _Mode.DATA
            return True
        else:
            if self._mode is _Mode.SUB_IAC:
                self._end_sub(whole=byte == SE)
            self._begin(byte)
        return False

    def _begin(self, byte: int) -> None:
        """The byte after an IAC; commands without an option (NOP, GA, a break from the machine) ask nothing of us."""
        if byte in (WILL, WONT, DO, DONT):
            self._mode, self._command = _Mode.OPTION, byte
        elif byte == SB:
            self._mode = _Mode.SUB
            self._sub.clear()
        else:
            self._mode = _Mode.DATA

    def _collect(self, data: bytes, start: int) -> int:
        end = data.find(IAC, start)
        if end < 0:
            end = len(data)
        else:
            self._mode = _Mode.SUB_IAC
        self._keep(data[start:end])
        return end + 1

    def _keep(self, data: bytes) -> None:
        self._sub += data[: MOST + 1 - len(self._sub)]

    def _end_sub(self, *, whole: bool) -> None:
        if whole and 0 < len(self._sub) <= MOST and self._subnegotiated is not None:
            self._subnegotiated(self._sub[0], bytes(self._sub[1:]))
        self._sub.clear()

    def _negotiate(self, command: int, option: int) -> None:
        positive = command in (WILL, DO)
        if command in (WILL, WONT):
            states, allowed, agree, refuse = self._theirs, self._theirs_allowed, DO, DONT
        else:
            states, allowed, agree, refuse = self._ours, self._ours_allowed, WILL, WONT
        state = states.get(option, _Option.NO)
        if not positive:
            states[option] = _Option.NO
            if state is _Option.YES:
                self._replies += bytes((IAC, refuse, option))
        elif state is _Option.ASKED:
            states[option] = _Option.YES
        elif state is _Option.NO:
            if option in allowed:
                states[option] = _Option.YES
            self._replies += bytes((IAC, agree if option in allowed else refuse, option))


def subnegotiation(option: int, content: bytes) -> bytes:
    """A subnegotiation as it travels."""
    return bytes((IAC, SB, option)) + content.replace(b"\xff", b"\xff\xff") + bytes((IAC, SE))


def _known(state: _Option) -> bool | None:
    return None if state is _Option.ASKED else state is _Option.YES
