from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from consolesvc.cli.attach import life, transport
from consolesvc.cli.attach.endings import Ending, closed
from consolesvc.cli.attach.transport import Connection, connect
from consolesvc.errors import ClientError
from tests.lines.devices import eventually

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Makes a websocket server of a handler; its URL."""
    runners: list[web.AppRunner] = []

    async def make(handler: Handler) -> str:
        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"ws://127.0.0.1:{runner.addresses[0][1]}/?token=secret"

    yield make
    for runner in runners:
        await runner.cleanup()


async def prepared(request: web.Request, *protocols: str) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(autoping=False, protocols=protocols)
    await ws.prepare(request)
    return ws


async def test_the_better_protocol_is_offered_first(http: aiohttp.ClientSession, serve: Serve) -> None:
    """In one offer, without a space, which nova's proxy does not take."""
    offers: list[str] = []

    async def handle(request: web.Request) -> web.WebSocketResponse:
        offers.append(request.headers["Sec-WebSocket-Protocol"])
        ws = await prepared(request, "binary", "consolesvc.v1")
        await ws.send_str("{}")
        await ws.send_bytes(b"x")
        await ws.close()
        return ws

    connection = await connect(http, await serve(handle))
    assert (offers, connection.protocol) == (["consolesvc.v1,binary"], "consolesvc.v1")
    assert [await connection.next() for _ in range(2)] == ["{}", b"x"]
    assert await connection.next() == Ending(0, "the service closed it")
    await connection.close()
    assert repr(connection) == "<Connection consolesvc.v1 closed>"


@pytest.mark.parametrize("taken", ["binary", None])
async def test_a_service_that_is_strict_is_offered_less(
    http: aiohttp.ClientSession, serve: Serve, taken: str | None
) -> None:
    """Some answer an offer that has what they do not know with 400."""
    offers: list[str | None] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        offers.append(request.headers.get("Sec-WebSocket-Protocol"))
        if offers[-1] != taken:
            return web.Response(status=400)
        return await prepared(request, "binary")

    connection = await connect(http, await serve(handle))
    assert connection.protocol == taken
    assert offers == ["consolesvc.v1,binary", "binary", None][: 2 + (taken is None)]
    await connection.close()


@pytest.mark.parametrize(("status", "code"), [(400, 1), (401, 4), (404, 3), (200, 1), (503, 1)])
async def test_a_refusal(http: aiohttp.ClientSession, serve: Serve, status: int, code: int) -> None:
    """By its status; the message has no token."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status)

    with pytest.raises(ClientError, match=r"^refused by ws://127\.0\.0\.1:\d+: ") as caught:
        await connect(http, await serve(handle))
    assert (caught.value.exit_code, caught.value.status) == (code, status)
    assert "secret" not in str(caught.value)


async def test_a_port_that_hangs_up(http: aiohttp.ClientSession) -> None:
    """Websockify does so for a token that it does not know; a service that is about to start, too."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ClientError, match="closed the connection without an answer") as caught:
            await connect(http, f"ws://127.0.0.1:{port}/")
    assert caught.value.passing


async def test_a_port_that_speaks_no_tls(http: aiohttp.ClientSession) -> None:
    """Said as what it is."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ClientError, match=r"no answer from wss://.*: it speaks no TLS there") as caught:
            await connect(http, f"wss://127.0.0.1:{port}/")
    assert not caught.value.passing


async def test_a_port_that_says_nothing(http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up in a bounded time, and may be better later."""
    monkeypatch.setattr(transport, "TIMEOUT", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(ClientError, match=r": timed out$") as caught,
    ):
        await connect(http, f"ws://127.0.0.1:{server.getsockname()[1]}/")
    assert caught.value.passing


async def test_a_service_without_a_sign_of_life_is_gone(
    http: aiohttp.ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead network says nothing, not even no: the session ends once a ping went unanswered."""
    monkeypatch.setattr(life, "SILENCE", 0.05)
    monkeypatch.setattr(life, "ANSWER", 0.05)
    over = asyncio.Event()

    async def mute(request: web.Request) -> web.WebSocketResponse:
        ws = await prepared(request)
        await over.wait()
        return ws

    connection = await connect(http, await serve(mute))
    assert await connection.next() == closed(None, "")
    over.set()
    await connection.close()


async def test_pings_count_as_life_both_ways(
    http: aiohttp.ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours are answered by a service with nothing to say; its own are answered too."""
    monkeypatch.setattr(life, "SILENCE", 0.05)

    async def quiet(request: web.Request) -> web.WebSocketResponse:
        ws = await prepared(request)
        for _ in range(5):
            ping = await ws.receive()
            assert ping.type is web.WSMsgType.PING
            await ws.pong(ping.data)
        await ws.ping(b"and you?")
        while (pong := await ws.receive()).type is web.WSMsgType.PING:
            await ws.pong(pong.data)
        assert (pong.type, pong.data) == (web.WSMsgType.PONG, b"and you?")
        await ws.close(code=4000, message=b"kicked by the test")
        return ws

    connection = await connect(http, await serve(quiet))
    assert await connection.next() == Ending(4, "kicked by the test")


async def test_a_service_that_takes_no_input_is_not_taken_for_dead(
    http: aiohttp.ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not read our pings either, while a machine takes nothing of a paste; then it goes on."""
    monkeypatch.setattr(life, "SILENCE", 0.05)
    monkeypatch.setattr(life, "TYPED", 0.05)
    monkeypatch.setattr(life, "ANSWER", 0.5)
    go_on, paste = asyncio.Event(), b"x" * 16 * 1024 * 1024

    async def stalled(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        assert request.transport is not None
        request.transport.pause_reading()
        await go_on.wait()
        request.transport.resume_reading()
        message = await ws.receive()
        await ws.send_str(str(len(message.data)))
        await ws.close()
        return ws

    connection = await connect(http, await serve(stalled))
    sending = asyncio.create_task(connection.send(paste))
    receiving = asyncio.create_task(connection.next())
    await asyncio.sleep(1.2)
    assert not sending.done()
    assert not receiving.done()
    go_on.set()
    assert await receiving == str(len(paste))
    await sending
    await connection.close()


async def test_a_connection_that_breaks(http: aiohttp.ClientSession, serve: Serve) -> None:
    """Without a close frame it is the service that went away; sending says so, and a goodbye needs nobody."""

    async def abort(request: web.Request) -> web.WebSocketResponse:
        ws = await prepared(request, "consolesvc.v1")
        assert request.transport is not None
        request.transport.abort()
        return ws

    connection = await connect(http, await serve(abort))
    assert await connection.next() == closed(None, "")
    with pytest.raises(ConnectionError):
        await connection.send(b"late")
    await connection.close()


async def test_a_plain_service_that_hangs_up_at_once_has_refused(http: aiohttp.ClientSession, serve: Serve) -> None:
    """As nova's proxy does: a handshake, then nothing."""

    async def abort(request: web.Request) -> web.WebSocketResponse:
        ws = await prepared(request, "binary")
        assert request.transport is not None
        request.transport.close()
        return ws

    connection = await connect(http, await serve(abort))
    ending = await connection.next()
    assert isinstance(ending, Ending)
    assert (ending.code, ending.again) == (4, False)
    await connection.close()


async def test_a_close_counts_though_it_cannot_be_answered(http: aiohttp.ClientSession, serve: Serve) -> None:
    """By a service that says why and hangs up in one go, as websockify does where a machine is not there."""

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = await prepared(request)
        await ws._writer.close(1011, b"no machine")  # type: ignore[union-attr]  # prepared
        assert request.transport is not None
        request.transport.close()
        return ws

    connection = await connect(http, await serve(handle))
    await eventually(connection._ws._writer.transport.is_closing)
    assert await connection.next() == Ending(1, "no machine", again=True)


@pytest.mark.parametrize("protocol", [None, "consolesvc.v1"])
async def test_a_close_without_a_code_says_nothing(
    http: aiohttp.ClientSession, serve: Serve, protocol: str | None
) -> None:
    """It is as good as none: somebody in between may have made it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = await prepared(request, *((protocol,) if protocol else ()))
        assert ws._writer is not None
        await ws._writer.send_frame(b"", aiohttp.WSMsgType.CLOSE)
        return ws

    connection = await connect(http, await serve(handle))
    assert await connection.next() == closed(None, "", plain=protocol is None, seconds=0.1)


async def test_a_message_longer_than_any_is_refused(
    http: aiohttp.ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded, whatever a service sends."""
    monkeypatch.setattr(transport, "LARGEST", 1000)

    async def large(request: web.Request) -> web.WebSocketResponse:
        ws = await prepared(request)
        await ws.send_bytes(b"x" * 2000)
        await ws.receive()
        return ws

    connection: Connection = await connect(http, await serve(large))
    ending = await connection.next()
    assert isinstance(ending, Ending)
    assert ending.code == 1
    await connection.close()
