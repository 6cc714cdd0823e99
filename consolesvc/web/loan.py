"""`POST /console/v1/consoles/{id}/down` and `/up`: lends a port to another program, and takes it back (DESIGN 5.1)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from consolesvc.config.linespec import SerialSpec
from consolesvc.console.loan import Loan
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server
from consolesvc.log.index import timestamp
from consolesvc.web.calls import body_of, changeable, seconds_of, wrong

SECONDS = 600.0
"""For how long a port is lent that is asked for without a time."""
LONGEST = 30 * 24 * 3600
WHO = 100
"""Characters by which a borrower may be known."""


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the routes."""

    async def down(request: web.Request) -> web.Response:
        body = await body_of(request, ("seconds", "who"))
        # 0 switches the time off, as everywhere (DESIGN 5.2).
        seconds = seconds_of(body.get("seconds", SECONDS), "seconds", 0, LONGEST)
        who = body.get("who", "")
        if not isinstance(who, str) or len(who) > WHO or not who.isprintable():
            raise wrong("who", who, f"at most {WHO} printable characters")
        server = changeable(inventory, request)
        now = time.time()
        await server.console.lending.lend(Loan(CALLER.get().user_id, who, now, now + seconds if seconds else None))
        return web.json_response({"loan": loan_view(server)})

    async def up(request: web.Request) -> web.Response:
        await body_of(request, ())
        server = changeable(inventory, request)
        was_lent = server.console.lending.take_back()
        await asyncio.sleep(0)  # the line begins to open in a task of its own
        return web.json_response({"was_lent": was_lent, "line": {"state": server.console.reconnecting.state}})

    app.router.add_post("/console/v1/consoles/{id}/down", down)
    app.router.add_post("/console/v1/consoles/{id}/up", up)


def loan_view(server: Server) -> dict[str, Any] | None:
    """A server's loan as JSON; None where its port is not lent.

    Shape: `user` and `who` text; `since` and `until` ISO 8601 in UTC, `until` null where it has no end; `device` the
    path to open, null where there is none on this host.
    """
    loan = server.console.lending.loan
    if loan is None:
        return None
    spec, fake = server.config.line, server.fake
    device = spec.device if isinstance(spec, SerialSpec) else None
    return {
        "user": loan.user,
        "who": loan.who,
        "since": timestamp(loan.since),
        "until": None if loan.until is None else timestamp(loan.until),
        "device": device if fake is None else fake.path,
    }
