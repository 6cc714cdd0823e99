"""`POST /servers/{id}/action`: one table of actions, and the order in which a call is checked (nova-contract 1.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from consolesvc.compute.bodies import parse_object
from consolesvc.compute.consoles import GET_SERIAL_CONSOLE, get_serial_console
from consolesvc.compute.context import COMPUTE, negotiated
from consolesvc.compute.microversion import MAXIMUM, Version
from consolesvc.compute.power import REBOOT, START, STOP, reboot, start, stop
from consolesvc.compute.schema import Schema, check_body, clipped
from consolesvc.http.faults import MALFORMED_BODY, NOT_FOUND, Fault
from consolesvc.inventory import Server


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    Attributes:
        schema: Of the whole body.
        run: Does it, for a server that exists; raises Fault where the server's state forbids it.
        until: The last microversion that has it; above, it is 404.
    """

    schema: Schema
    run: Callable[[web.Request, Server], Awaitable[web.Response]]
    until: Version = MAXIMUM


ACTIONS: Mapping[str, Action] = {
    "os-getSerialConsole": Action(GET_SERIAL_CONSOLE, get_serial_console, until=Version(2, 5)),
    "reboot": Action(REBOOT, reboot),
    "os-stop": Action(STOP, stop),
    "os-start": Action(START, start),
}


async def act(request: web.Request) -> web.Response:
    """Check the body, then the action, then its schema, then the server; only then do it.

    Content-Type and microversion were checked before, with every call.
    """
    try:
        body = parse_object(await request.read())
    except ValueError:
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY) from None
    if len(body) != 1:
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    [name] = body
    action = ACTIONS.get(name)
    if action is None:
        raise Fault(HTTPStatus.BAD_REQUEST, f"There is no such action: {clipped(name)}")
    version = negotiated(request).version
    if version is None or version > action.until:
        raise Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)
    try:
        check_body(body, action.schema)
    except ValueError as error:
        raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
    server = request.app[COMPUTE].inventory.get(request.match_info["server_id"])
    return await action.run(request, server)
