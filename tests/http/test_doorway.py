"""Slow, half-open and oversized requests, by real sockets against a whole service."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.model import Limits
from consolesvc.http import body_wait
from consolesvc.http.doorway import Doorway
from consolesvc.service import Service
from tests.lines.devices import eventually
from tests.proxy.world import BASE

HEALTHY = (200, {"status": "ok", "ready": True, "warnings": []})
GOOD = b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def service(limits: Limits, wait: float = 0.3) -> AsyncIterator[Service]:
    """A service without servers, whose doorway waits `wait` seconds for a head."""
    running = Service(dataclasses.replace(BASE, limits=limits))
    running.ports.doorway.wait = wait
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


class Client:
    """A client that says what it is told to, when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> Client:
        """A new connection that has said nothing."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def answer(self) -> tuple[int, Any]:
        """The status and the JSON of the answer, up to the end of the connection; 0 for none."""
        data = b""
        with contextlib.suppress(ConnectionError):
            data = await asyncio.wait_for(self.reader.read(), 5)
        await self.close()
        if not data:
            return 0, None
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    async def close(self) -> None:
        """Leave."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def ask(port: int, data: bytes = GOOD) -> tuple[int, Any]:
    client = await Client.connect(port)
    await client.say(data)
    return await client.answer()


@pytest.mark.parametrize("piece", [1, 2, 3, 7, len(GOOD)])
async def test_a_head_in_pieces_is_answered(piece: int) -> None:
    """However a head is cut, and with the empty lines that may come before it."""
    async with service(Limits(), wait=5) as running:
        client = await Client.connect(running.ports.api.port)
        data = b"\r\n\r\n" + GOOD
        for start in range(0, len(data), piece):
            await client.say(data[start : start + piece])
            await asyncio.sleep(0)
        assert await client.answer() == HEALTHY


async def test_two_requests_at_once_are_both_answered() -> None:
    """What follows the first head is not lost on the way."""
    first = GOOD.replace(b"Connection: close\r\n", b"")
    async with service(Limits()) as running:
        client = await Client.connect(running.ports.api.port)
        await client.say(first + GOOD)
        data = await asyncio.wait_for(client.reader.read(), 5)
        await client.close()
    assert data.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("port", ["api", "proxy"])
async def test_a_head_that_is_never_whole_is_ended(port: str) -> None:
    """A byte now and then gains no time, on either port; the answer says what was missing."""
    async with service(Limits()) as running:
        address = running.ports.api if port == "api" else running.ports.proxy
        client = await Client.connect(address.port)
        begun = asyncio.get_running_loop().time()
        dribble = asyncio.create_task(_dribble(client))
        status, body = await client.answer()
        dribble.cancel()
        assert 0.2 < asyncio.get_running_loop().time() - begun < 2
        assert (status, body["computeFault"]["message"]) == (
            408,
            "The request's head was not complete within 0.3 s.",
        )
        assert len(running.ports.doorway) == 0


async def test_who_speaks_tls_is_told_at_once() -> None:
    """By what makes a client of TLS say that there is none; no end of a head would ever come."""
    async with service(Limits(), wait=60) as running:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
            await asyncio.open_connection("127.0.0.1", running.ports.api.port, ssl=ssl.create_default_context())
        assert asyncio.get_running_loop().time() - begun < 5
        answer = await ask(running.ports.api.port, b"\x16\x03\x01\x02")
        assert answer == (
            400,
            {
                "badRequest": {
                    "code": 400,
                    "message": "No TLS is spoken here: ask with http://, and connect with ws://.",
                }
            },
        )


async def test_empty_lines_are_no_head() -> None:
    """They are skipped, and whoever sends only them waits in vain."""
    async with service(Limits()) as running:
        client = await Client.connect(running.ports.api.port)
        for _ in range(4):
            await client.say(b"\r\n\r\n")
            await asyncio.sleep(0.02)
        assert len(running.ports.doorway) == 1
        assert await client.answer() == (0, None)


async def test_who_says_nothing_is_left_without_a_word() -> None:
    """Browsers connect ahead of need: no answer to a question that was never asked."""
    async with service(Limits()) as running:
        client = await Client.connect(running.ports.api.port)
        assert await client.answer() == (0, None)


async def test_hundreds_of_half_open_connections_keep_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    """A client whose head comes whole is served; of those that hold the door open no more than the cap are kept."""
    async with service(Limits(handshakes=64), wait=30) as running:
        port = running.ports.api.port
        before = open_files()
        held = [await Client.connect(port) for _ in range(400)]
        for client in held:
            client.writer.write(b"GET / HTTP/1.1\r\nHost: loc")
        await eventually(lambda: len(running.ports.doorway) == 64)
        assert open_files() < before + 400 + 64 + 20
        begun = asyncio.get_running_loop().time()
        assert await ask(port) == HEALTHY
        assert await ask(running.ports.proxy.port, GOOD.replace(b"/healthcheck", b"/")) == (
            405,
            {"badMethod": {"code": 405, "message": "this is a websocket: connect with ws:// in place of http://"}},
        )
        assert asyncio.get_running_loop().time() - begun < 1
        status, body = await held[0].answer()
        assert (status, body["overLimit"]["message"]) == (429, "limit reached: limits.handshakes is 64")
        assert caplog.text.count("limits.handshakes") == 1
        for client in held[1:]:
            await client.close()
        await eventually(lambda: len(running.ports.doorway) == 0)


async def test_the_cap_follows_a_reload() -> None:
    """A lower cap holds from the next connection on; 0 is none."""
    async with service(Limits(handshakes=0), wait=30) as running:
        held = [await Client.connect(running.ports.api.port) for _ in range(20)]
        await eventually(lambda: len(running.ports.doorway) == 20)
        await running.reload(dataclasses.replace(running.config, limits=Limits(handshakes=5)))
        assert (await ask(running.ports.api.port))[0] == 200
        for client in held:
            await client.close()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("size", [2000, 1_000_000])
async def test_a_head_beyond_the_limit_is_refused(size: int, whole: bool) -> None:
    """By one header or all of them, told in a fault that names the limit, also while the client goes on sending."""
    long = b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * size + (b"\r\n\r\n" if whole else b"")
    async with service(Limits(headers=1024), wait=5) as running:
        status, body = await ask(running.ports.api.port, long)
    assert (status, body["computeFault"]["message"]) == (431, "limit reached: limits.headers is 1024 bytes")


async def test_a_head_at_the_limit_is_served() -> None:
    """A long token fits: 20 KiB in one header."""
    async with service(Limits(), wait=5) as running:
        head = GOOD.replace(b"\r\n\r\n", b"\r\nX-Auth-Token: " + b"a" * 20_000 + b"\r\n\r\n")
        assert await ask(running.ports.api.port, head) == HEALTHY


async def test_a_body_that_does_not_come_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head is soon said; its body has a time of its own."""
    monkeypatch.setattr(body_wait, "BODY_WAIT", 0.2)
    head = (
        b"POST /v2.1/servers/x/action HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with service(Limits()) as running:
        client = await Client.connect(running.ports.api.port)
        await client.say(head)
        answer = await asyncio.wait_for(client.reader.readuntil(b"}}"), 5)
        await client.close()
    assert b" 408 " in answer.split(b"\r\n", 1)[0]
    assert b"body was not complete within 0.2 s" in answer


async def test_stop_closes_who_waits() -> None:
    """No half-open connection outlives the service."""
    async with service(Limits(), wait=30) as running:
        client = await Client.connect(running.ports.api.port)
        await client.say(b"GET")
        await eventually(lambda: len(running.ports.doorway) == 1)
        await running.stop()
        assert await client.answer() == (0, None)


def test_it_says_how_many_wait() -> None:
    """For whoever looks at a log or a debugger."""
    assert repr(Doorway(Limits())) == "<Doorway 0 waiting>"


def open_files() -> int:
    """Of this process: of the clients and of the service."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def _dribble(client: Client) -> None:
    for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * 1000:
        await client.say(bytes((byte,)))
        await asyncio.sleep(0.02)
