from __future__ import annotations

import asyncio

from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.cli.attach.outbox import ROOM, Outbox
from consolesvc.cli.attach.transport import Connection
from tests.lines.devices import eventually


async def connected(aiohttp_client: AiohttpClient, heard: list[bytes | str], gate: asyncio.Event) -> Connection:
    """A connection to somebody who writes down what comes, once the gate is open."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        await gate.wait()
        heard.extend([message.data async for message in ws])
        return ws

    app = web.Application()
    app.router.add_get("/", handle)
    client = await aiohttp_client(app)
    return Connection(await client.session.ws_connect(client.make_url("/"), autoping=False))


async def test_messages_go_in_order(aiohttp_client: AiohttpClient) -> None:
    """Input and texts of the protocol, as they were put; then it is empty."""
    heard: list[bytes | str] = []
    gate = asyncio.Event()
    gate.set()
    connection, outbox = await connected(aiohttp_client, heard, gate), Outbox()
    sending = asyncio.create_task(outbox.send(connection))
    for message in (b"a", "{}", b"b"):
        outbox.put(message)
    async with asyncio.timeout(5):
        await outbox.empty()
    assert outbox.cut() == 0
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await connection.close()
    await eventually(lambda: heard == [b"a", "{}", b"b"])


async def test_there_is_room_while_somebody_takes_nothing(aiohttp_client: AiohttpClient) -> None:
    """Keys are read on meanwhile; what waits when the connection is cut is counted, and not kept for the next."""
    heard: list[bytes | str] = []
    gate = asyncio.Event()
    connection, outbox = await connected(aiohttp_client, heard, gate), Outbox()
    sending = asyncio.create_task(outbox.send(connection))
    piece = b"x" * (ROOM // 4)
    async with asyncio.timeout(5):
        for _ in range(20):
            await outbox.room()
            outbox.put(piece)
            await asyncio.sleep(0.01)
            if outbox._size >= ROOM:
                break
    assert repr(outbox) == f"<Outbox {outbox._size} bytes>"
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    outbox.put("no input")
    assert outbox.cut() >= ROOM - len(piece)
    async with asyncio.timeout(1):
        await outbox.empty()
        await outbox.room()
    gate.set()
    await connection.close()


async def test_a_connection_that_is_gone_ends_it(aiohttp_client: AiohttpClient) -> None:
    """Why it is gone is for who reads from it to say; what was on its way may have arrived, what was not has not."""
    gate = asyncio.Event()
    gate.set()
    connection, outbox = await connected(aiohttp_client, [], gate), Outbox()
    await connection.close()
    outbox.put(b"late")
    outbox.put(b"later!")
    async with asyncio.timeout(5):
        await outbox.send(connection)
    assert outbox.cut() == 6
    assert connection.unanswered == 4
