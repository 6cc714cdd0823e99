"""A server's states as nova's clients know them, and how a fake is told to be in one (nova-contract 1.5 and 2).

Three words describe a server: `vm_state` is where it came to rest, `task_state` what is being done to it, and `status`
is what clients show, made of both. `power_state` is a number that follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from consolesvc.inventory import Server

RUNNING: Final = 1
"""The power state of a machine that is on."""

POWER_STATES: Mapping[str, int] = {
    "active": RUNNING,
    "building": 0,
    "deleted": 0,
    "error": 0,
    "paused": 3,
    "rescued": RUNNING,
    "resized": RUNNING,
    "shelved": 4,
    "shelved_offloaded": 4,
    "soft-delete": 4,
    "stopped": 4,
    "suspended": 4,
}
"""The power state that goes with each `vm_state` there is."""

_AT_REST: Mapping[str, str] = {
    "building": "BUILD",
    "rescued": "RESCUE",
    "resized": "VERIFY_RESIZE",
    "soft-delete": "SOFT_DELETED",
    "stopped": "SHUTOFF",
}
"""The status of a `vm_state`, where it is not the same word."""

_AT_WORK: Mapping[str, str] = {
    "rebooting": "REBOOT",
    "reboot_pending": "REBOOT",
    "reboot_started": "REBOOT",
    "rebooting_hard": "HARD_REBOOT",
    "reboot_pending_hard": "HARD_REBOOT",
    "reboot_started_hard": "HARD_REBOOT",
    "updating_password": "PASSWORD",
    "migrating": "MIGRATING",
    "rebuilding": "REBUILD",
    "resize_prep": "RESIZE",
    "resize_migrating": "RESIZE",
    "resize_finish": "RESIZE",
}
"""The status of a server that is active, by what is being done to it; any other task does not show."""

STATUSES = frozenset(
    {_AT_REST.get(vm_state, vm_state.upper()) for vm_state in POWER_STATES}
    | {*_AT_WORK.values(), "REVERT_RESIZE", "UNKNOWN"}
)

CONSOLES: Mapping[bool | str, str] = {
    True: "",
    False: "no-console",
    **{word: word for word in ("no-free-port", "not-implemented", "error")},
}
"""What `console` may be told: there, not there, or one of three ways in which nova fails to give it."""

PREFIX: Final = "consolesvc:"
"""Metadata keys that begin so tell a new fake its states: `consolesvc:vm_state` and the others of `check_told`."""
CONSOLE_KEY: Final = f"{PREFIX}console"
"""The metadata key that remembers a console's failing."""


def status_of(vm_state: str, task_state: str | None) -> str:
    """What clients show for a server in these states."""
    if vm_state == "active" and task_state is not None and task_state in _AT_WORK:
        return _AT_WORK[task_state]
    return _AT_REST.get(vm_state, vm_state.upper())


def enter(server: Server, vm_state: str, task_state: str | None = None) -> None:
    """Put a server into states, the status and the power state that follow from them included."""
    server.vm_state, server.task_state = vm_state, task_state
    server.status = status_of(vm_state, task_state)
    if vm_state != "error":
        server.fault = None
    server.power_state = POWER_STATES[vm_state]


def follow_power(server: Server) -> None:
    """From now on a fake that goes on is active and one that goes off is stopped, whoever switched it."""

    def changed() -> None:
        enter(server, "active" if fake is not None and fake.powered else "stopped")

    fake = server.fake
    if fake is not None:
        fake.power_changed = changed


def begin_anew(server: Server) -> None:
    """The server has another machine: what the one before was told, and its power, are not of this one."""
    server.console_type_available = True
    server.metadata.pop(CONSOLE_KEY, None)
    enter(server, "active")
    follow_power(server)


def check_told(told: Mapping[str, Any]) -> None:
    """Whether a fake may be told this; raises ValueError that names the key, the value and what was expected.

    All keys are optional: `vm_state`, `task_state` (text or None), `status`, `console` (see CONSOLES).
    """
    for key, value in told.items():
        check = _TOLD.get(key)
        if check is None:
            raise ValueError(f"unknown key {_shown(key)}, expected some of {', '.join(_TOLD)}")
        if not check(value):
            raise ValueError(f"{key}: found {_shown(value)}, expected {_EXPECTED[key]}")


def told_by(metadata: Mapping[str, str]) -> dict[str, Any]:
    """What a new server's metadata tells it: text, so `none` stands for no task, `true` and `false` for themselves."""
    words: Mapping[str, Any] = {"none": None, "true": True, "false": False}
    keys = (key for key in metadata if key.startswith(PREFIX))
    return {key.removeprefix(PREFIX): words.get(metadata[key], metadata[key]) for key in keys}


def tell(server: Server, told: Mapping[str, Any]) -> None:
    """Have a fake be in the states told, which `check_told` has let pass; keys that are absent stay as they are.

    A state that is neither active nor stopped stays, whatever the machine does, until it is told another or switched.
    """
    if "vm_state" in told or "task_state" in told:
        enter(server, told.get("vm_state", server.vm_state), told.get("task_state", server.task_state))
    if "status" in told:
        server.status = told["status"]
    if "console" in told:
        failing = CONSOLES[told["console"]]
        server.console_type_available = failing != "no-console"
        server.metadata.pop(CONSOLE_KEY, None)
        if failing:
            server.metadata[CONSOLE_KEY] = failing
    fake = server.fake
    if fake is not None:
        fake.power_changed = None
    if server.task_state is None and server.status in ("ACTIVE", "SHUTOFF"):
        follow_power(server)


def _is_task(value: Any) -> bool:
    return value is None or (isinstance(value, str) and re.fullmatch("[a-z][a-z_-]{0,63}", value) is not None)


_TOLD: Mapping[str, Callable[[Any], bool]] = {
    "vm_state": lambda value: isinstance(value, str) and value in POWER_STATES,
    "task_state": _is_task,
    "status": lambda value: isinstance(value, str) and value in STATUSES,
    "console": lambda value: isinstance(value, bool | str) and value in CONSOLES,
}
_EXPECTED: Mapping[str, str] = {
    "vm_state": f"one of {', '.join(POWER_STATES)}",
    "task_state": "null, or a task such as deleting or reboot_started",
    "status": f"one of {', '.join(sorted(STATUSES))}",
    "console": "true, false, no-free-port, not-implemented or error",
}


def _shown(value: Any) -> str:
    return repr(value)[:100]
