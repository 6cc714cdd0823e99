"""The shell: asks for lines, runs what they say, one pipeline after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Final

from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.linux.arithmetic import ArithmeticProblem
from consolesvc.emulator.guests.linux.commands import COMMANDS
from consolesvc.emulator.guests.linux.completion import complete
from consolesvc.emulator.guests.linux.expansion import LONGEST, ExpansionProblem, Scope, expand, expand_one
from consolesvc.emulator.guests.linux.filesystem import CAPACITY, FileError, FileSystem
from consolesvc.emulator.guests.linux.kernel import Kernel
from consolesvc.emulator.guests.linux.language import Pipeline, Simple, SyntaxProblem, Unfinished, parse
from consolesvc.emulator.guests.linux.session import SHELL_PID, Call, Session, UsageProblem
from consolesvc.emulator.guests.linux.tree import add_programs
from consolesvc.emulator.guests.program import Interrupted, Program, Terminal
from consolesvc.emulator.guests.prompt import read_line

NOT_FOUND: Final = 127
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
MOST_PATTERNS: Final = 32
"""File patterns in one command: each may look at many files."""

PIPE_SIZE: Final = 1 << 18
"""Characters that a pipe holds: commands in it run one after the other."""

FIRST_PART: Final = (["head"], ["less"], ["more"])
"""Commands that want only the beginning of what comes: a pipe that is full is no loss to them."""

LONGEST_SCRIPT: Final = 8192
"""Characters of a command that goes on over several lines."""

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=", re.ASCII)


class _Full(Exception):
    """What collects a command's output can hold no more: the command ends, as by SIGPIPE."""


class _Collector:
    """Output of one command on its way to the next, or to a file, and how much of it there can be."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.pieces: list[str] = []
        self.size = 0

    def write(self, text: str) -> None:
        self.pieces.append(text)
        self.size += len(text)
        if self.size > self.room:
            raise _Full

    def text(self) -> str:
        return "".join(self.pieces)


class Shell:
    """One login's shell, from the first prompt until the user leaves or the machine goes down."""

    def __init__(self, tty: Terminal, kernel: Kernel, files: FileSystem, user: str) -> None:
        home = "/root"
        environment = {
            "HOME": home, "HOSTNAME": kernel.hostname, "LANG": "C.UTF-8", "LOGNAME": user, "PATH": "/bin:/sbin",
            "PWD": home, "SHELL": "/bin/sh", "TERM": "vt220", "USER": user,
        }  # fmt: skip
        self.session = Session(tty, kernel, files, COMMANDS, environment)
        if files.find(home) is None:
            self.session.folder = "/"
        self.editor = LineEditor(self.session.history, lambda text: complete(self.session, text))
        if files.find("/bin") is not None:
            add_programs(files, list(COMMANDS))

    def __repr__(self) -> str:
        return f"<Shell in {self.session.folder}, status {self.session.status}>"

    @property
    def ended(self) -> bool:
        """Whether there is no next prompt."""
        return self.session.left or self.session.kernel.ending is not None

    def run(self) -> Program[None]:
        """Prompt, read, run, until it has ended."""
        while not self.ended:
            line = yield from self._read()
            if line is None:
                self.session.tty.write("logout\n")
                self.session.left = True
            else:
                yield from self.execute(line)

    def prompt(self) -> str:
        """`root@fake1:~# `, coloured."""
        session = self.session
        home = session.environment.get("HOME") or "/root"
        folder = re.sub(rf"^{re.escape(home)}(?=/|$)", "~", session.folder)
        user = session.environment["LOGNAME"]
        return f"\x1b[1;32m{user}@{session.kernel.hostname}\x1b[0m:\x1b[1;34m{folder}\x1b[0m# "

    def _read(self) -> Program[str | None]:
        """A whole command, which may be several lines; "" when interrupted, None to log out."""
        script, prompt = "", self.prompt()
        while True:
            event = yield from read_line(self.session.tty, self.editor, prompt)
            if event is Event.INTERRUPT:
                self.session.status = INTERRUPTED
                return ""
            if event is Event.END:
                return "" if script else None
            script += self.editor.text
            try:
                parse(script)
            except Unfinished:
                script, prompt = script[:LONGEST_SCRIPT] + "\n", "> "
            except SyntaxProblem:
                break
            else:
                break
        self.session.history.add(script.replace("\n", " "))
        return script

    def execute(self, line: str) -> Program[None]:
        """Run a line; whatever is wrong with it is told on the terminal."""
        session = self.session
        try:
            for pipeline in parse(line):
                if self.ended:
                    break
                if pipeline.joint == ";" or (pipeline.joint == "&&") == (session.status == 0):
                    session.status = yield from self._run_pipeline(pipeline)
        except Interrupted:
            session.tty.write("\n")
            session.status = INTERRUPTED
        except Unfinished:
            self._tell("syntax error: unexpected end of file", 2)
        except SyntaxProblem as problem:
            self._tell(f"syntax error: {problem}", 2)

    def _tell(self, text: str, status: int) -> int:
        self.session.tty.write(f"-sh: {text}\n")
        self.session.status = status
        return status

    def _run_pipeline(self, pipeline: Pipeline) -> Program[int]:
        """Run its commands in order, each with what the one before has put out; gives the last one's status."""
        status, stdin = 0, None
        for command, after in zip(pipeline.commands, [*pipeline.commands[1:], None], strict=True):
            pipe = _Collector(PIPE_SIZE) if after else None
            try:
                status = yield from self._run_simple(command, stdin, pipe)
            except (ArithmeticProblem, ExpansionProblem, FileError) as problem:
                status = self._tell(str(problem), 1)
            if pipe and pipe.size > pipe.room and status == BROKEN_PIPE and after and after.words[:1] not in FIRST_PART:
                self._tell(f"{command.words[0]}: cut off: a pipe of this small shell holds {PIPE_SIZE >> 10} KiB", 1)
            stdin = pipe.text() if pipe else None
        return status

    def _run_simple(self, command: Simple, stdin: str | None, pipe: _Collector | None) -> Program[int]:
        session = self.session
        scope = self._scope()
        assignments, words = _split_assignments(command.words)
        args = [arg for word in words for arg in expand(word, scope)]
        if sum(map(len, args)) > LONGEST:
            raise ExpansionProblem("Argument list too long")
        for name, value in assignments:
            session.environment[name] = expand_one(value, scope)
        output = pipe
        errors: Callable[[str], None] = session.tty.write
        target, append = "", False
        for redirection in command.redirections:
            path = expand_one(redirection.word, scope)
            if redirection.operator == "<":
                stdin = session.files.read(path, session.folder)
            elif redirection.operator == "2>":
                session.files.write(path, "", session.folder)
                errors = _discard
            elif redirection.operator == "2>&1":
                errors = output.write if output else session.tty.write
            else:
                output, target, append = _Collector(CAPACITY), path, redirection.operator == ">>"
                session.files.write(path, "", session.folder, append=append)
        while args[:1] == ["sudo"] and len(args) > 1 and not args[1].startswith("-"):
            args = args[1:]
        if not args:
            return 0
        out = output.write if output else session.tty.write
        call = Call(session, args[0], args[1:], out, errors, stdin, is_tty=output is None)
        status = yield from self._call(call)
        if target and output:
            session.files.write(target, output.text(), session.folder, append=append)
        return status

    def _scope(self) -> Scope:
        session = self.session
        special = {"?": str(session.status), "$": str(SHELL_PID), "0": "-sh", "#": "0"}
        patterns = iter(range(MOST_PATTERNS))

        def match(pattern: str) -> list[str]:
            if next(patterns, None) is None:
                raise ExpansionProblem("Argument list too long")
            return session.files.match(pattern, session.folder)

        return Scope({**session.environment, **special}, match)

    def _call(self, call: Call) -> Program[int]:
        """Run one command to its end."""
        name = call.name.removeprefix("/bin/")
        command = COMMANDS.get(name)
        if command is None:
            return self._missing(call)
        if call.args == ["--help"] and name not in ("echo", "test", "["):
            call.args, command = [name], COMMANDS["man"]  # before `reboot --help` does what it is asked about
        try:
            result = command(call)
            return (yield from result) if isinstance(result, Generator) else result
        except UsageProblem as problem:
            return call.complain(str(problem), 2)
        except FileError as error:
            return call.complain(str(error))
        except _Full:
            return BROKEN_PIPE

    def _missing(self, call: Call) -> int:
        if "/" in call.name and self.session.files.find(call.name, self.session.folder) is not None:
            call.err(f"-sh: {call.name}: Permission denied\n")
            return NOT_FOUND - 1
        call.err(f"-sh: {call.name}: not found\n")
        return NOT_FOUND


def _split_assignments(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The `NAME=VALUE` words at the front, and the rest."""
    assignments: list[tuple[str, str]] = []
    for place, word in enumerate(words):
        match = _ASSIGNMENT.match(word)
        if match is None:
            return assignments, words[place:]
        assignments.append((match[1], word[match.end() :]))
    return assignments, []


def _discard(text: str) -> None:
    """Where `2>` sends what a command complains of: the file is made, and stays empty."""
