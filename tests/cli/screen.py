"""A terminal with a command in it: a real PTY whose slave is the command's controlling terminal."""

from __future__ import annotations

import fcntl
import os
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pexpect.fdpexpect import fdspawn

from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE


@dataclass
class Screen:
    """What a user sees and types; the slave stays open here, so that its modes can be read at any time."""

    slave: int
    process: subprocess.Popen[bytes]
    keys: fdspawn[bytes]
    before: list[Any] = field(default_factory=list)

    def expect(self, text: str | bytes) -> bytes:
        """Wait until `text` is shown; what was shown before it."""
        self.keys.expect_exact(text.encode() if isinstance(text, str) else text)
        return self.keys.before or b""

    def type(self, data: bytes) -> None:
        self.keys.send(data)

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def is_raw(self) -> bool:
        """Whether keys come one by one, unchanged, and none is a signal."""
        input_flags, output_flags, _, local_flags = self.modes()[:4]
        return not (
            input_flags & (termios.ICRNL | termios.IXON)
            or output_flags & termios.OPOST
            or local_flags & (termios.ICANON | termios.ECHO | termios.ISIG)
        )

    def hang_up(self) -> None:
        """Close the window."""
        self.keys.close()

    def code(self) -> int:
        """The command's exit code, once it has ended; negative where a signal ended it."""
        return self.process.wait(PATIENCE)


@contextmanager
def screen(*argv: str) -> Iterator[Screen]:
    """Run a command of consolesvc in a terminal."""
    master, slave = os.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [*CONSOLESVC, *argv],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=CLEAN,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no other thread runs here
    )
    shown = Screen(slave, process, fdspawn(master, timeout=PATIENCE), before)
    try:
        yield shown
    finally:
        process.kill()
        process.wait()
        os.close(slave)
        shown.hang_up()
