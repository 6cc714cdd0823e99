"""RFC 2217's codec, by itself and against pyserial's own server of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serial.rfc2217 import PortManager

from consolesvc.config.linespec import PARITIES, Flow, LineSettings
from consolesvc.lines.base import LineCounters, ModemLines
from consolesvc.lines.comport import (
    BAUD,
    BREAK_OFF,
    BREAK_ON,
    CONTROL,
    DTR_OFF,
    RTS_ON,
    ComPort,
    missing_names,
    purge,
    request,
)
from consolesvc.lines.telnet import COM_PORT, Telnet, subnegotiation


def said(port: ComPort, *content: int) -> None:
    port.received(bytes(content))


class Pair:
    """Our codecs in talk with pyserial's PortManager, which sets a serial port that only remembers."""

    def __init__(self) -> None:
        self.port = SimpleNamespace(
            baudrate=1, bytesize=8, parity="N", stopbits=1, xonxoff=False, rtscts=False, break_condition=False,
            dtr=False, rts=False, cts=True, dsr=False, ri=False, cd=True, purged=[],
        )  # fmt: skip
        self.port.reset_input_buffer = lambda: self.port.purged.append("received")
        self.port.reset_output_buffer = lambda: self.port.purged.append("sent")
        self.to_us = bytearray()
        self.manager = PortManager(self.port, SimpleNamespace(write=self.to_us.extend))
        self.codec = ComPort("consolesvc")
        self.telnet = Telnet(
            ours=frozenset({COM_PORT}), subnegotiated=lambda _option, content: self.codec.received(content)
        )
        self.send(self.telnet.start())

    def send(self, data: bytes) -> bytes:
        """Send, and carry to and fro until both are silent; what came to the port as data."""
        at_port = b"".join(self.manager.filter(data))
        while self.to_us:
            wire = bytes(self.to_us)
            self.to_us.clear()
            assert self.telnet.feed(wire) == b""
            at_port += b"".join(self.manager.filter(self.telnet.take() + self.codec.take()))
        return at_port


@pytest.fixture
def pair() -> Pair:
    return Pair()


@given(
    st.builds(
        LineSettings, st.integers(50, 4_000_000), st.integers(5, 8), st.sampled_from(PARITIES), st.integers(1, 2)
    ),
    st.sampled_from(("none", "rtscts", "xonxoff")),
)
def test_an_independent_server_takes_all_settings(settings: LineSettings, flow: Flow) -> None:
    """pyserial's server sets its port as we ask, confirms everything, and we hear it."""
    pair = Pair()
    pair.send(pair.codec.settle(settings, flow))
    port = pair.port
    assert (port.baudrate, port.bytesize, port.parity, port.stopbits) == (
        settings.baud, settings.bits, settings.parity.upper(), settings.stop,
    )  # fmt: skip
    assert (port.xonxoff, port.rtscts) == (flow == "xonxoff", flow == "rtscts")
    assert pair.codec.missing == {}
    assert pair.codec.different == []


def test_an_independent_server_does_as_told(pair: Pair) -> None:
    """Break, DTR, RTS and purge arrive as what they are, and modem lines come back."""
    pair.send(pair.codec.settle(LineSettings(), "none"))
    pair.send(request(CONTROL, BREAK_ON))
    assert pair.port.break_condition
    pair.send(request(CONTROL, BREAK_OFF))
    assert not pair.port.break_condition
    pair.send(request(CONTROL, DTR_OFF) + request(CONTROL, RTS_ON))
    assert (pair.port.dtr, pair.port.rts) == (False, True)
    assert pair.codec.modem == ModemLines(dtr=False, rts=True, cts=True, dsr=False, ri=False, cd=True)
    pair.send(purge(received=True, sent=False) + purge(received=False, sent=True))
    assert pair.port.purged == ["received", "sent"]


@given(st.binary(max_size=200))
def test_an_independent_server_decodes_our_data(data: bytes) -> None:
    """Every byte reaches the port that pyserial's server stands before."""
    pair = Pair()
    assert pair.send(pair.telnet.encode(data)) == data


def test_settings_that_were_set_otherwise_are_told() -> None:
    """An answer that differs is kept with what was asked, in words; one that never came is named."""
    port = ComPort("")
    port.settle(LineSettings(9600, 8, "e", 1), "none")
    port.received(bytes((100 + BAUD,)) + (115200).to_bytes(4))
    said(port, 103, 1)
    said(port, 102, 8)
    assert port.different == [("speed", "9600", "115200"), ("parity", "e", "n")]
    assert list(missing_names(port)) == ["stop bits", "flow control"]


def test_what_the_server_tells() -> None:
    """Line states are counted, modem lines kept, flow suspended and resumed, its name made harmless."""
    port = ComPort("consolesvc")
    for bits in (8, 8, 2, 16, 4 | 2, 1 | 32 | 64):
        said(port, 106, bits)
    assert port.counters == LineCounters(frame=2, overrun=2, parity=1, brk=1)
    said(port, 107, 16 | 128)
    assert port.modem == ModemLines(cts=True, dsr=False, ri=False, cd=True)
    said(port, 108)
    suspended = [port.suspended]
    said(port, 109)
    assert [*suspended, port.suspended] == [True, False]
    port.received(b"\x64evil\x1b[2J" + b"x" * 400)
    assert port.signature.startswith("evil?[2J")
    assert len(port.signature) == 100
    assert port.take() == b""
    said(port, 100)
    assert port.take() == subnegotiation(COM_PORT, b"\0consolesvc")


@given(st.lists(st.binary(max_size=12), max_size=20))
def test_nonsense_is_left_out(contents: list[bytes]) -> None:
    """Whatever a server says, nothing breaks and nothing is answered but a question for our name."""
    port = ComPort("consolesvc")
    port.settle(LineSettings(), "none")
    for content in contents:
        port.received(content)
    asked = sum(1 for content in contents if content == b"\x64")
    assert port.take() == subnegotiation(COM_PORT, b"\0consolesvc") * asked
    assert len(port.different) <= 5


def test_a_baud_rate_full_of_iac_is_escaped() -> None:
    """255 in a number is doubled on the wire."""
    wire: Any = request(BAUD, 0xFFFF)
    assert wire == b"\xff\xfa\x2c\x01\0\0\xff\xff\xff\xff\xff\xf0"
