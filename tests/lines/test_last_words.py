"""A stream line that we close: what its peer had sent by then is not lost with it."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import closing

import pytest

from consolesvc.config.linespec import TcpSpec
from consolesvc.lines.stream import LAST_WORDS, SILENT, StreamLine
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.transport import CLOSE_WAIT
from tests.lines.devices import Collector
from tests.lines.peers import HOST

BURST = b"".join(b"%07d\n" % number for number in range(16 * 1024))
"""More than a read takes, and no more than the kernel holds for us."""


async def opened(server: socket.socket, got: Collector) -> tuple[socket.socket, StreamLine]:
    """The peer's end of a line, and ours."""
    line = await TcpOpener(TcpSpec(HOST, server.getsockname()[1])).open(got)
    peer, _ = await asyncio.to_thread(server.accept)
    return peer, line


@pytest.mark.parametrize("paused", [False, True])
async def test_what_lies_in_the_kernel_is_read_to_its_end(paused: bool) -> None:
    """A peer that ends when we do has had its say, also where it was being held."""
    got = Collector()
    with closing(socket.create_server((HOST, 0))) as server:
        peer, line = await opened(server, got)
        with peer:
            if paused:
                line.pause()
            await asyncio.to_thread(peer.sendall, BURST)
            ended = asyncio.create_task(asyncio.to_thread(end_with_us, peer))
            if paused:
                asyncio.get_running_loop().call_later(0.05, line.resume)  # as the log's writer has it
            await line.close()
            await ended
    assert got.data == BURST
    assert got.losses == []


async def test_a_peer_that_says_no_more_is_hardly_waited_for() -> None:
    """One that does not end, and is silent, costs a moment."""
    got = Collector()
    with closing(socket.create_server((HOST, 0))) as server:
        peer, line = await opened(server, got)
        with peer:
            begun = time.monotonic()
            await line.close()
            assert time.monotonic() - begun < SILENT + 0.5
    assert got.losses == []


async def test_a_peer_that_does_not_stop_is_cut_off() -> None:
    """Whoever goes on and on has had LAST_WORDS seconds."""
    got = Collector()
    with closing(socket.create_server((HOST, 0))) as server:
        peer, line = await opened(server, got)
        with peer:
            talking = asyncio.create_task(asyncio.to_thread(talk, peer))
            begun = time.monotonic()
            await line.close()
            seconds = time.monotonic() - begun
            await talking
    assert LAST_WORDS <= seconds < LAST_WORDS + CLOSE_WAIT + 0.5
    assert got.losses == []


def end_with_us(peer: socket.socket) -> None:
    """Wait until the other end says that it goes, then go."""
    while peer.recv(4096):
        pass
    peer.close()


def talk(peer: socket.socket) -> None:
    """Say something, again and again, until nobody is there."""
    try:
        while True:
            peer.sendall(b"still here\n")
            time.sleep(0.01)
    except OSError:
        return
