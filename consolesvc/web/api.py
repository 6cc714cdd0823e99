"""The native API: JSON under /console/v1/, and /healthcheck (DESIGN 5.3).

A caller sees the consoles of servers that Compute shows them, and no others; `identity` has said who it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server


def setup(app: web.Application, *, inventory: Inventory, trouble: Callable[[], str | None]) -> None:
    """Add the routes.

    Args:
        app: The application on the API's port.
        inventory: The consoles.
        trouble: Why the last reload of the configuration was refused; None where it was not.
    """

    async def consoles(_request: web.Request) -> web.Response:
        caller = CALLER.get()
        views = [console_view(server) for server in inventory if caller.sees(server.project_id)]
        # Files and keys of this host are its operators' business.
        return web.json_response({"consoles": views, "configuration_error": trouble() if caller.is_admin else None})

    async def console(request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        caller = CALLER.get()
        server = inventory.find(wanted, lambda each: caller.sees(each.project_id))
        return web.json_response({"console": console_view(server)})

    async def healthcheck(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app.router.add_get("/console/v1/consoles", consoles)
    app.router.add_get("/console/v1/consoles/{id}", console)
    app.router.add_get("/healthcheck", healthcheck)


def console_view(server: Server) -> dict[str, Any]:
    """One console as JSON.

    Shape: `id`, `name`, `project_id` text; `line` {`type`, `target`, `state`, `why`}; `stream` a uuid; `start` and
    `end` offsets; `silent` seconds since the last byte, null before the first; `viewers` and `refused` numbers.
    """
    console, spec = server.console, server.config.line
    now = asyncio.get_running_loop().time()
    return {
        "id": server.id,
        "name": server.name,
        "project_id": server.project_id,
        "line": {
            "type": spec.kind,
            "target": str(spec),
            "state": console.reconnecting.state,
            "why": console.reconnecting.why,
        },
        "stream": console.stream,
        "start": console.ring.start,
        "end": console.ring.end,
        "silent": None if console.last_output is None else round(now - console.last_output, 3),
        "viewers": len(console.viewers),
        "refused": console.refused,
    }
