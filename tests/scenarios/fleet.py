"""Hundreds of machines on loopback ports, and sessions on their consoles, in one loop: what each byte is, is known.

A machine's output is one text, made of its number: any byte of a console's stream says which one it must be. A machine
whose connection ends goes on, on the next one, with the byte it had not said yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

RECORD = 16
PAUSES = (0.0, 0.2, 0.4, 0.8, 1.0)
"""Seconds between a session's tries to come back, the last again and again: as `attach` has them."""


def text(number: int, offset: int, size: int) -> bytes:
    """Bytes of a machine's text."""
    first = offset // RECORD
    last = (offset + size - 1) // RECORD
    records = b"".join(b"%03d%012d\n" % (number % 1000, index) for index in range(first, last + 1))
    return records[offset - first * RECORD :][:size]


class Machine(asyncio.Protocol):
    """A machine on a TCP port of its own, or on a unix socket.

    Args:
        number: Makes its text.
        path: Of the unix socket; None for a port.

    Attributes:
        said: Bytes of its text that it has said.
        moments: Where in its text it stood after each time that it spoke, and when that was; looked at by a session.
        connections: How often somebody came.
    """

    def __init__(self, number: int, path: Path | None = None) -> None:
        self.number = number
        self.path = path
        self.port = 0
        self.said = 0
        self.moments: deque[tuple[int, float]] = deque(maxlen=1000)
        self.connections = 0
        self._transport: asyncio.Transport | None = None
        self._held = False
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Have a port, or a socket."""
        loop = asyncio.get_running_loop()
        if self.path is not None:
            self._server = await loop.create_unix_server(lambda: self, self.path)
            return
        self._server = await loop.create_server(lambda: self, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def line(self) -> str:
        """The line that leads to it, as YAML."""
        if self.path is not None:
            return f"{{type: unix, path: {self.path}}}"
        return f"{{type: tcp, host: 127.0.0.1, port: {self.port}}}"

    async def close(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.close()
        if self._transport is not None:
            self._transport.abort()

    def say(self, records: int = 1) -> None:
        """Say so much more of the text; nothing while nobody listens, or reads."""
        if self._transport is None or self._held:
            return
        data = text(self.number, self.said, records * RECORD)
        self.said += len(data)
        self.moments.append((self.said, time.monotonic()))
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody listens; who did before is forgotten."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._held = False
        self.connections += 1

    def eof_received(self) -> None:
        """Who listened says that they go: nothing more is said to them, and the connection ends."""
        self._transport = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody listens any more."""
        del exc
        self._transport = None

    def pause_writing(self) -> None:
        """What was said is not read."""
        self._held = True

    def resume_writing(self) -> None:
        """It is."""
        self._held = False


@contextlib.asynccontextmanager
async def machines(numbers: Iterable[int], folder: Path | None = None) -> AsyncIterator[list[Machine]]:
    """Machines that listen, for as long as this lasts; every other one on a unix socket, where there is a folder."""
    made = [Machine(n, folder / f"{n}.sock" if folder is not None and n % 2 else None) for n in numbers]
    try:
        for machine in made:
            await machine.listen()
        yield made
    finally:
        for machine in made:
            await machine.close()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def chatter(talkers: Sequence[Machine], every: float, records: int = 1) -> AsyncIterator[None]:
    """Have machines speak, each once in so many seconds, one after the other, for as long as this lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_chat(talkers, every, records))
        try:
            yield
        finally:
            task.cancel()


async def _chat(talkers: Sequence[Machine], every: float, records: int) -> None:
    loop = asyncio.get_running_loop()
    step, due = every / len(talkers), loop.time()
    while True:
        for machine in talkers:
            due += step
            if due > (now := loop.time()) + 0.004:
                await asyncio.sleep(due - now)
            elif due < now - every:
                due = now  # a busy host: what was missed is not made up for
            machine.say(records)


@dataclass(slots=True)
class Session:
    """A client of consolesvc.v1 that checks each byte, and comes back by itself.

    Attributes:
        machine: Whose console it is on.
        next: Offset of the byte that comes next.
        hello: What the service said first, the last time.
        delays: Seconds from each word of the machine to here, since they were last taken.
        told: What else it was told: `line waiting`, `event boot` and so on, by type, state and kind.
        ends: Close codes of its connections that ended.
        cut: When its last connection ended; 0.0 before.
        back: When its last one began.
        wrong: What was not as it has to be.
    """

    machine: Machine
    http: aiohttp.ClientSession
    next: int = 0
    hello: dict[str, Any] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    ends: list[int | None] = field(default_factory=list)
    cut: float = 0.0
    back: float = 0.0
    wrong: list[str] = field(default_factory=list)
    checks: bool = True

    async def run(self, url: str) -> None:
        """Attach, and stay until cancelled."""
        await self._attached(url)
        base = url.partition("?")[0]
        while True:
            for pause in (*PAUSES, *(PAUSES[-1] for _ in range(60))):
                await asyncio.sleep(pause)
                place = f"since={self.next}&stream={self.hello['stream']}"
                if await self._attached(f"{base}?resume={self.hello['resume']}&{place}"):
                    break

    async def _attached(self, url: str) -> bool:
        try:
            async with self.http.ws_connect(url, protocols=("consolesvc.v1",), max_msg_size=0) as ws:
                async for message in ws:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        self._take(message.data)
                    elif message.type is aiohttp.WSMsgType.TEXT:
                        self._hear(json.loads(message.data))
            self.ends.append(ws.close_code)
        except aiohttp.WSServerHandshakeError as refused:
            self.wrong.append(f"refused: {refused.status}")
        except (aiohttp.ClientError, OSError):
            return False
        self.cut = time.monotonic()
        return True

    def _take(self, data: bytes) -> None:
        if self.checks and data != text(self.machine.number, self.next, len(data)):
            self.wrong.append(f"at {self.next}: {data[:40]!r}")
        self.next += len(data)
        now, moments = time.monotonic(), self.machine.moments
        while moments and moments[0][0] <= self.next:
            self.delays.append(now - moments.popleft()[1])

    def _hear(self, said: dict[str, Any]) -> None:
        if said["type"] == "hello":
            if self.hello and (said["stream"], said["offset"]) != (self.hello["stream"], self.next):
                self.wrong.append(f"back at {said['offset']} of {said['stream']}, not at {self.next}")
            self.hello, self.next, self.back = said, said["offset"], time.monotonic()
        elif said["type"] == "gap":
            self.wrong.append(f"a gap: {said}")
        else:
            self.told.append(f"{said['type']} {said.get('event') or said.get('state') or ''}".rstrip())


async def console_url(http: aiohttp.ClientSession, api: str, name: str) -> str:
    """A fresh console URL."""
    async with http.get(f"{api}/console/v1/consoles/{name}") as answer:
        server_id = (await answer.json())["console"]["id"]
    call = {"os-getSerialConsole": {"type": "serial"}}
    async with http.post(f"{api}/v2.1/servers/{server_id}/action", json=call) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["console"]["url"])


async def until(what: str, look: Any, seconds: float) -> None:
    """Wait until something is so; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def sessions(
    http: aiohttp.ClientSession, api: str, at: Sequence[tuple[str, Machine]], query: str = "&since=0"
) -> AsyncIterator[list[Session]]:
    """Sessions on consoles, attached, for as long as this lasts."""
    made = [Session(machine, http) for _, machine in at]
    async with asyncio.TaskGroup() as group:
        tasks = []
        for session, (name, _) in zip(made, at, strict=True):
            tasks.append(group.create_task(session.run(await console_url(http, api, name) + query)))
        try:
            await until("all attached", lambda: all(session.hello for session in made), 30)
            yield made
        finally:
            for task in tasks:
                task.cancel()
