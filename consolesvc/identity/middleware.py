"""The middleware that says who is calling, before anything is done for them."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from consolesvc.http.deeds import asked_by
from consolesvc.http.faults import Fault
from consolesvc.http.forwarded import root_of
from consolesvc.identity.caller import ANONYMOUS, CALLER, Caller
from consolesvc.identity.seam import Headers, Identity

PROTECTED = ("/v2.1", "/v2", "/console/v1")
"""Whatever lies under these has a caller."""
_PROTECTED_FOLDERS = tuple(f"{prefix}/" for prefix in PROTECTED)
PUBLIC = frozenset({"/v2.1", "/v2.1/", "/v2", "/v2/"})
"""Version documents, which clients read before they have a token (nova-contract 1.7)."""


def identify(identity: Identity) -> Middleware:
    """Make the middleware, which stands after `guard`. It sets CALLER, or raises Fault 401 or 503."""

    @web.middleware
    async def identified(request: web.Request, handler: Handler) -> web.StreamResponse:
        mark = CALLER.set(ANONYMOUS)
        try:
            if is_protected(request):
                caller = await caller_of(identity, request, request.headers)
                CALLER.set(caller)
                asked_by(caller.user_id, caller.project_id)
            return await handler(request)
        finally:
            CALLER.reset(mark)

    return identified


def is_protected(request: web.Request) -> bool:
    """Whether a request needs a caller.

    The route that was found decides, not the path's text: there are many ways to write one path. Where there is no
    route, nothing is done for anybody; the text says whether Compute or Keystone would have asked first.
    """
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else request.path
    if path in PUBLIC and request.method in ("GET", "HEAD"):
        return False
    return path in PROTECTED or path.startswith(_PROTECTED_FOLDERS)


async def caller_of(identity: Identity, request: web.Request, headers: Headers) -> Caller:
    """Who sent a request with these headers; raises Fault, whose 401 says where tokens come from."""
    try:
        return await identity.caller(headers)
    except Fault as fault:
        if fault.status == web.HTTPUnauthorized.status_code:
            fault.headers["WWW-Authenticate"] = f'Keystone uri="{identity.auth_url(root_of(request))}"'
        raise
