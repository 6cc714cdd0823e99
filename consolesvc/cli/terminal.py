"""The user's terminal: raw mode and back, whatever happens; and reading and writing that hold nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end us, after the terminal is restored. ^C's is KeyboardInterrupt, which `raw` restores after too."""
READ = 4096
"""Bytes that are read at once."""


@contextlib.contextmanager
def raw(fd: int) -> Iterator[None]:
    """Raw mode, both ways, for as long as this lasts; nothing where `fd` is no terminal. Main thread only.

    Restored by leaving, and by every signal that ends or stops us; after a stop, raw again.
    """
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)

    def restore() -> None:
        # Now, and not after what is being written: that may never be taken. A terminal may also be gone.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, before)

    def end(number: int, _frame: FrameType | None) -> None:
        restore()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def stop(_number: int, _frame: FrameType | None) -> None:
        restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        tty.setraw(fd, termios.TCSANOW)

    handlers = {number: signal.signal(number, end) for number in ENDS}
    handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, stop)
    try:
        tty.setraw(fd, termios.TCSANOW)
        yield
    finally:
        restore()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """Lines on stderr, each from the first column on also in raw mode."""
    if sys.stderr is None:  # started with it closed
        return
    ending = "\r\n" if sys.stderr.isatty() else "\n"
    with contextlib.suppress(OSError):
        sys.stderr.write(text.replace("\n", ending) + ending)
        sys.stderr.flush()


async def in_thread(call: Callable[[], T]) -> T:
    """What a blocking call gives, from a thread of its own.

    Nobody waits for that thread, neither a caller that was cancelled nor the interpreter's exit: an event loop cannot
    wait for a file, and nothing can end a read from a terminal or a write to a pipe that nobody empties.
    """
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - it is raised again where it is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(outcome)


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
