"""What the Compute API's calls have in common: their surroundings, and how they read and answer a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from consolesvc.compute.links import Links
from consolesvc.compute.microversion import LEGACY_HEADER, STANDARD_HEADER, Negotiated, negotiate
from consolesvc.inventory import Inventory
from consolesvc.tokens.store import TokenStore


@dataclass(frozen=True, slots=True)
class Compute:
    """What the calls work on.

    Attributes:
        inventory: The servers.
        tokens: Issues console tokens.
        console_url: Gives the whole websocket URL for a request and a token; its base may depend on the request's Host.
    """

    inventory: Inventory
    tokens: TokenStore
    console_url: Callable[[web.Request, str], str]


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


def reply(body: dict[str, Any]) -> web.Response:
    """A 200 answer, its Content-Type as nova writes it."""
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
