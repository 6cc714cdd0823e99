"""A receiver of webhooks: a real HTTP server that keeps what it is sent, and can be slow, busy or absent."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Delivery:
    """A request."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """What has come.

    Attributes:
        status: What is answered.
        refuses: Events to which 403 is answered.
        delay: Seconds before that.
        location: Whither a redirect points.
    """

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.elsewhere = 0
        self.status = 204
        self.refuses: set[str] = set()
        self.delay = 0.0
        self.url = ""
        self.port = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Take a delivery."""
        delivery = Delivery(dict(request.headers), await request.read())
        self.got.append(delivery)
        await asyncio.sleep(self.delay)
        status = 403 if delivery.event["event"] in self.refuses else self.status
        return web.Response(status=status, headers={"Location": f"{self.url}/elsewhere"})

    async def astray(self, _request: web.Request) -> web.Response:
        """Take what was not to come."""
        self.elsewhere += 1
        return web.Response()

    @property
    def names(self) -> list[str]:
        """The events that have come."""
        return [delivery.event["event"] for delivery in self.got]


@contextlib.asynccontextmanager
async def receiver(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a port, or on any."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    app.router.add_route("*", "/{path:.*}", made.astray)
    async with TestServer(app, port=port or None) as server:
        made.url, made.port = str(server.make_url("")).rstrip("/"), server.port or 0
        yield made
