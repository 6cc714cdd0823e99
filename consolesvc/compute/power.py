"""The actions `reboot`, `os-stop` and `os-start`: a fake's power switch, with the states that clients wait for.

A server is at its task for TASK seconds, so that who polls can see it, and then the guest is really switched. A real
line has no switch here: it answers 501, which nova itself gives where a driver lacks an operation. Clients report it at
once, where a 409 would have them, or the tool above them, try again until they give up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from consolesvc.compute.context import read_object
from consolesvc.compute.schema import Schema
from consolesvc.emulator.pty import FakeServer
from consolesvc.http.faults import Fault
from consolesvc.inventory import Server
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
    """`reboot`, SOFT or HARD: 202, and the guest starts from cold."""
    fake = _fake(server)
    hard = (await read_object(request))["reboot"]["type"].upper() == "HARD"
    # A hard reboot gets a server out of a soft one that hangs.
    tasks = (None, *SOFT, *HARD) if hard else (None,)
    _check(server, "reboot", HARD_FROM if hard else frozenset({"active"}), tasks)
    first, second = HARD if hard else SOFT
    vm_state = server.vm_state
    enter(server, vm_state, first)
    _then(server, first, lambda: _cycle(server, fake, vm_state, second))
    return web.Response(status=HTTPStatus.ACCEPTED)


async def stop(_request: web.Request, server: Server) -> web.Response:
    """`os-stop`: 202, and the guest is switched off."""
    fake = _fake(server)
    _check(server, "stop", STOP_FROM)
    enter(server, server.vm_state, "powering-off")
    _then(server, "powering-off", lambda: _switch(server, fake.power_off))
    return web.Response(status=HTTPStatus.ACCEPTED)


async def start(_request: web.Request, server: Server) -> web.Response:
    """`os-start`: 202, and the guest starts from cold."""
    fake = _fake(server)
    _check(server, "start", frozenset({"stopped"}))
    enter(server, "stopped", "powering-on")
    _then(server, "powering-on", lambda: _switch(server, fake.power_on))
    return web.Response(status=HTTPStatus.ACCEPTED)


def _fake(server: Server) -> FakeServer:
    """The machine behind a server; raises Fault 501 for a real one."""
    if server.fake is None:
        raise Fault(HTTPStatus.NOT_IMPLEMENTED, UNSUPPORTED)
    return server.fake


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


def _cycle(server: Server, fake: FakeServer, vm_state: str, task: str) -> None:
    enter(server, vm_state, task)
    _then(server, task, lambda: _switch(server, fake.power_cycle))


def _switch(server: Server, switch: Callable[[], None]) -> None:
    """Throw a switch and have the states follow the machine from now on, whatever they were told to be before."""
    follow_power(server)
    switch()
    on = server.fake is not None and server.fake.powered
    enter(server, "active" if on else "stopped")
