"""The terminal in the browser: its page at `/` where the proxy is, and the one call it makes beside its websocket.

The page is the same for everybody and redeems nothing: the token in its address is for its own script (DESIGN 5.3).
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict

from consolesvc.errors import TokenRefused
from consolesvc.http.deeds import about, asked_by, did
from consolesvc.http.faults import Fault
from consolesvc.http.forwarded import host_asked
from consolesvc.inventory import Inventory, Server
from consolesvc.tokens.store import Grant, ResumeStore, TokenStore
from consolesvc.web import output, pages

SECRETS = ("resume", "token")
"""What says which console is meant: either is enough, in the query or in the headers below."""
HEADERS = {"resume": "Console-Resume", "token": "Console-Token"}
"""Better than the query: that stays in a browser's history and in the logs of what stands in between."""
PARAMETERS = tuple(name for name in output.PARAMETERS if name != "follow")
"""What the call takes: who wants to follow has the websocket, which is counted and limited."""


class Doors(NamedTuple):
    """What lets people read.

    Attributes:
        tokens: Looks tokens up, and leaves them as good as they were.
        resumes: Likewise for resume secrets.
        check: Raises TokenRefused where the right to one has been lost.
    """

    tokens: TokenStore
    resumes: ResumeStore
    check: Callable[[Grant], None]


def setup(app: web.Application, path: str, *, inventory: Inventory, doors: Doors) -> None:
    """Add the pages' files, and `GET output`: output by offset, for who has a session or a good token.

    Args:
        app: The application of either port.
        path: What they are below, with a slash at its end: FILES_PATH, or what is left of it within `app`.
        inventory: The consoles.
        doors: What lets people read them.
    """

    async def read(request: web.Request) -> web.StreamResponse:
        server, attached = await _server(request, inventory, doors)
        query = MultiDict((name, value) for name, value in request.query.items() if name not in SECRETS)
        response = await output.answer(request, server.console, query, PARAMETERS)
        if attached is not None:
            response.headers["Console-Attached"] = "1" if attached else "0"
        return response

    app.router.add_get(f"{path}output", read)
    pages.setup(app, path)


async def _server(request: web.Request, inventory: Inventory, doors: Doors) -> tuple[Server, bool | None]:
    """Whose output is wanted, and whether its session lives, which only a resume secret tells; raises Fault 401."""
    resume, token = (request.headers.get(HEADERS[name]) or request.query.get(name) for name in SECRETS)
    if not resume and not token:
        raise Fault(HTTPStatus.UNAUTHORIZED, "token missing")
    if resume:
        try:
            grant, attached = await doors.resumes.look_up(resume)
            doors.check(grant)
        except TokenRefused as refused:
            raise Fault(HTTPStatus.UNAUTHORIZED, f"resume secret {refused.why}") from None
        return _granted(inventory, grant), attached
    grant = await doors.tokens.look_up(token or "")
    doors.check(grant)
    return _granted(inventory, grant), None


def _granted(inventory: Inventory, grant: Grant) -> Server:
    """The server of a grant; who reads it is who minted the token, as far as anybody knows."""
    asked_by(grant.user)
    did(token=grant.token_id)
    return about(inventory.get(grant.server_id))


@web.middleware
async def at_root(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer `GET /` with a token or a resume secret with the page; innermost, where Host and Origin are checked."""
    return page(request) if is_wanted(request) else await handler(request)


def is_wanted(request: web.Request) -> bool:
    """Whether a request is for the page. `//`, which leads elsewhere in a browser, is not (nova-contract 3.4)."""
    at = request.method in ("GET", "HEAD") and request.raw_path.partition("?")[0] == "/"
    return at and any(name in request.query for name in SECRETS)


def page(request: web.Request) -> web.Response:
    """The terminal's page, or the one that says that this installation has none."""
    values = {"root": pages.FILES_PATH.removeprefix("/")}
    if not pages.has_terminal():
        return pages.html("unbuilt.html", values, HTTPStatus.NOT_IMPLEMENTED)
    mark = pages.nonce()
    # It has been seen that this is a host and a port, and nothing else. `self` has not always meant websockets.
    host = host_asked(request)
    return pages.html(
        "terminal.html",
        {**values, "nonce": mark},
        connect_src=f"'self' ws://{host} wss://{host}",
        # The terminal makes style sheets of its own, and colours by style attributes; we have neither.
        style_src=f"'self' 'nonce-{mark}'",
        style_src_attr="'unsafe-inline'",
    )
