"""Lines of kinds `telnet` and `rfc2217` on a real ser2net, and on servers of the tests' own that behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import LineSettings, Rfc2217Spec, TcpSpec, TelnetSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines import rfc2217
from consolesvc.lines.base import LineCounters, ModemLines
from consolesvc.lines.comport import CONTROL
from consolesvc.lines.rfc2217 import Rfc2217Opener
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.telnet import BREAK, COM_PORT, DO, IAC, WONT, Telnet, subnegotiation
from consolesvc.lines.telnetline import TelnetOpener
from tests.lines.devices import Collector, Device, eventually, plugged
from tests.lines.peers import HOST, Peer, peer, ser2net

EVERYTHING = bytes(range(256)) * 64 + b"\r\0\r\n\r\r\xff\xff\xff\r"


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    async with plugged(tmp_path / "tty") as made:
        yield made


@pytest.fixture
async def server() -> AsyncIterator[Peer]:
    async with peer() as made:
        made.echo = False
        yield made


@pytest.fixture
def got() -> Collector:
    return Collector()


def opener_for(kind: str, port: int) -> TcpOpener | TelnetOpener | Rfc2217Opener:
    """An opener of a kind, to a port of ser2net that speaks it."""
    if kind == "tcp":
        return TcpOpener(TcpSpec(HOST, port))
    return TelnetOpener(TelnetSpec(HOST, port)) if kind == "telnet" else Rfc2217Opener(Rfc2217Spec(HOST, port))


@pytest.mark.parametrize(
    ("kind", "accepter"),
    [("tcp", ""), ("telnet", "telnet"), ("telnet", "telnet(rfc2217,mode=server)"),
     ("rfc2217", "telnet(rfc2217,mode=server)")],
)  # fmt: skip
async def test_all_bytes_pass_a_real_server_both_ways(
    kind: str, accepter: str, device: Device, got: Collector, tmp_path: Path
) -> None:
    """Every byte value, CR with and without company, and IAC, through ser2net and back: equal."""
    async with ser2net(tmp_path, device.path, accepter) as real:
        line = await opener_for(kind, real.port).open(got)
        if kind == "telnet":  # until BINARY is agreed to, its CRs are a line's ends to the server
            await asyncio.sleep(0.1)
        line.write(EVERYTHING)
        assert await device.heard(len(EVERYTHING)) == EVERYTHING
        await device.say(EVERYTHING)
        assert await got.until(len(EVERYTHING)) == EVERYTHING
        await line.close()


async def test_a_real_server_sets_the_port(device: Device, got: Collector, tmp_path: Path) -> None:
    """Speed and framing reach the tty behind ser2net, which confirms them; a break and DTR do no harm."""
    async with ser2net(tmp_path, device.path, "telnet(rfc2217,mode=server)") as real:
        spec = Rfc2217Spec(HOST, real.port, LineSettings(9600, 8, "n", 2), "xonxoff")
        line = await Rfc2217Opener(spec).open(got)
        assert speed_of(device) == (termios.B9600, termios.CS8, termios.CSTOPB)
        assert line._port.different == []
        assert set(line._port.missing) <= {CONTROL}  # a PTY has no flow control to set
        assert line._port.signature.startswith("ser2net")
        begun = asyncio.get_running_loop().time()
        await line.send_break(0.2)
        assert 0.2 <= asyncio.get_running_loop().time() - begun < 0.5
        line.set_modem(dtr=False, rts=False)
        line.write(b"still here")
        assert await device.heard(10) == b"still here"
        await line.close()


def speed_of(device: Device) -> tuple[int, int, int]:
    fd = os.open(device.path, os.O_RDWR | os.O_NOCTTY)
    _, _, cflag, _, _, speed, _ = termios.tcgetattr(fd)
    os.close(fd)
    return speed, cflag & termios.CSIZE, cflag & termios.CSTOPB


async def test_a_real_server_ends(device: Device, got: Collector, tmp_path: Path) -> None:
    """ser2net killed under an open line: one loss, in words."""
    async with ser2net(tmp_path, device.path, "telnet(rfc2217,mode=server)") as real:
        line = await Rfc2217Opener(Rfc2217Spec(HOST, real.port)).open(got)
        await real.stop()
        await eventually(lambda: got.losses)
        assert got.losses == [f"connection closed by {HOST}:{real.port}"]
        await line.close()


async def test_telnet_without_rfc2217_is_told(device: Device, got: Collector, tmp_path: Path) -> None:
    """A server that refuses the option is named with what to do, at once."""
    async with ser2net(tmp_path, device.path, "telnet") as real:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(LineUnavailable, match="speaks no RFC 2217: enable it there, or take a line of type telnet"):
            await Rfc2217Opener(Rfc2217Spec(HOST, real.port)).open(got)
        assert asyncio.get_running_loop().time() - begun < 1
    assert got.losses == []


@pytest.mark.parametrize("answer", [b"", b"plain text, no telnet at all", bytes((IAC, WONT, COM_PORT))])
async def test_a_server_that_never_answers_is_given_up(
    server: Peer, got: Collector, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opening is bounded whatever a peer does not say."""
    monkeypatch.setattr(rfc2217, "AGREE_WAIT", 0.2)
    opening = asyncio.create_task(Rfc2217Opener(Rfc2217Spec(HOST, server.port)).open(got))
    (await server.connected()).write(answer)
    with pytest.raises(LineUnavailable, match="speaks no RFC 2217"):
        await opening
    assert got.losses == []


async def test_a_server_that_hangs_up_while_the_port_is_set(server: Peer, got: Collector) -> None:
    """That is a failure to open, told by the opener alone."""
    opening = asyncio.create_task(Rfc2217Opener(Rfc2217Spec(HOST, server.port)).open(got))
    (await server.connected()).write(bytes((IAC, DO, COM_PORT)))
    await asyncio.sleep(0.05)
    server.writers[-1].close()
    with pytest.raises(LineUnavailable, match="connection closed by"):
        await opening
    assert got.losses == []


class Agreeing:
    """A server of the tests' own that speaks RFC 2217 as far as the test says."""

    def __init__(self, server: Peer) -> None:
        self.server = server

    async def open(self, got: Collector, answers: bytes = b"") -> rfc2217.Rfc2217Line:
        opening = asyncio.create_task(Rfc2217Opener(Rfc2217Spec(HOST, self.server.port)).open(got))
        (await self.server.connected()).write(bytes((IAC, DO, COM_PORT)) + answers)
        return await opening

    async def say(self, *content: int) -> None:
        self.server.writers[-1].write(subnegotiation(COM_PORT, bytes(content)))


async def test_settings_that_nobody_confirms(
    server: Peer, got: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The line opens after a bounded wait, and says so; what was set otherwise is a warning."""
    caplog.set_level(logging.INFO, "consolesvc.lines.rfc2217")
    monkeypatch.setattr(rfc2217, "SETTLE_WAIT", 0.2)
    other_speed = subnegotiation(COM_PORT, bytes((101, 0, 0, 37, 128)))
    line = await Agreeing(server).open(got, b"")
    await line.close()
    assert "not confirmed by the server: speed, data bits, parity, stop bits, flow control" in caplog.text
    server.writers.clear()
    opening = asyncio.create_task(Rfc2217Opener(Rfc2217Spec(HOST, server.port)).open(got))
    (await server.connected()).write(bytes((IAC, DO, COM_PORT)))
    await eventually(lambda: server.heard.count(b"\xff\xfa\x2c\x01") == 2)
    server.writers[-1].write(other_speed)
    line = await opening
    assert "set the port's speed to 9600, not to 115200" in caplog.text
    await line.close()


async def test_what_a_server_tells_of_its_port(server: Peer, got: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors are counted and modem lines kept; while it suspends us the line takes nothing, and then goes on."""
    monkeypatch.setattr(rfc2217, "SETTLE_WAIT", 0.05)
    peer = Agreeing(server)
    line = await peer.open(got)
    await peer.say(106, 8 | 16)
    await peer.say(107, 16 | 128)
    await peer.say(108)
    await eventually(lambda: not line.writable)
    assert line.counters() == LineCounters(frame=1, brk=1)
    assert line.modem() == ModemLines(cts=True, dsr=False, ri=False, cd=True)
    draining = asyncio.create_task(line.drain())
    await asyncio.sleep(0.02)
    assert not draining.done()
    await peer.say(109)
    await asyncio.wait_for(draining, 1)
    await peer.say(108)
    await eventually(lambda: not line.writable)
    draining = asyncio.create_task(line.drain())
    server.cut()
    await asyncio.wait_for(draining, 1)
    assert got.data == b""


async def test_a_telnet_break_goes_out_as_such(server: Peer, got: Collector) -> None:
    """IAC BRK, among data whose IACs are doubled."""
    line = await TelnetOpener(TelnetSpec(HOST, server.port)).open(got)
    line.write(b"a\xff")
    await line.send_break(0.3)
    line.write(b"b")
    await eventually(lambda: server.heard.endswith(b"b"))
    assert server.heard == Telnet().start() + b"a\xff\xff" + BREAK + b"b"
    await line.close()


async def test_a_peer_that_asks_for_options_without_end_is_cut(server: Peer, got: Collector) -> None:
    """Answers that nobody reads are not kept for ever."""
    line = await TelnetOpener(TelnetSpec(HOST, server.port)).open(got)
    writer = await server.connected()
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a server's transport reads
    assert line._transport is not None
    line._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    flood = bytes((IAC, DO, 99)) * 4000

    async def ask() -> None:
        while not got.losses:
            writer.write(flood)
            await writer.drain()

    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(ask(), 20)
    await eventually(lambda: got.losses)
    assert got.losses == [f"{HOST}:{server.port} asks for telnet options without end"]
    await line.close()
