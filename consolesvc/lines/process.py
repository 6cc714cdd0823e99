"""A program in a session and a process group of its own, ended with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from consolesvc.errors import LineUnavailable

_LAST_WAIT: Final = 1.0
"""Seconds that a killed program has to vanish: one stuck in the kernel may take for ever."""

# There is no chdir in posix_spawn. The text is fixed, and the words are passed beside it: no shell reads them.
_IN_FOLDER: Final = ("/bin/sh", "-c", 'cd -- "$0" && exec "$@"')


class Started(NamedTuple):
    """A program that was started: its pid, and the descriptor by which its end is seen."""

    pid: int
    pidfd: int

    def end(self) -> None:
        """Kill it and its group, where nobody waits for it any more. Blocks until it has ended."""
        os.close(self.pidfd)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class Process:
    """A running program. Make it in the loop, with what `spawn` gave.

    Attributes:
        ended: Set when the program has ended; it stays a zombie until `finish`, so that its group keeps its number.
    """

    def __init__(self, started: Started, name: str) -> None:
        self.pid, self._pidfd = started
        self.name = name
        self.ended = asyncio.Event()
        self._status: int | None = None
        self._reaped = False
        self._forsaken = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pidfd, self._exited)

    def __repr__(self) -> str:
        return f"<Process {self.pid} {self.name}>"

    @property
    def outcome(self) -> str:
        """How it ended: "ipmitool ended with status 1"."""
        if self._status is None:
            return f"{self.name} does not end"
        if os.WIFSIGNALED(self._status):
            number = os.WTERMSIG(self._status)
            return f"{self.name} was ended by {signal.Signals(number).name if number in _SIGNALS else number}"
        return f"{self.name} ended with status {os.waitstatus_to_exitcode(self._status)}"

    @property
    def code(self) -> int | None:
        """Its exit status; None where a signal ended it, and before its end is learnt."""
        ended = self._status is not None and os.WIFEXITED(self._status)
        return os.WEXITSTATUS(self._status or 0) if ended else None

    @property
    def hung_up(self) -> bool:
        """Whether it ended because its terminal went away."""
        return self._status is not None and os.WIFSIGNALED(self._status) and os.WTERMSIG(self._status) == signal.SIGHUP

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than with status 0."""
        return self._status != 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program and all of its group; nothing once it is finished."""
        if not self._reaped:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    async def finish(self) -> None:
        """Kill what is left of the group, and learn how the program ended. Idempotent."""
        self.signal(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WAIT):
                await self.ended.wait()
        self._forsaken = True
        if self.ended.is_set():
            self._reap()

    def _exited(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self.ended.set()
        if self._forsaken:
            self._reap()

    def _reap(self) -> None:
        if not self._reaped:
            self._reaped = True
            with contextlib.suppress(ChildProcessError):
                self._status = os.waitpid(self.pid, 0)[1]


_SIGNALS: Final = frozenset(signal.Signals)


def _program(argv: Sequence[str], environment: Mapping[str, str], folder: str | None) -> tuple[str, list[str]]:
    """The file to run, and the words it is given; raises LineUnavailable where it, or the folder, is not there."""
    name = argv[0]
    if folder is not None and not Path(folder).is_dir():
        raise LineUnavailable(f"no such folder: {folder}", "see `cwd` of the line")
    sought = name if folder is None or "/" not in name else str(Path(folder) / name)
    program = shutil.which(sought, path=environment.get("PATH"))
    if program is None:
        raise LineUnavailable(f"no such program: {name}", "install it, or give its full path")
    words = [name, *argv[1:]]
    if folder is not None:
        program, words = _IN_FOLDER[0], [*_IN_FOLDER, folder, str(Path(program).absolute()), *argv[1:]]
    return program, words


def spawn(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: str | None = None,
    terminal: str = os.devnull,
    outputs: tuple[int, int] = (0, 0),
) -> Started:
    """Start a program. Blocks until it runs.

    Args:
        argv: The program, sought in the environment's PATH, and its arguments.
        environment: All of its environment.
        folder: Where it runs; None for where we do.
        terminal: Path of its standard input; a terminal becomes its controlling terminal.
        outputs: Our descriptors that its standard output and error are made of; 0 for the terminal as well.

    Raises:
        LineUnavailable: there is no such program or folder, or it cannot be run.
    """
    name = argv[0]
    program, words = _program(argv, environment, folder)
    try:
        pid = os.posix_spawn(
            program,
            words,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, terminal, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, outputs[0], 1),
                (os.POSIX_SPAWN_DUP2, outputs[1], 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),  # which Python ignores, and a program would inherit
        )
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            raise LineUnavailable(f"{name} is no program", "a script begins with #! and its interpreter") from error
        raise LineUnavailable(f"{name} cannot be run", os.strerror(error.errno or 0)) from error

    try:
        return Started(pid, os.pidfd_open(pid))
    except OSError as error:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise LineUnavailable(f"{name} cannot be watched", os.strerror(error.errno or 0)) from error
