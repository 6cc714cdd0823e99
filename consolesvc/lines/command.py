"""Lines of kind `command`: a program on a PTY of ours, such as `ipmitool … sol activate`.

Its terminal is raw: each byte typed reaches it, and each byte it writes reaches us. It leads a session and a process
group of its own, which ends with the line; the line ends with the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import logging
import os
import signal
import struct
import termios
import tty
from pathlib import Path
from typing import Final

from consolesvc.config.linespec import CommandSpec
from consolesvc.errors import LineError, LineLost, LineUnavailable
from consolesvc.lines.base import Ability, Receiver
from consolesvc.lines.descriptor import DescriptorTransport
from consolesvc.lines.environment import environment, open_to_all
from consolesvc.lines.process import Process, Started, spawn
from consolesvc.lines.thread import in_thread
from consolesvc.lines.transport import CLOSE_WAIT, TransportLine

log = logging.getLogger(__name__)

BEFORE_WAIT: Final = 10.0
"""Seconds that each command of `before` has."""
WINDOW: Final = (24, 80)
"""Rows and columns of the terminal: programs redraw badly on none."""


class CommandLine(TransportLine, asyncio.Protocol):
    """A program that runs.

    Args:
        receiver: What its output goes to.
        process: The program.
        master: Its terminal's other end; ours from now on.
    """

    holdable = True
    lacks: frozenset[Ability] = frozenset(("break", "modem", "counters", "settings"))

    def __init__(self, receiver: Receiver, process: Process, master: int) -> None:
        super().__init__(receiver)
        self._process = process
        self._hung_up = asyncio.Event()
        self._end = asyncio.Event()
        self._master = DescriptorTransport(master, self, receiver.read_limit)
        self._life = asyncio.get_running_loop().create_task(self._live(), name=f"command {process.name}")

    def __repr__(self) -> str:
        return f"<CommandLine {self._process!r} {'closed' if self._transport is None else 'open'}>"

    def data_received(self, data: bytes) -> None:
        """Hand bytes on; after our own close nobody listens."""
        if not self._closing:
            self._receiver.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The terminal is gone: everybody who had it has closed it, or we have."""
        del exc  # EIO, a terminal's way to say so
        self._transport = None
        self._writable.set()
        self._hung_up.set()
        self._end.set()

    def loss(self, exc: Exception | None) -> LineLost:
        """How the program ended."""
        del exc
        return LineLost(self._process.outcome)

    async def close(self) -> None:
        """End the program: what was written has CLOSE_WAIT seconds to be read, then it is asked to end, then killed."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT):
                await self.drain()
        self._end.set()
        await self._ended.wait()

    def abort(self) -> None:
        """Kill the program and its group."""
        self._closing = True
        self._process.signal(signal.SIGKILL)
        self._master.abort()

    async def _live(self) -> None:
        """Wait for the end, whoever makes it; clear up, and tell it."""
        process = self._process
        exited = asyncio.ensure_future(process.ended.wait())
        asked = asyncio.ensure_future(self._end.wait())
        await asyncio.wait((exited, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        exited.cancel()
        if self._closing or process.ended.is_set():
            process.signal(signal.SIGTERM)  # what it started ends with it
        # A line that is held is read to its end: the last words are often the reason.
        self.resume()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT):
                await process.ended.wait()
                await self._hung_up.wait()
        outlived = not process.ended.is_set()
        await process.finish()
        self._master.abort()
        self._ended.set()
        if not self._closing:
            self._closing = True
            # Without a terminal we close our end of it, and the kernel hangs up on who is left.
            alone = outlived or process.hung_up
            self._receiver.lost(LineLost(f"{process.name} closed its terminal") if alone else self.loss(None))


class CommandOpener:
    """Starts one program, as often as it takes.

    Args:
        spec: The program.
        name: The server's name, for the log.
    """

    local = False

    def __init__(self, spec: CommandSpec, name: str) -> None:
        self.spec = spec
        self.name = name
        self.due = asyncio.Event()
        self._told: set[str] = set()

    async def open(self, receiver: Receiver) -> CommandLine:
        """Run what comes before, then start the program; raises LineUnavailable."""
        spec = self.spec
        if spec.env_file is not None and open_to_all(spec.env_file):
            self._tell(f"every user of this host can read {spec.env_file}: `chmod o-r` it")
        for argv in spec.before:
            await self._run_before(argv)
        argv = spec.argv or ("/bin/sh", "-c", spec.shell or "")
        name = _program(argv) if spec.argv else "the shell command"
        call = functools.partial(_start, argv, spec)
        started, master = await in_thread(f"start {name}", call, _discard)
        return CommandLine(receiver, Process(started, name), master)

    async def close(self) -> None:
        """Nothing outlives a program's line."""

    async def _run_before(self, argv: tuple[str, ...]) -> None:
        """Run a command to its end; whatever becomes of it, the line is opened."""
        name = _program(argv)
        call = functools.partial(_start_unheard, argv, self.spec)
        try:
            process = Process(await in_thread(f"start {name}", call, Started.end), name)
        except LineError as error:
            self._tell(f"before: {error}")
            return
        try:
            async with asyncio.timeout(BEFORE_WAIT):
                await process.ended.wait()
        except TimeoutError:
            self._tell(f"before: {name} did not end in {BEFORE_WAIT:g} s")
            return
        finally:
            await process.finish()
        if process.failed:
            self._tell(f"before: {process.outcome}")

    def _tell(self, sentence: str) -> None:
        """Warn, once: a command is run again and again while its line is away."""
        log.log(logging.DEBUG if sentence in self._told else logging.WARNING, "%s: %s", self.name, sentence)
        self._told.add(sentence)


def _program(argv: tuple[str, ...]) -> str:
    return Path(argv[0]).name


def _start(argv: tuple[str, ...], spec: CommandSpec) -> tuple[Started, int]:
    """Start a program on a new PTY: the program and the PTY's master. Blocks; raises LineUnavailable."""
    variables = environment(spec.env_file)
    try:
        master, slave = os.openpty()
    except OSError as error:
        raise LineUnavailable("no terminal left for the program", error.strerror or str(error)) from error
    try:
        tty.setraw(slave)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *WINDOW, 0, 0))
        os.set_blocking(master, False)
        started = spawn(argv, variables, folder=spec.cwd, terminal=os.ttyname(slave))
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return started, master


def _start_unheard(argv: tuple[str, ...], spec: CommandSpec) -> Started:
    return spawn(argv, environment(spec.env_file), folder=spec.cwd, terminal=os.devnull)


def _discard(unwanted: tuple[Started, int]) -> None:
    started, master = unwanted
    os.close(master)
    started.end()
