"""`GET /metrics`: on a port of its own where the configuration names one, else on the API's (`metrics:`)."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from consolesvc.config.access import IdentityNone
from consolesvc.config.model import Config
from consolesvc.config.operators import AUTO
from consolesvc.http.deeds import asked_by
from consolesvc.http.faults import NOT_FOUND, Fault
from consolesvc.http.forwarded import is_of_this_host
from consolesvc.identity.caller import Caller
from consolesvc.identity.middleware import caller_of
from consolesvc.identity.seam import TOKEN_HEADER, Headers, Identity
from consolesvc.inventory import Server
from consolesvc.metrics.scrape import EVERYTHING, Scrape
from consolesvc.metrics.text import CONTENT_TYPE

PATH = "/metrics"
BEARER = "bearer "

Asks = Callable[[web.Request], bool | None]


def setup(app: web.Application, scrape: Scrape) -> None:
    """Add the route on the port that is for metrics alone: whoever reaches it sees everything."""

    async def metrics(_request: web.Request) -> web.Response:
        return await _answer(scrape, EVERYTHING, lambda _: True)

    app.router.add_get(PATH, metrics)


def setup_beside(app: web.Application, scrape: Scrape, identity: Identity, asks: Asks) -> None:
    """Add the route on the API's port.

    Args:
        app: The application there.
        scrape: What is shown.
        identity: Says who calls.
        asks: Whether it is asked, of a request: then a caller sees the consoles that they see elsewhere. None: nothing
            is here, for metrics have a port of their own.
    """

    async def metrics(request: web.Request) -> web.Response:
        asked = asks(request)
        if asked is None:
            raise Fault(404, NOT_FOUND)
        if not asked:
            return await _answer(scrape, EVERYTHING, lambda _: True)
        caller = await caller_of(identity, request, _with_token(request.headers))
        asked_by(caller.user_id, caller.project_id)
        if not caller.may_read:
            raise Fault(403, "A caller without a role sees no metrics.")
        who = EVERYTHING if caller.is_admin else caller.project_id
        return await _answer(scrape, who, _seen_by(caller))

    app.router.add_get(PATH, metrics)


def needs_token(request: web.Request, config: Config) -> bool:
    """Whether who reads has to say who they are: the names of consoles and projects are not everybody's business."""
    if config.metrics.identity != AUTO:
        return config.metrics.identity
    return not isinstance(config.identity, IdentityNone) and not is_of_this_host(request)


def _seen_by(caller: Caller) -> Callable[[Server], bool]:
    return lambda server: caller.sees(server.project_id)


def _with_token(headers: Headers) -> Headers:
    """The headers, with a bearer token in OpenStack's place: Prometheus knows no other way to send one."""
    authorization = headers.get("Authorization", "")
    if TOKEN_HEADER in headers or not authorization.lower().startswith(BEARER):
        return headers
    return {**headers, TOKEN_HEADER: authorization[len(BEARER) :].strip()}


async def _answer(scrape: Scrape, who: str, sees: Callable[[Server], bool]) -> web.Response:
    headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    return web.Response(body=await scrape.text(who, sees), headers=headers)
