"""One machine's power switch: its commands, and the states of its server that follow them (nova-contract 1.5 and 2).

    reboot    active (rebooting, then reboot_started)   --reset-->  active
    os-stop   active (powering-off)                     --off---->  stopped, once `status` says so where there is one
    os-start  stopped (powering-on)                     --on----->  active, likewise

One command at a time. One that fails leaves its server in ERROR with a fault that says why, as nova does with a reboot:
who waits for it sees it at once. The next command that succeeds clears it. In between `status` is asked now and then,
and has the states follow a machine that somebody else switches.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Final, Literal

from consolesvc.config.server import PowerCommands
from consolesvc.inventory import Server, ServerFault
from consolesvc.lines.environment import open_to_all
from consolesvc.power.run import Outcome, run
from consolesvc.states import POWER_STATES, enter

log = logging.getLogger(__name__)

Command = Literal["reset", "on", "off"]

GOES_TO: Final[Mapping[Command, str]] = {"reset": "active", "on": "active", "off": "stopped"}
"""The vm_state that each command leads to."""
SHOWN: Final[Mapping[Command, str]] = {"reset": "reset", "on": "switched on", "off": "switched off"}
"""What has become of the machine, in words for viewers."""
LOOK: Final = 2.0
"""Seconds between two looks at a machine that was switched and does not say so yet."""

_WORD = re.compile(r"\b(on|off)\b", re.IGNORECASE)


class Switch:
    """The switch of one real machine.

    Args:
        server: Whose machine.
        commands: What switches it.
    """

    def __init__(self, server: Server, commands: PowerCommands) -> None:
        self.server = server
        self.commands = commands
        self._running: asyncio.Task[None] | None = None
        self._thrown = 0
        self._known: bool | None = None
        self._failing = False
        if commands.env_file is not None and open_to_all(commands.env_file):
            log.warning("%s: every user of this host can read %s: `chmod o-r` it", server.name, commands.env_file)

    def __repr__(self) -> str:
        return f"<Switch {self.server.name} {'busy' if self.busy else 'idle'}>"

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._running is not None and not self._running.done()

    def can(self, command: Command) -> bool:
        """Whether there is such a command for this machine."""
        return bool(getattr(self.commands, command))

    def throw(self, command: Command, by: str, *, task: str | None = None) -> None:
        """Run a command; one that runs is ended first.

        Args:
            command: Which; its server is at its task by now.
            by: Who asked, for viewers and the log's index.
            task: What the server is at once the command runs; None: what it is at now.
        """
        before = self._running
        if before is not None:
            before.cancel()
        self._thrown += 1
        throwing = self._throw(command, by, self.server.task_state if task is None else task, before)
        name = f"power {command} {self.server.name}"
        self._running = asyncio.get_running_loop().create_task(throwing, name=name)

    async def look(self) -> None:
        """Ask the machine whether it is on, and have the states follow; while it is being switched they don't."""
        thrown = self._thrown
        if self.busy:
            return
        on = await self._ask()
        if on is None or thrown != self._thrown:
            return
        server = self.server
        if self._known is not None and self._known != on:
            word = "on" if on else "off"
            server.console.happened("power", f"{server.name} is {word}", what=word, who="")
        self._known = on
        if server.vm_state in ("active", "stopped"):
            enter(server, "active" if on else "stopped")
        else:
            server.power_state = POWER_STATES["active" if on else "stopped"]

    async def close(self) -> None:
        """End the command that runs. Idempotent."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _throw(self, command: Command, by: str, task: str | None, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        server, commands = self.server, self.commands
        being_switched(server, command, by)
        outcome = await run(
            getattr(commands, command),
            seconds=commands.timeout,
            env_file=commands.env_file,
            started=lambda: enter(server, server.vm_state, task),
        )
        why = outcome.why or await self._wait_for(command)
        _report(server, command, by, why, outcome)
        if why:
            enter(server, "error")
            server.fault = ServerFault(f"power {command} failed: {why}", said(outcome, "\n"))
            text = f"{server.name} was not {SHOWN[command]}: {why}"
            server.console.happened("power", text, what=command, who=by, why=why)
            return
        if command != "reset":
            self._known = command == "on"
        enter(server, GOES_TO[command])

    async def _wait_for(self, command: Command) -> str:
        """Wait until the machine says that it is what it was switched to; what went wrong, "" for nothing.

        A machine that is asked to shut down takes its time. One that cannot be asked is believed to have obeyed.
        """
        if command == "reset" or not self.commands.status:
            return ""
        loop = asyncio.get_running_loop()
        wanted, until = command == "on", loop.time() + self.commands.timeout
        while (on := await self._ask()) is not None and on is not wanted:
            if loop.time() >= until:
                return f"the machine is still {'on' if on else 'off'} after {self.commands.timeout:g} s"
            await asyncio.sleep(LOOK)
        return ""

    async def _ask(self) -> bool | None:
        """Whether the machine is on; None where that cannot be told."""
        commands = self.commands
        outcome = await run(commands.status, seconds=commands.timeout, env_file=commands.env_file)
        on = read_status(outcome)
        if on is None:
            level = logging.DEBUG if self._failing else logging.WARNING
            reason = ": ".join(filter(None, (outcome.why, said(outcome)))) or "it says neither on nor off"
            log.log(level, "%s: power status unknown: %s", self.server.name, reason)
        self._failing = on is None
        return on


def read_status(outcome: Outcome) -> bool | None:
    """What a `status` command's end says of the machine: on, off, or None for nothing.

    The last word `on` or `off` of its output, where it ends with 0, or with 1 for off; without such a word 0 is on, and
    1 is off unless it complains on its standard error.
    """
    words = [word.lower() for word in _WORD.findall(outcome.out)]
    if outcome.status == 0:
        return not words or words[-1] == "on"
    if outcome.status == 1 and not outcome.err.strip() and words[-1:] != ["on"]:
        return False
    return None


def being_switched(server: Server, command: Command, by: str) -> None:
    """Tell viewers who switches a machine, and note it in the log's index: `what` is done, and by `who`."""
    server.console.happened("power", f"{server.name} is being {SHOWN[command]} by {by}", what=command, who=by)


def said(outcome: Outcome, between: str = " / ") -> str:
    """What a command said, printable, line by line."""
    lines = (line.strip() for line in (outcome.out + "\n" + outcome.err).splitlines())
    return between.join("".join(c if c.isprintable() else "?" for c in line) for line in lines if line)


def _report(server: Server, command: Command, by: str, why: str, outcome: Outcome) -> None:
    """Log how a command ended, and what it said."""
    words = said(outcome)
    log.log(
        logging.ERROR if why else logging.INFO,
        "%s: power %s by %s: %s%s",
        server.name,
        command,
        "".join(c if c.isprintable() else "?" for c in by),
        why or "done",
        f"; it said: {words}" if words else "",
    )
