"""The Compute API as a part of an aiohttp application: its routes, and what holds for every call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.compute import actions, consoles, creation, servers, versions
from consolesvc.compute.context import API, COMPUTE, VERSION, Compute, Lifecycle
from consolesvc.compute.microversion import LEGACY_HEADER, MINIMUM, STANDARD_HEADER, UNASKED, Negotiated, negotiate
from consolesvc.compute.policy import check_project
from consolesvc.http.faults import NOT_FOUND, Fault, answer_to
from consolesvc.inventory import Inventory
from consolesvc.power.switches import Switches
from consolesvc.tokens.store import TokenStore

CONTENT_TYPES = frozenset({"application/json", "application/vnd.openstack.compute+json", "text/plain"})
"""What a body may be called; whatever it is called, it is JSON. No Content-Type at all is fine as well."""

PREFIXES = ("", "/{tenant_id:[0-9a-f-]+}")
"""Each call is there with and without a project, in nova's own alphabet."""

SERVER = "{server_id:[^/]+}"

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", f"/servers/{SERVER}/action", actions.act),
    ("GET", "", versions.show),
    ("GET", "/", versions.show),
    ("GET", "/servers", servers.show_list),
    ("POST", "/servers", creation.create),
    ("GET", "/servers/detail", servers.show_details),
    ("GET", f"/servers/{SERVER}", servers.show),
    ("DELETE", f"/servers/{SERVER}", creation.delete),
    ("POST", f"/servers/{SERVER}/remote-consoles", consoles.create_remote_console),
    ("GET", "/os-console-auth-tokens/{token}", consoles.show_token),
)
"""The calls; the one that scripts make in loops comes first, for routes are tried in order."""


def setup(
    app: web.Application,
    *,
    inventory: Inventory,
    tokens: TokenStore,
    console_url: Callable[[web.Request, str], str],
    lifecycle: Lifecycle | None = None,
    switches: Switches | None = None,
) -> None:
    """Add the Compute API to an application, which brings the middlewares `access`, `faults` and `guard`.

    It is no aiohttp application of its own: that would look each route up twice and put three more coroutines around
    each call, and a token is to be minted at half the speed of a bare handler.

    Args:
        app: Gets `/` and everything under `/v2.1`, and under `/v2`, the legacy API.
        inventory: The servers shown.
        tokens: Issues console tokens.
        console_url: Gives the whole websocket URL for a request and a token.
        lifecycle: Makes and removes servers; without it, none can be.
        switches: The power switches of real machines; without them, none can be switched.
    """
    app[COMPUTE] = Compute(inventory, tokens, console_url, lifecycle, switches)
    app.router.add_get("/", versions.show_all)
    for path, serve in (("v2.1", current), ("v2", legacy)):
        for prefix in PREFIXES:
            for method, route, handler in ROUTES:
                # HEAD goes with GET, as in nova.
                add = app.router.add_get if method == "GET" else partial(app.router.add_route, method)
                add(f"/{path}{prefix}{route}", serve(handler))
        app.router.add_route("*", f"/{path}/{{rest:.*}}", serve(no_call))


def current(handler: Handler) -> Handler:
    """A call of the API with microversions: its answer names the version, faults too (nova-contract 1.6)."""

    async def called(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        found = negotiate(headers.getall(STANDARD_HEADER, ()), headers.getall(LEGACY_HEADER, ()))
        VERSION.set(found.version or MINIMUM)
        API.set("v2.1")
        try:
            if handler is not no_call:
                check(request, found)
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - a fault is an answer, and names the version too
            response = answer_to(request, error)
        response.headers.update(found.headers)
        return response

    return called


def legacy(handler: Handler) -> Handler:
    """A call of the legacy API, which knows no microversions (nova-contract 1.6)."""

    async def called(request: web.Request) -> web.StreamResponse:
        VERSION.set(MINIMUM)
        API.set("v2")
        if handler is not no_call:
            check(request, UNASKED)
        return await handler(request)

    return called


async def no_call(_request: web.Request) -> web.StreamResponse:
    """What is at every path where nothing is: 404, before anything is looked at."""
    raise Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)


def check(request: web.Request, found: Negotiated) -> None:
    """Check what comes before every call, in nova's order (nova-contract 1.5); raises Fault.

    Content-Type, microversion, the path's project.
    """
    _check_content_type(request)
    if found.refusal:
        raise Fault(found.status, found.refusal)
    _check_project(request)


def _check_project(request: web.Request) -> None:
    project_id = request.match_info.get("tenant_id")
    if project_id is not None:
        check_project(project_id)


def _check_content_type(request: web.Request) -> None:
    named = request.headers.get("Content-Type", "").strip()
    if not named or named in CONTENT_TYPES or request.content_type in CONTENT_TYPES:
        return
    # What clients call nothing does not matter: a GET's, a DELETE's.
    if request.method not in ("GET", "HEAD") and (request.method != "DELETE" or request.body_exists):
        raise Fault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Content-Type")
