"""The middleware that refuses foreign Hosts and cross-site writes (DESIGN 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from consolesvc.http.faults import Fault
from consolesvc.http.forwarded import host_asked
from consolesvc.http.hosts import refusal


def guard(known: Collection[str], *, passes: Callable[[web.Request], bool] = lambda _: False) -> Middleware:
    """Make the middleware; it raises Fault 400 or 403.

    Args:
        known: What `hosts.known_hosts` gave. Looked at anew for each request: a set may change with a reload.
        passes: Picks requests that apply the rules themselves: the websocket, which refuses a browser with a close
            frame because the browser hides an HTTP answer from its page.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = request.headers
        refused = None
        if not passes(request):
            refused = refusal(
                request.method,
                headers.getall("Host", []),
                headers.getall("Origin", []),
                headers.get("Sec-Fetch-Site"),
                known,
                host_asked(request),
            )
        if refused is not None:
            raise Fault(refused.status, refused.message)
        return await handler(request)

    return guarded
