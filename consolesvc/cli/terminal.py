"""The user's terminal in raw mode, and back, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType

ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end us, after the terminal is restored."""


@contextlib.contextmanager
def raw(fd: int) -> Iterator[None]:
    """Raw mode for as long as this lasts; nothing where `fd` is no terminal.

    Output processing stays on, so that what we say ourselves still starts in the first column.
    """
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)

    def restore(number: int, _frame: FrameType | None) -> None:
        termios.tcsetattr(fd, termios.TCSANOW, before)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    handlers = {number: signal.signal(number, restore) for number in ENDS}
    try:
        tty.setraw(fd, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """A line on stderr, from the first column on also in raw mode."""
    ending = "\r\n" if sys.stderr.isatty() else "\n"
    sys.stderr.write(text.replace("\n", ending) + ending)
    sys.stderr.flush()
