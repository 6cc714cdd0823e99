"""One console, three websocket clients that know nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import websocket
import websockets

from tests.scenarios.process import service

ROUNDS = 50
Send = Callable[[bytes], Awaitable[object]]
Receive = Callable[[], Awaitable[bytes]]


async def test_three_independent_clients_see_each_other_type(tmp_path: Path) -> None:
    """websocket-client, websockets and aiohttp each type; all three see every byte, in one order."""
    with service(tmp_path, "--fake", "echo=1") as running:
        await asyncio.to_thread(running.wait_for_line, "echo1", "connected")
        urls = [await asyncio.to_thread(running.console_url, "echo1") for _ in range(3)]
        blocking = await asyncio.to_thread(websocket.create_connection, urls[0], subprotocols=["binary"], timeout=10)
        async with (
            websockets.connect(urls[1], subprotocols=["binary"], proxy=None) as second,  # type: ignore[list-item]  # a NewType of str
            aiohttp.ClientSession() as session,
            session.ws_connect(urls[2], protocols=["binary"]) as third,
        ):
            assert (blocking.getsubprotocol(), second.subprotocol, third.protocol) == ("binary",) * 3

            async def receive_second() -> bytes:
                message = await second.recv()
                assert isinstance(message, bytes)
                return message

            async def receive_first() -> bytes:
                message = await asyncio.to_thread(blocking.recv)
                assert isinstance(message, bytes)
                return message

            async def send_first(data: bytes) -> None:
                await asyncio.to_thread(blocking.send_binary, data)

            clients: list[tuple[Send, Receive]] = [
                (send_first, receive_first),
                (second.send, receive_second),
                (third.send_bytes, third.receive_bytes),
            ]
            seen = await asyncio.wait_for(asyncio.gather(*(talk(n, *client) for n, client in enumerate(clients))), 20)
        await asyncio.to_thread(blocking.close)
        assert seen[0] == seen[1] == seen[2]
        assert sorted(seen[0].split(b"\n")[:-1]) == sorted(line(n, i)[:-1] for n in range(3) for i in range(ROUNDS))


async def talk(number: int, send: Send, receive: Receive) -> bytes:
    """Type ROUNDS lines while reading; everything this client was shown."""

    async def read() -> bytes:
        seen = b""
        while seen.count(b"\n") < 3 * ROUNDS:
            seen += await receive()
        return seen

    async def type_lines() -> None:
        for index in range(ROUNDS):
            await send(line(number, index))

    seen, _ = await asyncio.gather(read(), type_lines())
    return seen


def line(number: int, index: int) -> bytes:
    """A line that is known again, with characters of two and four bytes in it."""
    return f"client {number} line {index} ü \N{GRINNING FACE}\n".encode()
