"""`GET /console/v1/consoles/{id}/sessions`, `POST …/sessions/{session}/kick`: who is there, and whom to send away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.console.events import printable
from consolesvc.console.viewer import Viewer
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server
from consolesvc.log.index import timestamp
from consolesvc.web.calls import SHOWN, body_of, changeable, visible, wrong

log = logging.getLogger(__name__)

REASON = 80
"""Characters of a reason: with who kicks, what a close frame has room for."""


Kick = Callable[[Viewer, str], Awaitable[bool]]
"""Sends a viewer away, with a reason, and keeps it away; whether its token has ended, too."""


def setup(app: web.Application, *, inventory: Inventory, send_away: Kick) -> None:
    """Add the routes."""

    async def sessions(request: web.Request) -> web.Response:
        server = visible(inventory, request)
        return web.json_response({"sessions": [session_view(viewer) for viewer in _viewers(server)]})

    async def kick(request: web.Request) -> web.Response:
        body = await body_of(request, ("reason",))
        reason = body.get("reason", "")
        if not isinstance(reason, str) or len(reason) > REASON or not reason.isprintable():
            raise wrong("reason", reason, f"at most {REASON} printable characters")
        server = changeable(inventory, request)
        viewer = _find(server, request.match_info["session"])
        view, by = session_view(viewer), CALLER.get().known_as
        server.console.note("kick", session=viewer.id, by=by, reason=reason)
        log.info("%s: session %s kicked by %s", server.name, viewer.id, printable(by))
        ended = await send_away(viewer, f"kicked by {by}: {reason}" if reason else f"kicked by {by}")
        return web.json_response({"kicked": view, "token_ended": ended})

    app.router.add_get("/console/v1/consoles/{id}/sessions", sessions)
    app.router.add_post("/console/v1/consoles/{id}/sessions/{session}/kick", kick)


def session_view(viewer: Viewer) -> dict[str, Any]:
    """One session as JSON.

    Shape: `id`, `who`, `user` and `protocol` text; `since` ISO 8601 in UTC; `may_type`, by its token, and `holds`, the
    input; bytes `received`, `lost` (it was told which) and `behind` the end of the output.
    """
    console = viewer.console
    return {
        "id": viewer.id,
        "who": viewer.who,
        "user": viewer.user,
        "since": timestamp(viewer.since),
        "may_type": viewer.may_type,
        "holds": console.keyboard.sharing.holder == viewer.id,
        "protocol": viewer.protocol,
        "received": viewer.received,
        "lost": viewer.lost,
        "behind": console.ring.end - viewer.offset,
    }


def _viewers(server: Server) -> list[Viewer]:
    return sorted(server.console.viewers, key=lambda viewer: viewer.since)


def _find(server: Server, session: str) -> Viewer:
    """The viewer of a session; raises Fault 404."""
    viewers = _viewers(server)
    for viewer in viewers:
        if viewer.id == session:
            return viewer
    there = ", ".join(viewer.id for viewer in viewers[:10]) or "none"
    raise Fault(HTTPStatus.NOT_FOUND, f"{server.name} has no session {session[:SHOWN]!r}; there are: {there}")
