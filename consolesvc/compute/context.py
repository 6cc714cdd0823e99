"""What the Compute API's calls have in common: their surroundings, and how they read and answer a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from aiohttp import web

from consolesvc.compute.bodies import parse_object
from consolesvc.compute.links import Links
from consolesvc.compute.microversion import MINIMUM, Version
from consolesvc.compute.schema import Schema, check_body
from consolesvc.config.model import Config
from consolesvc.config.server import ServerConfig
from consolesvc.http.faults import MALFORMED_BODY, NOT_FOUND, Fault
from consolesvc.http.forwarded import root_of
from consolesvc.inventory import Inventory, Server
from consolesvc.power.switches import Switches
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


class Compute(NamedTuple):
    """What the calls work on.

    Attributes:
        inventory: The servers.
        tokens: Issues console tokens.
        console_url: Gives the whole websocket URL for a request and a token; its base may depend on the request's Host.
        lifecycle: Makes and removes servers; None where they are as they are.
        switches: The power switches of real machines; None where they have none.
    """

    inventory: Inventory
    tokens: TokenStore
    console_url: Callable[[web.Request, str], str]
    lifecycle: Lifecycle | None = None
    switches: Switches | None = None


COMPUTE = web.AppKey("compute", Compute)
API: ContextVar[str] = ContextVar("api", default="v2.1")
"""The path of the API that the request being answered came by: `v2.1`, or `v2`, which is patient with unknown keys."""
VERSION: ContextVar[Version] = ContextVar("version", default=MINIMUM)
"""The microversion of the request being answered, set by the middleware that has accepted it."""


def require(since: Version) -> None:
    """Raise Fault 404 where the request's microversion is older than the call, as nova has it."""
    if VERSION.get() < since:
        raise Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)


def links(request: web.Request) -> Links:
    """The links of a request's answer: from its Host header, which the guard has checked, or a proxy's headers."""
    return Links(root_of(request), request.match_info.get("tenant_id", ""), API.get())


async def read_object(request: web.Request) -> dict[str, Any]:
    """A request's body, a JSON object; raises Fault 400 for any other."""
    try:
        return parse_object(await request.read())
    except ValueError:
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY) from None


def is_legacy() -> bool:
    """Whether the request being answered came by the legacy API."""
    return API.get() == "v2"


def validate(body: dict[str, Any], schema: Schema) -> None:
    """Hold a body against its schema; raises Fault 400 with nova's sentence."""
    try:
        check_body(body, schema, strangers=is_legacy())
    except ValueError as error:
        raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None


def reply(body: dict[str, Any], status: int = HTTPStatus.OK) -> web.Response:
    """An answer of success, its Content-Type as nova writes it."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
