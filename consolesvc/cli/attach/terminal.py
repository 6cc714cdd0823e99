"""The user's terminal: raw mode and back, whatever happens; and reading and writing that hold nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from consolesvc.cli.attach.modes import Modes
from consolesvc.cli.table import escape

T = TypeVar("T")

STDIN, STDOUT, STDERR = 0, 1, 2
ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end us, after the terminal is restored; as it is after ^C's, which is a KeyboardInterrupt."""
READ = 4096
"""Bytes that are read at once."""
STUCK = 1.0
"""Seconds that stderr has for a line; one that nobody reads must not hold a session."""


class Terminal:
    """Raw mode, both ways, for as long as this lasts; nothing where stdin is no terminal. Main thread only.

    Restored by leaving, and by every signal that ends or stops us; after a stop, raw again. What the output has
    switched on in the terminal is switched off with it, where the output goes to one.

    Attributes:
        is_one: Whether stdin is a terminal.
        modes: What the output has switched on; None where it goes elsewhere.
    """

    def __init__(self) -> None:
        self.is_one = os.isatty(STDIN)
        self.modes = Modes() if os.isatty(STDOUT) else None
        self._before: list[Any] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if self.is_one:
            self._before = termios.tcgetattr(STDIN)
            self._handlers = {number: signal.signal(number, self._end) for number in ENDS}
            self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._stop)
            tty.setraw(STDIN, termios.TCSANOW)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._restore()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def suspend(self) -> bool:
        """Stop, as ^Z does elsewhere; returns when continued. False where no shell could continue us."""
        if not self.is_one or not _is_job():
            return False
        os.kill(0, signal.SIGTSTP)  # a pipeline stops as a whole
        return True

    def size(self) -> tuple[int, int] | None:
        """Rows and columns; None where there is no terminal, or one without a size."""
        try:
            columns, rows = os.get_terminal_size(STDIN)
        except OSError:
            return None
        return (rows, columns) if rows and columns else None

    def _restore(self) -> None:
        if self.modes is not None and (undo := self.modes.undo()) and select.select([], [STDOUT], [], 0)[1]:
            with contextlib.suppress(OSError):
                os.write(STDOUT, undo)
        if self._before:
            # Now, and not after what is being written: that may never be taken. A terminal may also be gone.
            with contextlib.suppress(termios.error):
                termios.tcsetattr(STDIN, termios.TCSANOW, self._before)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        tty.setraw(STDIN, termios.TCSANOW)


class Voice:
    """What we say ourselves: lines on stderr, each from the first column on also in raw mode.

    Args:
        quiet: Say only what is lost and why it ended.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._stuck = False

    def say(self, text: str, *, always: bool = False, below: bool = False) -> None:
        """Say lines; what would move a cursor is shown as text.

        Args:
            text: The lines.
            always: Whether they are for those, too, who want quiet.
            below: Whether a line of the machine's may have to be ended first, on a terminal.
        """
        if sys.stderr is None or (self._quiet and not always):  # None: started with it closed
            return
        ending = "\r\n" if sys.stderr.isatty() else "\n"
        start = ending if below and sys.stderr.isatty() else ""
        text = start + "".join(escape(line) + ending for line in text.split("\n"))
        with contextlib.suppress(OSError, ValueError):
            # One that nobody reads is waited for once.
            self._stuck = not select.select([], [STDERR], [], 0 if self._stuck else STUCK)[1]
            if not self._stuck:
                sys.stderr.write(text)
                sys.stderr.flush()

    def show(self, lines: bytes) -> None:
        """Show lines of the console's once more; they are safe for a terminal by now."""
        if sys.stderr is not None:
            with contextlib.suppress(OSError):
                ending = b"\r\n" if sys.stderr.isatty() else b"\n"
                os.write(STDERR, ending + lines.replace(b"\r\n", b"\n").replace(b"\n", ending) + ending)

    def note(self, text: str, *, always: bool = False) -> None:
        """Say a line about the session, in the shape that raw clients get it in (DESIGN 5.4)."""
        self.say(f"[consolesvc: {text}]", always=always, below=True)


class Lane:
    """A thread that makes blocking calls, one after the other.

    Nobody waits for it, neither a caller that was cancelled nor the interpreter's exit: an event loop cannot wait for
    a file, and nothing can end a read from a terminal or a write to a pipe that nobody empties.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def do(self, call: Callable[[], T]) -> T:
        """What the call returns or raises."""
        outcome: Future[T] = Future()
        outcome.set_running_or_notify_cancel()

        def run() -> None:
            try:
                outcome.set_result(call())
            except Exception as error:  # noqa: BLE001 - it is raised again where it is awaited
                outcome.set_exception(error)

        self._calls.put(run)
        return await asyncio.wrap_future(outcome)

    def close(self, last: Callable[[], None] | None = None) -> None:
        """End the thread, after the calls that it has been given and a last one."""
        if last is not None:
            self._calls.put(last)
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def plug() -> None:
    """Put something on those of stdin, stdout and stderr that we were started without.

    Else the next file or socket gets that number, and the console's output goes there.

    Raises:
        OSError: stdout is one of them: what is asked for cannot be shown.
    """
    failed = None
    for fd in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(fd)
        except OSError as error:
            os.open(os.devnull, os.O_RDWR)
            failed = error if fd == STDOUT else failed
    if failed is not None:
        raise failed


def _is_job() -> bool:
    """Whether a shell looks after our process group, and can continue it (POSIX: the group is not orphaned)."""
    group, parent = os.getpgrp(), os.getppid()
    try:
        while os.getpgid(parent) == group:  # the shell of a script, which is stopped with us
            parent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
        return os.getsid(parent) == os.getsid(0)
    except (OSError, ValueError, IndexError):
        return False


def read(fd: int) -> bytes:
    """What comes next from a terminal, a pipe or a file; b"" at its end."""
    while True:
        try:
            return os.read(fd, READ)
        except BlockingIOError:  # another program that shares it left it non-blocking
            select.select([fd], [], [])
        except OSError:  # closed, or the terminal went away: nothing more will come
            return b""


def write(fd: int, data: bytes) -> None:
    """Write all of `data`; raises OSError."""
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            select.select([], [fd], [])
