"""`POST /console/v1/consoles/{id}/share`: a link by which anybody may look at a console for a while, and not type.

The link is a token like any other, but that it does not type, has a time of its own, and takes its sessions with it
when that is over: close 4001. Whoever sees the console may make one: they could show it by other means.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from consolesvc.http.urls import page_url
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory
from consolesvc.log.index import timestamp
from consolesvc.tokens.store import TokenStore
from consolesvc.web.calls import body_of, seconds_of, visible

TTL = 3600.0
"""Seconds for which a link is good that is asked for without a time."""
SHORTEST, LONGEST = 1, 30 * 24 * 3600


def setup(
    app: web.Application, *, inventory: Inventory, tokens: TokenStore, console_url: Callable[[web.Request, str], str]
) -> None:
    """Add the route.

    Args:
        app: The application on the API's port.
        inventory: The consoles.
        tokens: Issues the link's token.
        console_url: Gives the whole websocket URL for a request and a token.
    """

    async def share(request: web.Request) -> web.Response:
        body = await body_of(request, ("ttl",))
        ttl = seconds_of(body.get("ttl", TTL), "ttl", SHORTEST, LONGEST)
        server = visible(inventory, request)
        token = await tokens.issue(server.id, user=CALLER.get().known_as, may_type=False, ttl=ttl, ends=True)
        url = console_url(request, token)
        link = {"url": url, "page": page_url(url), "expires": timestamp(time.time() + ttl), "may_type": False}
        return web.json_response({"share": link})

    app.router.add_post("/console/v1/consoles/{id}/share", share)
