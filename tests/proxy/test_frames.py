"""Frames written past aiohttp: a client of another make reads them as any, whole, in order, among aiohttp's own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from consolesvc.proxy.frames import Frames, header
from tests.lines.devices import eventually

SIZES = [1, 125, 126, 127, 65535, 65536, 65537, 300_000]
"""Around each of RFC 6455's three lengths, and more than a socket takes at once."""


@dataclass
class Served:
    """A websocket's both ends."""

    ws: web.WebSocketResponse
    frames: Frames
    transport: asyncio.Transport
    client: ClientConnection


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Makes one session, by default of a client that reads."""
    arrived: asyncio.Future[tuple[web.WebSocketResponse, asyncio.Transport]] = (
        asyncio.get_running_loop().create_future()
    )
    over = asyncio.Event()
    clients: list[ClientConnection] = []

    async def handler(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, writer_limit=1)
        await ws.prepare(request)
        assert request.transport is not None
        arrived.set_result((ws, request.transport))
        async for _ in ws:
            pass
        await over.wait()
        return ws

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()

    async def made(**options: int) -> Served:
        sock = socket.create_connection(runner.addresses[0])
        for name, value in options.items():
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        host, port = runner.addresses[0]
        client = await connect(f"ws://{host}:{port}/", sock=sock, compression=None, max_size=None, close_timeout=0.2)
        clients.append(client)
        ws, transport = await arrived
        return Served(ws, Frames(ws, transport), transport, client)

    yield made
    over.set()
    for client in clients:
        await client.close()
    await runner.cleanup()


@pytest.mark.parametrize("size", SIZES)
async def test_a_frame_of_any_size_is_read_as_one_message(serve: Serve, size: int) -> None:
    """In parts, of which one is a view of memory that changes afterwards."""
    served = await serve()
    memory = bytearray(os.urandom(size))
    said = bytes(memory)
    served.frames.send((said[:1], memoryview(memory)[1:]), size)
    memory[:] = bytes(size)
    assert await asyncio.wait_for(served.client.recv(), 10) == said


async def test_a_client_that_reads_nothing_gets_all_of_it_later(serve: Serve) -> None:
    """A full socket: the way is not clear any more, what it did not take is kept whole, and then it is clear again."""
    served = await serve()
    said: list[bytes] = []
    while served.frames.clear:
        said.append(os.urandom(200_000))
        was_clear = served.frames.send((said[-1],), 200_000)
        assert was_clear == served.frames.clear
        assert len(said) < 200, "the socket took everything"
    said.append(b"one more")
    assert served.frames.send((b"one more",), 8) is False
    await served.ws.send_str("aiohttp's own")
    for each in said:
        assert await asyncio.wait_for(served.client.recv(), 10) == each
    assert await asyncio.wait_for(served.client.recv(), 10) == "aiohttp's own"
    await eventually(lambda: served.frames.clear)


async def test_nothing_follows_a_close_frame(serve: Serve) -> None:
    """RFC 6455 section 5.5.1; and a descriptor that is closed may be somebody else's by now."""
    served = await serve()
    closing = asyncio.create_task(served.ws.close(code=1001))
    await asyncio.sleep(0)
    assert not served.frames.clear
    assert served.frames.send((b"late",), 4) is False
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(served.client.recv(), 5)
    await closing
    assert repr(served.frames) == "<Frames closed>"


async def test_a_client_that_is_gone_is_no_error(serve: Serve) -> None:
    """The transport finds out, and ends the session; whoever sends meanwhile is told that the way is not clear."""
    served = await serve()
    served.client.transport.abort()
    for _ in range(50):
        served.frames.send((b"x" * 1000,), 1000)
        await asyncio.sleep(0.01)
        if served.transport.is_closing():
            break
    assert served.frames.send((b"y",), 1) is False


def test_headers() -> None:
    """RFC 6455 section 5.2, written by hand."""
    assert header(5) == b"\x82\x05"
    assert header(126) == b"\x82\x7e\x00\x7e"
    assert header(65536) == b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"
