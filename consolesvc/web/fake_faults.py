"""`POST /console/v1/consoles/{id}/fault`: has a fake server suffer, for those who test a client (issue 4).

    {"fault": "unplug" | "hang" | "flood" | "garble" | "silence", "seconds": 5, "seed": 0}
    {"fault": "panic", "seconds": 10}

One at a time, and it ends by itself; DELETE ends it now. A panic is the guest's own matter once it is provoked: the
machine reboots `seconds` later.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.emulator.faults import FAULTS
from consolesvc.emulator.pty import FakeServer
from consolesvc.http.faults import Fault
from consolesvc.inventory import Inventory, Server
from consolesvc.web.calls import body_of, changeable, seconds_of, wrong

PANIC = "panic"
SECONDS, PANIC_SECONDS = 5.0, 10.0
"""For how long, where it is not said."""
SHORTEST, LONGEST = 0.05, 3600.0
LARGEST_SEED = 2**63 - 1


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the routes."""

    async def begin(request: web.Request) -> web.Response:
        body = await body_of(request, ("fault", "seconds", "seed"))
        name, seed = body.get("fault"), body.get("seed", 0)
        if name not in (*FAULTS, PANIC):
            raise wrong("fault", name, f"one of {', '.join((*FAULTS, PANIC))}")
        seconds = body.get("seconds", PANIC_SECONDS if name == PANIC else SECONDS)
        seconds = seconds_of(seconds, "seconds", SHORTEST, LONGEST)
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
            raise wrong("seed", seed, f"a whole number from 0 to {LARGEST_SEED}")
        fake = _fake(changeable(inventory, request))
        try:
            if name == PANIC:
                fake.panic(seconds)
            else:
                fake.suffer(name, seconds, seed)
        except RuntimeError as error:
            raise Fault(HTTPStatus.CONFLICT, f"{fake.name}: {error}") from None
        return web.json_response({"fault": {"fault": name, "seconds": seconds}})

    async def end(request: web.Request) -> web.Response:
        fake = _fake(changeable(inventory, request))
        fake.recover()
        return web.json_response({"fault": None})

    app.router.add_post("/console/v1/consoles/{id}/fault", begin)
    app.router.add_delete("/console/v1/consoles/{id}/fault", end)


def fault_view(server: Server) -> dict[str, Any] | None:
    """What a fake suffers, as JSON: `fault`, and `seconds` that are left; None for nothing, and on a real line."""
    suffers = None if server.fake is None else server.fake.suffers
    if suffers is None:
        return None
    return {"fault": suffers.name, "seconds": round(max(0.0, suffers.ends - asyncio.get_running_loop().time()), 3)}


def _fake(server: Server) -> FakeServer:
    if server.fake is None:
        raise Fault(HTTPStatus.CONFLICT, f"{server.name} is a real machine: only a fake can be told to suffer a fault.")
    return server.fake
