"""Lines that listen, on TCP and unix sockets: the machine connects to us."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
from pathlib import Path

import pytest

from consolesvc.config.linespec import TcpSpec, UnixSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.unix import UnixOpener
from tests.lines.devices import Collector, eventually
from tests.lines.peers import HOST, free_port, peer


@pytest.fixture
def got() -> Collector:
    return Collector()


async def why_not(opener: TcpOpener | UnixOpener) -> str:
    with pytest.raises(LineUnavailable) as caught:
        await opener.open(Collector())
    return str(caught.value)


class Machine:
    """A machine that connects to us."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        self.sock = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.sock.connect(address)
        self.sock.settimeout(1)

    def refused(self) -> bool:
        """Whether we were cut without a word."""
        return self.sock.recv(1) == b""


async def test_the_first_byte_of_a_machine_that_connects(got: Collector, caplog: pytest.LogCaptureFixture) -> None:
    """It may talk before the line is opened; a second machine is refused, said once; the first stays."""
    caplog.set_level(logging.DEBUG, "consolesvc.lines.listening")
    port = free_port()
    opener = TcpOpener(TcpSpec(HOST, port, listen=True))
    assert await why_not(opener) == f"nobody has connected to {HOST}:{port}: waiting for the machine"
    machine = Machine((HOST, port))
    machine.sock.sendall(b"BIOS")
    await asyncio.wait_for(opener.due.wait(), 1)
    line = await opener.open(got)
    assert await got.until(4) == b"BIOS"
    for _ in range(2):
        other = Machine((HOST, port))
        await asyncio.sleep(0.02)
        assert other.refused()
        other.sock.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.DEBUG]
    assert "the line has its machine already" in caplog.text
    line.write(b"key")
    await asyncio.sleep(0.02)
    assert machine.sock.recv(10) == b"key"
    machine.sock.close()
    await eventually(lambda: got.losses)
    await opener.close()
    with socket.socket() as late:
        assert late.connect_ex((HOST, port)) != 0


async def test_a_machine_that_left_before_it_was_heard_makes_room(got: Collector) -> None:
    """Connected, silent and gone: the next one is taken."""
    port = free_port()
    opener = TcpOpener(TcpSpec(HOST, port, listen=True))
    await why_not(opener)
    first = Machine((HOST, port))
    first.sock.close()
    await asyncio.sleep(0.02)
    second = Machine((HOST, port))
    second.sock.sendall(b"second")
    await asyncio.sleep(0.02)
    line = await opener.open(got)
    assert await got.until(6) == b"second"
    await line.close()
    second.sock.close()
    await opener.close()


async def test_a_listening_line_is_open_as_soon_as_the_machine_connects() -> None:
    """The reconnecting object does not wait for its next look: the opener says when it is time."""
    port, states = free_port(), []
    line = ReconnectingLine(
        "vm", TcpOpener(TcpSpec(HOST, port, listen=True)), Collector(), lambda: states.append(line.state),
        read_limit=4096,
    )  # fmt: skip
    line.start()
    await eventually(lambda: line.state == "waiting")
    for _ in range(3):
        machine = Machine((HOST, port))
        await eventually(lambda: line.state == "connected", patience=2)
        machine.sock.close()
        await eventually(lambda: line.state == "waiting")
    await line.close()


async def test_an_address_that_cannot_be_listened_on(got: Collector) -> None:
    """Taken, or none of ours: said."""
    port = free_port()
    with socket.socket() as taken:
        taken.bind((HOST, port))
        taken.listen()
        reason = await why_not(TcpOpener(TcpSpec(HOST, port, listen=True)))
    assert reason == f"{HOST}:{port} is taken: another program, or another line, listens there"
    reason = await why_not(TcpOpener(TcpSpec("192.0.2.1", port, listen=True)))
    assert reason == f"cannot listen on 192.0.2.1:{port}: it is no address of this host"
    assert got.losses == []


async def test_a_socket_of_ours(tmp_path: Path, got: Collector) -> None:
    """It is made with mode 0660 whatever the umask, stale ones of ours are replaced, and it is gone with us."""
    path = tmp_path / "vm.serial"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    opener = UnixOpener(UnixSpec(str(path), listen=True))
    mask = os.umask(0o077)
    try:
        assert (await why_not(opener)).endswith("waiting for the machine")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    machine = Machine(str(path))
    machine.sock.sendall(b"first byte")
    await eventually(opener.due.is_set)
    line = await opener.open(got)
    assert await got.until(10) == b"first byte"
    machine.sock.close()
    await eventually(lambda: got.losses)
    assert got.losses[0].startswith(f"connection closed by pid {os.getpid()} (")
    await line.close()
    await opener.close()
    assert not path.exists()


async def test_a_live_socket_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Neither at the start nor at the end is a socket removed that another program listens on, nor any other file."""
    path = tmp_path / "s"
    opener = UnixOpener(UnixSpec(str(path), listen=True))
    async with peer(path):
        assert (await why_not(opener)).startswith("another program listens there: ")
        assert path.exists()
    path.unlink(missing_ok=True)
    path.write_text("notes")
    assert (await why_not(opener)).startswith("cannot listen there: ")
    assert path.read_text() == "notes"
    path.unlink()
    await why_not(opener)
    path.unlink()
    async with peer(path):
        await opener.close()
        assert path.exists()
    path.unlink(missing_ok=True)


async def test_a_socket_of_ours_that_was_removed_is_made_again(tmp_path: Path, got: Collector) -> None:
    """Somebody tidied up: the next look makes it anew."""
    path = tmp_path / "s"
    opener = UnixOpener(UnixSpec(str(path), listen=True))
    await why_not(opener)
    path.unlink()
    await why_not(opener)
    machine = Machine(str(path))
    await eventually(opener.due.is_set)
    line = await opener.open(got)
    await line.close()
    machine.sock.close()
    await opener.close()
