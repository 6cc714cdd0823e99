"""What the Compute API's calls have in common: their surroundings, and how they read and answer a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from consolesvc.compute.links import Links
from consolesvc.compute.microversion import LEGACY_HEADER, STANDARD_HEADER, Negotiated, negotiate
from consolesvc.config.model import Config, ServerConfig
from consolesvc.inventory import Inventory, Server
from consolesvc.tokens.store import TokenStore


class Lifecycle(Protocol):
    """Brings servers into being and to their end; the service."""

    @property
    def config(self) -> Config:
        """The configuration in force: what a new server falls back to, and how many there may be."""
        ...

    @property
    def made(self) -> Collection[str]:
        """The ids of the servers there are that `make` made."""
        ...

    def make(self, config: ServerConfig) -> Server:
        """Take in a server that no configuration knows; its id is fresh."""
        ...

    async def remove(self, server_id: str, reason: str) -> None:
        """End a server: its tokens, its sessions (with the reason) and its line."""
        ...


@dataclass(frozen=True, slots=True)
class Compute:
    """What the calls work on.

    Attributes:
        inventory: The servers.
        tokens: Issues console tokens.
        console_url: Gives the whole websocket URL for a request and a token; its base may depend on the request's Host.
        lifecycle: Makes and removes servers; None where they are as they are.
    """

    inventory: Inventory
    tokens: TokenStore
    console_url: Callable[[web.Request, str], str]
    lifecycle: Lifecycle | None = None


COMPUTE = web.AppKey("compute", Compute)


def negotiated(request: web.Request) -> Negotiated:
    """The version that a request asks for."""
    headers = request.headers
    return negotiate(headers.getall(STANDARD_HEADER, []), headers.getall(LEGACY_HEADER, []))


def links(request: web.Request) -> Links:
    """The links of a request's answer: from its Host header, which the guard has checked."""
    return Links(
        f"{request.scheme}://{request.headers.get('Host', request.host)}", request.match_info.get("tenant_id", "")
    )


def reply(body: dict[str, Any], status: int = HTTPStatus.OK) -> web.Response:
    """An answer of success, its Content-Type as nova writes it."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
