"""RFC 2217, the client's side, as a codec: requests to bytes, and what the server says to facts. No I/O.

The telnet codec carries it: what `request` and the others give goes out as it is, and `take` gets the content of
each subnegotiation of COM_PORT.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from consolesvc.config.linespec import Flow, LineSettings
from consolesvc.lines.base import LineCounters, ModemLines
from consolesvc.lines.telnet import COM_PORT, subnegotiation

SIGNATURE, BAUD, DATA_SIZE, PARITY, STOP_SIZE, CONTROL, LINE_STATE, MODEM_STATE = range(8)
SUSPEND, RESUME, LINE_MASK, MODEM_MASK, PURGE = range(8, 13)
_FROM_SERVER: Final = 100

PARITIES: Final[Mapping[str, int]] = {"n": 1, "o": 2, "e": 3, "m": 4, "s": 5}
FLOWS: Final[Mapping[str, int]] = {"none": 1, "xonxoff": 2, "rtscts": 3}
BREAK_ON, BREAK_OFF, ASK_DTR, DTR_ON, DTR_OFF, ASK_RTS, RTS_ON, RTS_OFF = 5, 6, 7, 8, 9, 10, 11, 12
_OVERRUN, _PARITY_ERROR, _FRAME, _BREAK = 2, 4, 8, 16
_CTS, _DSR, _RI, _CD = 16, 32, 64, 128

LONGEST_SIGNATURE: Final = 100


class ComPort:
    """One connection's COM-PORT-OPTION.

    Args:
        own_signature: What we call ourselves, where the server asks.

    Attributes:
        suspended: Whether the server has asked us to send no more data.
        signature: What the server calls itself, printable ASCII, "" as long as it has not said.
        modem: The modem lines as last told.
        counters: What the server has told of the wire, counted; a notice may stand for several errors.
        missing: Requests of `settle` that have no answer yet.
        different: What answers to them differed: what, asked, answered.
    """

    def __init__(self, own_signature: str) -> None:
        self._own_signature = own_signature
        self.suspended = False
        self.signature = ""
        self.modem = ModemLines()
        self.counters = LineCounters()
        self.missing: dict[int, int] = {}
        self.different: list[tuple[str, str, str]] = []
        self._replies = bytearray()

    def settle(self, settings: LineSettings, flow: Flow) -> bytes:
        """The requests that set a port up and ask for its notices. Nothing is purged: what it holds is ours."""
        wanted = {
            BAUD: settings.baud,
            DATA_SIZE: settings.bits,
            PARITY: PARITIES[settings.parity],
            STOP_SIZE: settings.stop,
            CONTROL: FLOWS[flow],
        }
        self.missing = dict(wanted)
        self.different = []
        asked = b"".join(request(command, value) for command, value in wanted.items())
        masks = request(LINE_MASK, _OVERRUN | _PARITY_ERROR | _FRAME | _BREAK) + request(MODEM_MASK, 255)
        return asked + masks + request(CONTROL, ASK_DTR) + request(CONTROL, ASK_RTS) + ask_signature()

    def take(self) -> bytes:
        """What is to be sent by now; it is handed out once."""
        replies, self._replies = bytes(self._replies), bytearray()
        return replies

    def received(self, content: bytes) -> None:
        """Take what the server has said: a subnegotiation's content. What makes no sense is left out."""
        if not content:
            return
        command, value = content[0] - _FROM_SERVER, content[1:]
        if command == SIGNATURE:
            self._sign(value)
        elif command == SUSPEND:
            self.suspended = True
        elif command == RESUME:
            self.suspended = False
        elif command == LINE_STATE and len(value) == 1:
            self._count(value[0])
        elif command == MODEM_STATE and len(value) == 1:
            bits = value[0]
            self.modem = self.modem._replace(
                cts=bool(bits & _CTS), dsr=bool(bits & _DSR), ri=bool(bits & _RI), cd=bool(bits & _CD)
            )
        elif command in _NAMES and len(value) == (4 if command == BAUD else 1):
            self._answer(command, int.from_bytes(value))

    def _sign(self, text: bytes) -> None:
        if text:
            self.signature = "".join(c if " " <= c <= "~" else "?" for c in text[:LONGEST_SIGNATURE].decode("latin-1"))
        else:
            self._replies += subnegotiation(COM_PORT, bytes((SIGNATURE,)) + self._own_signature.encode())

    def _count(self, bits: int) -> None:
        counted = self.counters
        self.counters = counted._replace(
            overrun=counted.overrun + bool(bits & _OVERRUN),
            parity=counted.parity + bool(bits & _PARITY_ERROR),
            frame=counted.frame + bool(bits & _FRAME),
            brk=counted.brk + bool(bits & _BREAK),
        )

    def _answer(self, command: int, value: int) -> None:
        if command == CONTROL:
            if value in (DTR_ON, DTR_OFF):
                self.modem = self.modem._replace(dtr=value == DTR_ON)
            elif value in (RTS_ON, RTS_OFF):
                self.modem = self.modem._replace(rts=value == RTS_ON)
            if value not in FLOWS.values():
                return
        asked = self.missing.pop(command, value)
        if asked != value:
            self.different.append((_NAMES[command], _shown(command, asked), _shown(command, value)))


_NAMES: Final = {
    BAUD: "speed",
    DATA_SIZE: "data bits",
    PARITY: "parity",
    STOP_SIZE: "stop bits",
    CONTROL: "flow control",
}


def request(command: int, value: int) -> bytes:
    """One request with its number, as it travels."""
    packed = struct.pack("!I", value) if command == BAUD else bytes((value,))
    return subnegotiation(COM_PORT, bytes((command,)) + packed)


def purge(*, received: bool, sent: bool) -> bytes:
    """A request to drop what the server holds of what it received from the machine, or has yet to send to it."""
    return request(PURGE, received | sent << 1)


def ask_signature() -> bytes:
    """A request for the server's name and version."""
    return subnegotiation(COM_PORT, bytes((SIGNATURE,)))


def missing_names(port: ComPort) -> Iterator[str]:
    """What the server has not confirmed, in words."""
    return (_NAMES[command] for command in port.missing)


def _shown(command: int, value: int) -> str:
    words: Mapping[str, int] = {PARITY: PARITIES, CONTROL: FLOWS}.get(command, {})
    return next((word for word, number in words.items() if number == value), str(value))
