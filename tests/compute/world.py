"""A Compute API with a few servers, put together as the service does it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler, Middleware

from consolesvc.compute.app import setup
from consolesvc.config.linespec import EmulatedSpec, LineSpec
from consolesvc.config.server import ServerConfig
from consolesvc.console.console import Console
from consolesvc.errors import LineUnavailable
from consolesvc.http.access import access
from consolesvc.http.faults import faults
from consolesvc.http.guard import guard
from consolesvc.identity.caller import CALLER, NOBODY_ASKED, Caller
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.base import Line, Receiver
from consolesvc.tokens.memory import MemoryTokenStore

Client = TestClient[web.Request, web.Application]

PROJECT = "0c5e1ab0000000000000000000000001"
IDS = tuple(f"{i:08x}-0000-4000-8000-00000000000{i}" for i in range(1, 4))
ADMIN = Caller("root", "ffffffffffffffffffffffffffffffff", frozenset({"admin"}))
MEMBER = Caller("ann", PROJECT, frozenset({"member"}))
READER = Caller("bob", PROJECT, frozenset({"reader"}))
STRANGER = Caller("eve", "ffffffffffffffffffffffffffffffff", frozenset({"member"}))
NO_ROLE = Caller("zoe", PROJECT, frozenset())
SERIAL = {"os-getSerialConsole": {"type": "serial"}}


class Absent:
    """Opens nothing: no call of the Compute API touches a line."""

    spec: LineSpec = EmulatedSpec("echo")
    local = True

    def __init__(self) -> None:
        self.due = asyncio.Event()

    async def open(self, receiver: Receiver) -> Line:
        raise LineUnavailable(f"nothing there for {receiver}")

    async def close(self) -> None:
        pass


def make_server(name: str, server_id: str, created: datetime | None = None) -> Server:
    config = ServerConfig(server_id, name, PROJECT, Absent.spec)
    console = Console(name, Absent(), ring=config.ring, replay=config.replay)
    return Server(config, console, created or datetime(2026, 11, 23, 18, 4, 5, tzinfo=UTC))


@dataclass(frozen=True)
class World:
    inventory: Inventory
    tokens: MemoryTokenStore
    app: web.Application


def calls_as(caller: Caller) -> Middleware:
    """Stands where the identity stands in the service: every request is this caller's."""

    @web.middleware
    async def called(request: web.Request, handler: Handler) -> web.StreamResponse:
        CALLER.set(caller)
        return await handler(request)

    return called


def make_world(
    names: tuple[str, ...] = ("fake1", "node3", "node4.lab"),
    max_size: int = 1 << 20,
    caller: Caller = NOBODY_ASKED,
) -> World:
    inventory = Inventory()
    for server_id, name in zip(IDS, names, strict=True):
        inventory.add(make_server(name, server_id))
    tokens = MemoryTokenStore(lambda: 0.0)
    app = web.Application(middlewares=[access, faults, guard(frozenset()), calls_as(caller)], client_max_size=max_size)
    setup(app, inventory=inventory, tokens=tokens, console_url=lambda _, token: f"ws://127.0.0.1:6083/?token={token}")
    return World(inventory, tokens, app)


@dataclass(frozen=True)
class Answer:
    """An answer whose body has been read."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def message(self) -> str:
        """A fault's message; every client takes it from the first value."""
        (content,) = self.body.values()
        assert content["code"] == self.status
        assert isinstance(content["message"], str)
        return content["message"]


async def ask(client: Client, method: str, path: str, **kwargs: Any) -> Answer:
    async with client.request(method, path, **kwargs) as response:
        body = await response.json(content_type=None) if method != "HEAD" else await response.read()
        return Answer(response.status, response.headers.copy(), body)


async def raw(server: TestServer, request: bytes) -> Answer:
    """Send bytes as they are, which no client would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("ascii").split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    return Answer(int(status.split()[1]), headers, json.loads(body))
