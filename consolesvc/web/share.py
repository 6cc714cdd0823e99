"""`POST /console/v1/consoles/{id}/share`: a link by which anybody may look at a console for a while, and not type.

The link is a token like any other, but that it does not type, has a time of its own, and takes its sessions with it
when that is over: close 4001. Whoever sees the console may make one: they could show it by other means. DELETE ends all
links of a console now: close 4003.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from consolesvc.http.deeds import did
from consolesvc.http.urls import page_url
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory
from consolesvc.log.index import timestamp
from consolesvc.tokens.digests import token_id
from consolesvc.tokens.store import TokenStore
from consolesvc.web.calls import body_of, changeable, seconds_of, visible

TTL = 3600.0
"""Seconds for which a link is good that is asked for without a time."""
SHORTEST, LONGEST = 1, 30 * 24 * 3600


class Links(NamedTuple):
    """What makes links and ends them.

    Attributes:
        tokens: Issues their tokens.
        console_url: Gives the whole websocket URL for a request and a token.
        withdraw: Ends the links of the server with this id, and their sessions; how many links.
    """

    tokens: TokenStore
    console_url: Callable[[web.Request, str], str]
    withdraw: Callable[[str], Awaitable[int]]


def setup(app: web.Application, *, inventory: Inventory, links: Links) -> None:
    """Add the routes."""

    async def share(request: web.Request) -> web.Response:
        body = await body_of(request, ("ttl",))
        ttl = seconds_of(body.get("ttl", TTL), "ttl", SHORTEST, LONGEST)
        server = visible(inventory, request)
        caller = CALLER.get()
        token = await links.tokens.issue(
            server.id, user=caller.known_as, may_type=False, ttl=ttl, ends=True, minter=caller.minter
        )
        did(token=token_id(token))
        url = links.console_url(request, token)
        link = {"url": url, "page": page_url(url), "expires": timestamp(time.time() + ttl), "may_type": False}
        return web.json_response({"share": link})

    async def withdraw(request: web.Request) -> web.Response:
        return web.json_response({"withdrawn": await links.withdraw(changeable(inventory, request).id)})

    app.router.add_post("/console/v1/consoles/{id}/share", share)
    app.router.add_delete("/console/v1/consoles/{id}/share", withdraw)
