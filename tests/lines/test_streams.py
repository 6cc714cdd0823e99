"""Lines on sockets, TCP and unix: what goes wrong at the other end, in plain words."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import TcpSpec, UnixSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines import connecting
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.unix import UnixOpener
from tests.lines.devices import Collector, eventually
from tests.lines.peers import HOST, Peer, free_port, peer
from tests.lines.trees import as_nobody


@pytest.fixture
async def server() -> AsyncIterator[Peer]:
    async with peer() as made:
        made.echo = False
        yield made


@pytest.fixture
def got() -> Collector:
    return Collector()


async def why_not(opener: TcpOpener | UnixOpener) -> str:
    with pytest.raises(LineUnavailable) as caught:
        await opener.open(Collector())
    return str(caught.value)


async def test_refused() -> None:
    """Nobody listens: who refused, and what that means."""
    port = free_port()
    assert (
        await why_not(TcpOpener(TcpSpec(HOST, port))) == f"connection refused by {HOST}:{port}: nothing listens there"
    )


async def test_a_peer_that_hangs_in_connect_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose queue is full answers nothing: the wait is bounded, and cancelling it leaks nothing."""
    monkeypatch.setattr(connecting, "CONNECT_WAIT", 0.3)
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fill = [socket.create_connection((HOST, port))]
        opener = TcpOpener(TcpSpec(HOST, port))
        begun = asyncio.get_running_loop().time()
        assert await why_not(opener) == (f"no answer from {HOST}:{port}: is it on, and does a firewall let us through?")
        assert asyncio.get_running_loop().time() - begun < 1
        for sock in fill:
            sock.close()


async def test_a_name_that_nobody_knows() -> None:
    """A name is looked up beside the loop; an unknown one is said."""
    reason = await why_not(TcpOpener(TcpSpec("nobody.invalid", 1)))
    assert reason.startswith(("no host has the name nobody.invalid", "the name nobody.invalid cannot be looked up now"))


async def test_reset_and_half_closed(server: Peer, got: Collector) -> None:
    """A reset and a close are told apart; a machine that half-closes has said its last word."""
    line = await TcpOpener(TcpSpec(HOST, server.port)).open(got)
    writer = await server.connected()
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await eventually(lambda: got.losses)
    server.writers.clear()
    again = await TcpOpener(TcpSpec(HOST, server.port)).open(got)
    writer = await server.connected()
    writer.write(b"last words")
    writer.write_eof()
    await eventually(lambda: len(got.losses) == 2)
    assert got.data == b"last words"
    assert got.losses == [f"connection reset by {HOST}:{server.port}", f"connection closed by {HOST}:{server.port}"]
    again.write(b"nobody there")
    await line.close()
    await again.close()


async def test_a_connection_is_tuned(server: Peer, got: Collector) -> None:
    """Keys leave at once, and a peer that falls silent for good is noticed."""
    line = await TcpOpener(TcpSpec(HOST, server.port)).open(got)
    assert line._transport is not None
    sock = line._transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
    await line.close()


async def test_pieces_are_no_larger_than_the_receiver_takes(server: Peer) -> None:
    """A flood comes in pieces of the console's size, through one buffer that all lines share."""
    small, large = Collector(read_limit=1000), Collector()
    lines = [await TcpOpener(TcpSpec(HOST, server.port)).open(collector) for collector in (small, large)]
    await eventually(lambda: len(server.writers) == 2)
    flood = [bytes([number]) * 300_000 for number in (1, 2)]
    for writer, data in zip(server.writers, flood, strict=True):
        writer.write(data)
    assert {bytes(await small.until(300_000)), bytes(await large.until(300_000))} == set(flood)
    assert max(small.pieces) == 1000
    assert lines[0].get_buffer(0).obj is lines[1].get_buffer(0).obj
    for line in lines:
        await line.close()


async def test_closing_a_peer_that_reads_nothing_is_bounded(server: Peer, got: Collector) -> None:
    """What cannot be sent is dropped in the end."""
    line = await TcpOpener(TcpSpec(HOST, server.port)).open(got)
    writer = await server.connected()
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a server's transport reads
    for _ in range(100):
        line.write(bytes(1 << 17))
    assert not line.writable
    async with asyncio.timeout(2):
        await line.close()
    assert got.losses == []


async def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    """Absent, without a listener, or something else: each its own words."""
    path = tmp_path / "vm.serial"
    opener = UnixOpener(UnixSpec(str(path)))
    assert await why_not(opener) == "no such socket: waiting for it"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    assert (await why_not(opener)).startswith("nobody listens on the socket: ")
    path.unlink()
    path.touch()
    assert (await why_not(opener)).startswith("not a socket: ")
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    path.unlink()
    datagrams.bind(str(path))
    assert (await why_not(opener)).startswith("not a stream socket: ")
    datagrams.close()
    assert (await why_not(UnixOpener(UnixSpec("/" + "x" * 200)))).startswith("the path is too long for a socket")


async def test_a_socket_that_reappears_is_open_within_half_a_second(tmp_path: Path) -> None:
    """A virtual machine that is started again is not waited for with growing patience."""
    path = tmp_path / "vm.serial"
    got = Collector()
    line = ReconnectingLine("vm", UnixOpener(UnixSpec(str(path))), got, lambda: None, read_limit=4096)
    line.start()
    await eventually(lambda: line.state == "waiting")
    for _ in range(2):
        await asyncio.sleep(0.7)
        async with peer(path) as server:
            await eventually(lambda: line.state == "connected", patience=2)
            (await server.connected()).write(b"up")
            await eventually(lambda: got.data.endswith(b"up"))
            got.data.clear()
        path.unlink(missing_ok=True)
        await eventually(lambda: line.state == "waiting")
    await line.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_socket_that_is_not_ours_to_open_names_what_bars_the_way() -> None:
    """The folder that bars the way, or the socket's own mode, and never a rule for devices."""
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as sock:
        folder = Path(name)
        path = folder / "s"
        sock.bind(str(path))
        path.chmod(0o600)
        folder.chmod(0o755)
        own = str(as_nobody("answer = str(permission_denied(argv[0]))", str(path)))
        folder.chmod(0o700)
        barred = str(as_nobody("answer = str(permission_denied(argv[0]))", str(path)))
    assert f"{folder} is root:root 0700 and bars the way to {path}" in barred
    assert "its program has to make it for a group of ours" in own
    assert "udev" not in own
