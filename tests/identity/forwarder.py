"""A small HTTP forwarder that counts, and that can be slow or answer in the place of the service behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

_KEPT = ("X-Auth-Token", "X-Subject-Token", "Content-Type")


class Forwarder:
    """Stands in front of a service.

    Attributes:
        counts: Requests by method.
        delay: Seconds before each is passed on.
        instead: What is answered in the place of the service: a status and a body; None to pass on.
    """

    def __init__(self, target: str, http: aiohttp.ClientSession) -> None:
        self.target = target
        self.http = http
        self.url = ""
        self.counts: Counter[str] = Counter()
        self.delay = 0.0
        self.instead: tuple[int, bytes] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Pass a request on."""
        self.counts[request.method] += 1
        await asyncio.sleep(self.delay)
        if self.instead is not None:
            status, body = self.instead
            return web.Response(status=status, body=body, headers={"Location": "/elsewhere"})
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        url = self.target + request.rel_url.raw_path_qs
        async with self.http.request(request.method, url, headers=headers, data=await request.read()) as answer:
            kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


@contextlib.asynccontextmanager
async def forwarder(target: str) -> AsyncIterator[Forwarder]:
    """A forwarder to the service at `target`, scheme and host, for as long as this lasts."""
    app = web.Application()
    async with aiohttp.ClientSession() as http:
        made = Forwarder(target, http)
        app.router.add_route("*", "/{path:.*}", made.handle)
        async with TestServer(app) as server:
            made.url = str(server.make_url("")).rstrip("/")
            yield made
