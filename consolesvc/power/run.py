"""One command run to its end, or to the end of its time: how it ended, and what it said, within bounds.

It has no shell and no terminal, and a process group of its own, of which nothing outlives it. It reads nothing; what it
says beyond the bounds is counted and let go, no faster than is cheap, so that a flood costs nobody anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from consolesvc.errors import LineError, LineUnavailable
from consolesvc.lines.environment import environment
from consolesvc.lines.process import Process, Started, spawn
from consolesvc.lines.thread import in_thread

KEPT: Final = 2048
"""Bytes that are kept of the beginning, and as many of the end, of each of its outputs."""
GRACE: Final = 2.0
"""Seconds that a command whose time is over has to end by itself: a BMC's session is better closed."""
_PIECE: Final = 64 * 1024
_PAUSE: Final = 0.01
"""Seconds between two pieces of a flood."""
_REST: Final = 16
"""Pieces read at most of what is left when a command has ended: something of it that got away may still write."""


class Outcome(NamedTuple):
    """How a command ended.

    Attributes:
        why: What went wrong, in words; "" where it ended with status 0.
        status: Its exit status; None where it had none: never started, too slow, ended by a signal.
        out: What it said on its standard output; the middle of much is left out, and counted.
        err: Likewise, on its standard error.
    """

    why: str
    status: int | None = None
    out: str = ""
    err: str = ""


async def run(
    argv: Sequence[str], *, seconds: float, env_file: str | None = None, started: Callable[[], None] = lambda: None
) -> Outcome:
    """Run a command; whatever becomes of it is an Outcome. A caller that is cancelled ends it.

    Args:
        argv: The program and its arguments.
        seconds: Its time; then its group is asked to end, and after GRACE killed.
        env_file: KEY=VALUE lines for its environment.
        started: Called once it runs.
    """
    name = Path(argv[0]).name
    try:
        begun = await in_thread(f"start {name}", lambda: _start(argv, env_file), _Begun.end)
    except LineError as error:
        return Outcome(str(error))
    process, out, err = Process(begun.process, name), _Heard(begun.out), _Heard(begun.err)
    started()
    late = False
    try:
        late = not await _ends(process, seconds)
        if late:
            process.signal(signal.SIGTERM)
            await _ends(process, GRACE)
    finally:
        await process.finish()
        out.close()
        err.close()
    why = f"{name} did not end in {seconds:g} s" if late else process.outcome if process.failed else ""
    return Outcome(why, None if late else process.code, str(out), str(err))


async def _ends(process: Process, seconds: float) -> bool:
    """Whether a program ends in so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.ended.wait()
    return process.ended.is_set()


class _Begun(NamedTuple):
    """A program that was started, and our ends of its outputs."""

    process: Started
    out: int
    err: int

    def end(self) -> None:
        """Kill it, where nobody waits for it any more."""
        os.close(self.out)
        os.close(self.err)
        self.process.end()


def _start(argv: Sequence[str], env_file: str | None) -> _Begun:
    """Start it; blocks, and raises LineUnavailable."""
    variables = environment(env_file)
    ours: list[int] = []
    its: list[int] = []
    try:
        for _ in ("out", "err"):
            read_end, write_end = os.pipe()
            ours.append(read_end)
            its.append(write_end)
        return _Begun(spawn(argv, variables, outputs=(its[0], its[1])), ours[0], ours[1])
    except BaseException as error:
        for fd in ours:
            os.close(fd)
        if isinstance(error, OSError):
            raise LineUnavailable("no pipe left for the program", error.strerror or str(error)) from error
        raise
    finally:
        for fd in its:
            os.close(fd)


class _Heard:
    """One output of a program, read as it comes.

    Args:
        fd: Our end of it; ours from now on.
    """

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._listen()

    def __str__(self) -> str:
        """What was said; the middle of much is left out."""
        missing = self._size - len(self._head) - len(self._tail)
        gap = f"\n[{missing} bytes left out]\n".encode() if missing else b""
        return (self._head + gap + self._tail).decode("utf-8", "replace")

    def close(self) -> None:
        """Read what is left, and close."""
        for _ in range(_REST):
            if not self._read():
                break
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _listen(self) -> None:
        self._loop.add_reader(self._fd, self._readable)

    def _readable(self) -> None:
        size = self._read()
        if size == 0:
            self._loop.remove_reader(self._fd)
        elif size == _PIECE:
            self._loop.remove_reader(self._fd)
            self._timer = self._loop.call_later(_PAUSE, self._listen)

    def _read(self) -> int | None:
        """Take a piece; its size, 0 at the end, None where there is none at the moment."""
        try:
            data = os.read(self._fd, _PIECE)
        except BlockingIOError:
            return None
        self._size += len(data)
        room = KEPT - len(self._head)
        self._head += data[:room]
        self._tail += data[max(0, room) :]
        del self._tail[:-KEPT]
        return len(data)
