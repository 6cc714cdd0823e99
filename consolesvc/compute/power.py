"""The actions `reboot`, `os-stop` and `os-start`: a machine's power switch, with the states that clients wait for.

A fake is at its task for TASK seconds, so that who polls can see it, and then the guest is really switched. A real
machine is at it for as long as its command runs (power/switch.py). One without a command for it answers 501, which
nova itself gives where a driver lacks an operation. Clients report it at once, where a 409 would have them, or the tool
above them, try again until they give up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from consolesvc.compute.context import COMPUTE, read_object
from consolesvc.compute.schema import Schema
from consolesvc.emulator.pty import FakeServer
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Server
from consolesvc.power.switch import Command, Switch, being_switched
from consolesvc.states import enter, follow_power

TASK = 0.2
"""Seconds that each step of a task takes."""

UNSUPPORTED = "The requested functionality is not supported."
"""Nova's sentence for what a driver cannot do (nova-contract 1.5)."""

SOFT = ("rebooting", "reboot_started")
HARD = ("rebooting_hard", "reboot_started_hard")
HARD_FROM = frozenset({"active", "stopped", "paused", "suspended", "error"})
"""Where a hard reboot helps; a soft one needs a system that runs."""
STOP_FROM = frozenset({"active", "error"})
START_FROM = frozenset({"stopped"})
REAL_START_FROM = START_FROM | {"error"}
"""A real machine that failed is tried again; nova asks for a reset of its state first, which is no call here."""


def _schema(action: str, content: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {action: content},
        "required": [action],
        "additionalProperties": False,
    }


REBOOT = _schema(
    "reboot",
    {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}},
        "required": ["type"],
        "additionalProperties": False,
    },
)
STOP = _schema("os-stop", {})
START = _schema("os-start", {})
"""`os-stop` and `os-start` are sent with null; nova looks at nothing in them."""


async def reboot(request: web.Request, server: Server) -> web.Response:
    """`reboot`, SOFT or HARD: 202, and the machine starts from cold."""
    switch = _switch(request, server, "reset")
    hard = (await read_object(request))["reboot"]["type"].upper() == "HARD"
    # A hard reboot gets a server out of a soft one that hangs.
    tasks = (None, *SOFT, *(() if switch else HARD)) if hard else (None,)
    _check(server, "reboot", HARD_FROM if hard else frozenset({"active"}), tasks)
    first, second = HARD if hard else SOFT
    vm_state = server.vm_state
    enter(server, vm_state, first)
    if switch is not None:
        switch.throw("reset", CALLER.get().user_id, task=second)
    else:
        _tell(server, "reset")
        _then(server, first, lambda: _cycle(server, vm_state, second))
    return web.Response(status=HTTPStatus.ACCEPTED)


async def stop(request: web.Request, server: Server) -> web.Response:
    """`os-stop`: 202, and the machine is switched off."""
    switch = _switch(request, server, "off")
    _check(server, "stop", STOP_FROM)
    enter(server, server.vm_state, "powering-off")
    if switch is not None:
        switch.throw("off", CALLER.get().user_id)
    else:
        _tell(server, "off")
        _then(server, "powering-off", lambda: _throw(server, FakeServer.power_off))
    return web.Response(status=HTTPStatus.ACCEPTED)


async def start(request: web.Request, server: Server) -> web.Response:
    """`os-start`: 202, and the machine starts from cold."""
    switch = _switch(request, server, "on")
    _check(server, "start", START_FROM if switch is None else REAL_START_FROM)
    enter(server, server.vm_state, "powering-on")
    if switch is not None:
        switch.throw("on", CALLER.get().user_id)
    else:
        _tell(server, "on")
        _then(server, "powering-on", lambda: _throw(server, FakeServer.power_on))
    return web.Response(status=HTTPStatus.ACCEPTED)


def _switch(request: web.Request, server: Server, command: Command) -> Switch | None:
    """The switch of a real machine, None for a fake; raises Fault 501 where there is no such command for it."""
    if server.fake is not None:
        return None
    switches = request.app[COMPUTE].switches
    switch = None if switches is None else switches.get(server)
    if switch is None:
        raise Fault(HTTPStatus.NOT_IMPLEMENTED, UNSUPPORTED)
    if not switch.can(command):
        why = f"the configuration of {server.name} has no power.{command}"
        raise Fault(HTTPStatus.NOT_IMPLEMENTED, f"{UNSUPPORTED.rstrip('.')}: {why}.")
    return switch


def _tell(server: Server, command: Command) -> None:
    """Tell a fake's viewers who switches it."""
    being_switched(server, command, CALLER.get().user_id)


def _check(server: Server, what: str, vm_states: frozenset[str], tasks: tuple[str | None, ...] = (None,)) -> None:
    """Raise Fault 409 with nova's sentence where the server's states do not allow this."""
    for attribute, value, allowed in (
        ("vm_state", server.vm_state, server.vm_state in vm_states),
        ("task_state", server.task_state, server.task_state in tasks),
    ):
        if not allowed:
            raise Fault(HTTPStatus.CONFLICT, f"Cannot '{what}' instance {server.id} while it is in {attribute} {value}")


def _then(server: Server, task: str, step: Callable[[], None]) -> None:
    """Take a step in TASK seconds, unless the server is at something else by then."""

    def due() -> None:
        if server.task_state == task:
            step()

    asyncio.get_running_loop().call_later(TASK, due)


def _cycle(server: Server, vm_state: str, task: str) -> None:
    enter(server, vm_state, task)
    _then(server, task, lambda: _throw(server, FakeServer.power_cycle))


def _throw(server: Server, switch: Callable[[FakeServer], None]) -> None:
    """Throw a fake's switch, and have the states follow the machine from now on, whatever they were told before."""
    follow_power(server)
    if server.fake is not None:
        switch(server.fake)
    on = server.fake is not None and server.fake.powered
    enter(server, "active" if on else "stopped")
