"""Consoles of servers: the call that everything else is for (nova-contract 1.1)."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from consolesvc.compute.context import COMPUTE, reply
from consolesvc.compute.schema import Schema
from consolesvc.http.faults import Fault
from consolesvc.inventory import Server

GET_SERIAL_CONSOLE: Schema = {
    "type": "object",
    "properties": {
        "os-getSerialConsole": {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": ["serial"]}},
            "required": ["type"],
            "additionalProperties": False,
        },
    },
    "required": ["os-getSerialConsole"],
    "additionalProperties": False,
}

LEAVING = frozenset({"deleting", "migrating"})
"""Task states in which a console would not last."""


async def get_serial_console(request: web.Request, server: Server) -> web.Response:
    """`os-getSerialConsole`: a URL whose token is good for this server's console."""
    check_state(server)
    compute = request.app[COMPUTE]
    token = await compute.tokens.issue(server.id)
    return reply({"console": {"type": "serial", "url": compute.console_url(request, token)}})


def check_state(server: Server) -> None:
    """Raise Fault 409 for a server whose state allows no console (nova-contract 1.5; 6: where nova says 500)."""
    if server.vm_state == "building":
        raise Fault(HTTPStatus.CONFLICT, f"Instance {server.id} is not ready")
    if server.task_state in LEAVING:
        raise Fault(
            HTTPStatus.CONFLICT,
            f"Cannot 'get_serial_console' instance {server.id} while it is in task_state {server.task_state}",
        )
