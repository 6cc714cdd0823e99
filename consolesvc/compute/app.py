"""The Compute API as a part of an aiohttp application: its routes, and what holds for every call."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.compute import actions, creation, servers, versions
from consolesvc.compute.context import COMPUTE, Compute, Lifecycle, negotiated
from consolesvc.http.faults import Fault, faults
from consolesvc.inventory import Inventory
from consolesvc.tokens.store import TokenStore

CONTENT_TYPES = frozenset({"application/json", "application/vnd.openstack.compute+json", "text/plain"})
"""What a body may be called; whatever it is called, it is JSON. No Content-Type at all is fine as well."""

PREFIXES = ("", "/{tenant_id:[0-9a-f-]+}")
"""Each call is there with and without a project. Any project's id will do (DESIGN 5.3), in nova's own alphabet."""

SERVER = "{server_id:[^/]+}"


def setup(
    app: web.Application,
    *,
    inventory: Inventory,
    tokens: TokenStore,
    console_url: Callable[[web.Request, str], str],
    lifecycle: Lifecycle | None = None,
) -> None:
    """Add the Compute API to an application, which brings the middlewares `access`, `faults` and `guard`.

    Args:
        app: Gets `/` and everything under `/v2.1`.
        inventory: The servers shown.
        tokens: Issues console tokens.
        console_url: Gives the whole websocket URL for a request and a token.
        lifecycle: Makes and removes servers; without it, none can be.
    """
    app.router.add_get("/", versions.show_all)
    api = web.Application(middlewares=[microversions])
    api[COMPUTE] = Compute(inventory, tokens, console_url, lifecycle)
    for prefix in PREFIXES:
        api.router.add_get(prefix, versions.show)
        api.router.add_get(f"{prefix}/", versions.show)
        api.router.add_get(f"{prefix}/servers", servers.show_list)
        api.router.add_post(f"{prefix}/servers", creation.create)
        api.router.add_get(f"{prefix}/servers/detail", servers.show_details)
        api.router.add_get(f"{prefix}/servers/{SERVER}", servers.show)
        api.router.add_delete(f"{prefix}/servers/{SERVER}", creation.delete)
        api.router.add_post(f"{prefix}/servers/{SERVER}/action", actions.act)
    app.add_subapp("/v2.1", api)


@web.middleware
async def microversions(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check what comes before every call, in nova's order, and name the version in every answer, faults too.

    Route, Content-Type, microversion (nova-contract 1.5, 1.6).
    """
    found = negotiated(request)

    async def checked(request: web.Request) -> web.StreamResponse:
        if request.match_info.http_exception is None:
            _check_content_type(request)
            if found.refusal:
                raise Fault(found.status, found.refusal)
        return await handler(request)

    # Faults become answers here and not further out, where the version would be forgotten.
    response = await faults(request, checked)
    response.headers.update(found.headers)
    return response


def _check_content_type(request: web.Request) -> None:
    # What clients call nothing does not matter: a GET's, a DELETE's.
    has_body = request.method not in ("GET", "HEAD") and (request.method != "DELETE" or request.body_exists)
    named = request.headers.get("Content-Type", "").strip()
    if has_body and named and request.content_type not in CONTENT_TYPES:
        raise Fault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Content-Type")
