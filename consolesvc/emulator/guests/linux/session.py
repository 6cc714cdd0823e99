"""What commands work with: a login session, and one call of a command in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.history import History
from consolesvc.emulator.guests.linux.filesystem import FileError, FileSystem, join
from consolesvc.emulator.guests.linux.kernel import Kernel
from consolesvc.emulator.guests.program import Interrupted, Program, Terminal, work
from consolesvc.emulator.guests.prompt import read_line

SHELL_PID: Final = 412
MOST_DIGITS: Final = 12


@dataclass(slots=True)
class Session:
    """A logged-in user's shell: everything but the running of commands.

    Attributes:
        commands: What can be called, by name.
        status: What `$?` shows.
        left: Whether the user has logged out.
    """

    tty: Terminal
    kernel: Kernel
    files: FileSystem
    commands: Mapping[str, Command]
    environment: dict[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    folder: str = "/root"
    status: int = 0
    left: bool = False

    def go(self, path: str) -> None:
        """Make a folder the one that paths are relative to."""
        self.folder = self.environment["PWD"] = join(self.folder, path)


@dataclass(slots=True)
class Call:
    """One command with its arguments; `out` and `err` take text with lines ending in a LF.

    Attributes:
        stdin: What a pipe or `<` gives; None for the terminal.
        is_tty: Whether `out` is the terminal, where colours are fit.
    """

    session: Session
    name: str
    args: list[str]
    out: Callable[[str], None]
    err: Callable[[str], None]
    stdin: str | None = None
    is_tty: bool = True

    def complain(self, text: str, status: int = 1) -> int:
        """Tell what is wrong, as `NAME: TEXT`; gives the status to return."""
        self.err(f"{self.name}: {text}\n")
        return status

    def options(self, known: str = "") -> tuple[set[str], list[str]]:
        """Single-letter options and the other arguments; raises UsageProblem for a letter not in `known`."""
        letters: set[str] = set()
        others: list[str] = []
        for place, arg in enumerate(self.args):
            if arg == "--":
                return letters, others + self.args[place + 1 :]
            if re.fullmatch(r"-[A-Za-z]+", arg):
                letters |= set(arg[1:])
            elif arg.startswith("--"):
                raise UsageProblem(f"unrecognized option '{arg}'")
            else:
                others.append(arg)
        strange = sorted(letters - set(known))
        if strange:
            raise UsageProblem(f"invalid option -- '{strange[0]}'")
        return letters, others

    def inputs(self, paths: list[str]) -> Program[list[tuple[str, str]]]:
        """Names and contents of `paths`, or of the input where there are none; tells of those that have none."""
        if not paths or paths == ["-"]:
            return [("", (yield from self._input()))]
        contents = []
        for path in paths:
            try:
                contents.append((path, self.session.files.read(path, self.session.folder)))
            except FileError as error:
                self.complain(str(error))
        return contents

    def _input(self) -> Program[str]:
        """All of the input; from the terminal line by line until ^D."""
        if self.stdin is not None:
            return self.stdin
        editor = LineEditor()
        lines: list[str] = []
        while len(lines) < MOST_LINES_TYPED:
            event = yield from read_line(self.session.tty, editor, "")
            if event is Event.INTERRUPT:
                raise Interrupted
            if event is Event.END:
                break
            lines.append(editor.text + "\n")
        return "".join(lines)

    def give(self, text: str, piece: int = 2048) -> Program[None]:
        """Put out a long text a piece at a time, so that ^C gets in between."""
        for start in range(0, len(text), piece):
            self.out(text[start : start + piece])
            yield from work()


MOST_LINES_TYPED: Final = 500


class UsageProblem(Exception):
    """A command was called wrongly; the text says how."""


Command: TypeAlias = Callable[[Call], "int | Program[int]"]
"""Runs a call and gives its status; the first line of its docstring is its help."""


def integer(text: str, what: str = "invalid number") -> int:
    """A whole number of at most MOST_DIGITS digits; raises UsageProblem."""
    if not re.fullmatch(rf"[-+]?\d{{1,{MOST_DIGITS}}}", text, re.ASCII):
        raise UsageProblem(f"{what} '{text}'")
    return int(text)
