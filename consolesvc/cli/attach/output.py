"""Where a console's output goes: to stdout, to the file of `--log`, past `--until`, and into memory for a second look.

A terminal is not shown the questions in what was said before it came: it would answer them by typing, into whatever
reads the machine's line now (DESIGN decision 8). One that only looks is shown none at all: its answers go nowhere. A
pipe, a file and the log get every byte as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from consolesvc.cli.attach.session import Show
from consolesvc.cli.attach.terminal import STDOUT, Lane, Terminal, write
from consolesvc.cli.attach.until import Until
from consolesvc.cli.plain import RESET, Plain
from consolesvc.console.queries import QueryFilter
from consolesvc.errors import ClientError

MEMORY = 64 * 1024
"""Bytes that are kept for a second look."""


class Output:
    """See the module.

    Args:
        terminal: Knows whether stdout is one.
        log: A file that gets the bytes, appended; None for none.
        until: What is waited for; None for nothing.
        from_history: Whether it may be in what was said before, too.

    Attributes:
        found: Whether what is waited for has been said.
        failure: Why the log ends early; "" where it does not.
        complain: Is told so, once.

    Raises:
        ClientError: the log cannot be opened.
    """

    def __init__(
        self, terminal: Terminal, *, log: Path | None = None, until: Until | None = None, from_history: bool = False
    ) -> None:
        self.found = False
        self.failure = ""
        self.complain: Callable[[str], None] = lambda _: None
        self._modes = terminal.modes
        self._until = until
        self._from_history = from_history
        self._queries = QueryFilter() if terminal.modes is not None else None
        self._memory = bytearray()
        self._log_path = log
        self._log = None if log is None else _opened(log)
        self._lane = Lane("output")

    def __repr__(self) -> str:
        return f"<Output{' found' * self.found}>"

    async def show(self, item: Show, *, viewing: bool = False) -> None:
        """Have it written.

        Args:
            item: What comes.
            viewing: Whether what is typed here goes nowhere.

        Raises:
            OSError: stdout takes no more.
        """
        shown = self._without_questions(item.data, len(item.data) if viewing else item.history)
        if self._modes is not None:
            self._modes.feed(shown)
        self._memory = (self._memory + item.data)[-MEMORY:]
        failed = bool(self.failure)
        try:
            await self._lane.do(partial(self._write, item.data, shown))
        finally:
            if self.failure and not failed:
                self.complain(self.failure)
        if self._until is not None:
            searched = item.data if self._from_history else item.data[item.history :]
            self.found = (bool(searched) and self._until.feed(searched)) or self.found

    def _without_questions(self, data: bytes, until: int) -> bytes:
        if self._queries is None:
            return data
        before, after = data[:until], data[until:]
        shown = self._queries.feed(before) if before else b""
        return shown + (self._queries.flush() + after if after else b"")

    def _write(self, data: bytes, shown: bytes) -> None:
        """In the thread: the log first, which is to have what was seen."""
        if self._log is not None:
            try:
                write(self._log, data)
            except OSError as error:
                self.failure = f"{self._log_path}: {error.strerror}; the log ends here"
                os.close(self._log)
                self._log = None
        write(STDOUT, shown)

    def lines(self, count: int) -> bytes:
        """The last lines that came, safe to be shown once more: colours stay, all else that drives a terminal goes."""
        memory = bytes(self._memory).removesuffix(b"\n")
        plain = Plain()
        shown = plain.feed(b"\n".join(memory.split(b"\n")[-count:]))
        return shown + RESET * plain.coloured

    def close(self) -> None:
        """Let go of the file and of the thread, once it has written what it is at: nobody waits for that."""
        self._lane.close(self._close_log)

    def _close_log(self) -> None:
        if self._log is not None:
            os.close(self._log)
            self._log = None


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise ClientError(f"--log {path}: {error.strerror}") from None
