"""The proxy's port: websockets on any path, with nothing in their way, and the pages beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from consolesvc.http.access import access
from consolesvc.http.faults import faults
from consolesvc.http.guard import guard
from consolesvc.proxy.face import Proxy
from consolesvc.proxy.gate import is_upgrade

PAGES = "/console/t"
"""Below this, other than websockets, is what the pages are made of."""


def divert(proxy: Proxy) -> Middleware:
    """Make the middleware that sends every websocket to the proxy, whatever its path (DESIGN 5.2)."""

    @web.middleware
    async def diverted(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_upgrade(request):
            return await faults(request, proxy.handle)
        return await handler(request)

    return diverted


def proxy_app(
    proxy: Proxy,
    known_hosts: Collection[str],
    *,
    witness: Middleware,
    page: Middleware,
    files: Callable[[web.Application, str], None],
) -> web.Application:
    """The application on a port of the proxy's own.

    Middlewares are for what is no websocket alone: each would be one more task's step in every attach.

    Args:
        proxy: Answers websockets, and what is neither that nor a page.
        known_hosts: The names this service answers to.
        witness: Sees what comes of each call beside websockets.
        page: Answers at `/` what is for the terminal's page.
        files: Adds the pages' files and calls to an application, below a path.
    """
    guarded = guard(known_hosts)
    beside = web.Application(middlewares=[divert(proxy), access, witness, faults, guarded])
    files(beside, "/")
    plain: Handler = proxy.handle
    for middleware in (page, guarded, faults, access):
        plain = partial(middleware, handler=plain)

    async def any_path(request: web.Request) -> web.StreamResponse:
        return await (faults(request, proxy.handle) if is_upgrade(request) else plain(request))

    app = web.Application()
    app.add_subapp(PAGES, beside)
    app.router.add_route("*", "/{path:.*}", any_path)
    return app
