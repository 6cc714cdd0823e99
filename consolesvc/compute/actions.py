"""`POST /servers/{id}/action`: one table of actions, and the order in which a call is checked (nova-contract 1.5)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from aiohttp import web

from consolesvc.compute.consoles import LEGACY_CONSOLES, get_serial_console, get_unavailable_console
from consolesvc.compute.context import COMPUTE, VERSION, read_object, validate
from consolesvc.compute.microversion import MAXIMUM, Version
from consolesvc.compute.output import GET_CONSOLE_OUTPUT, get_console_output
from consolesvc.compute.policy import CONSOLE, OUTPUT, Rule, change, find_server
from consolesvc.compute.power import REBOOT, START, STOP, reboot, start, stop
from consolesvc.compute.schema import Schema, clipped
from consolesvc.http.deeds import did
from consolesvc.http.faults import MALFORMED_BODY, NOT_FOUND, Fault
from consolesvc.inventory import Server


class Action(NamedTuple):
    """One action.

    Attributes:
        schema: Of the whole body.
        run: Does it, for a server that exists; raises Fault where the server's state forbids it.
        rule: Who may do it.
        until: The last microversion that has it; above, it is 404.
    """

    schema: Schema
    run: Callable[[web.Request, Server], Awaitable[web.Response]]
    rule: Rule
    until: Version = MAXIMUM


_CONSOLES = Version(2, 5)
"""The last version with an action per kind of console; then comes `remote-consoles`."""

ACTIONS: Mapping[str, Action] = {
    "os-getSerialConsole": Action(LEGACY_CONSOLES["os-getSerialConsole"], get_serial_console, CONSOLE, _CONSOLES),
    **{
        name: Action(LEGACY_CONSOLES[name], get_unavailable_console, CONSOLE, _CONSOLES)
        for name in ("os-getVNCConsole", "os-getSPICEConsole")
    },
    "os-getConsoleOutput": Action(GET_CONSOLE_OUTPUT, get_console_output, OUTPUT),
    "reboot": Action(REBOOT, reboot, change("reboot")),
    "os-stop": Action(STOP, stop, change("stop")),
    "os-start": Action(START, start, change("start")),
}


POWER = frozenset({"reboot", "os-stop", "os-start"})
"""Those that change a machine's power."""

PLAIN = frozenset(
    json.dumps({"os-getSerialConsole": {"type": "serial"}}, separators=(",", space)).encode() for space in (":", ": ")
)
"""The body that scripts mint tokens with in loops, as JSON's writers write it: known to be valid, it is not read again,
which would take a quarter of the call's time."""


async def act(request: web.Request) -> web.Response:
    """Check the body, then the action, its schema, the caller's right, the server; only then do it.

    Content-Type and microversion were checked before, with every call.
    """
    if await request.read() in PLAIN:
        action = ACTIONS["os-getSerialConsole"]
        _check_version(action)
    else:
        action = _asked(await read_object(request))
    action.rule.check()
    server = find_server(request.app[COMPUTE].inventory, request.match_info["server_id"])
    return await action.run(request, server)


def _asked(body: dict[str, Any]) -> Action:
    """The action that a body asks for; raises Fault where it asks wrongly."""
    if len(body) != 1:
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    [name] = body
    action = ACTIONS.get(name)
    if name in POWER:
        did("power", action=name)
    if action is None:
        raise Fault(HTTPStatus.BAD_REQUEST, f"There is no such action: {clipped(name)}")
    _check_version(action)
    validate(body, action.schema)
    return action


def _check_version(action: Action) -> None:
    if VERSION.get() > action.until:
        raise Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)
