"""Logging in: the banner that says how, a name, a password without echo."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.linux.filesystem import FileSystem
from consolesvc.emulator.guests.linux.kernel import Kernel
from consolesvc.emulator.guests.program import Program, Terminal, pause
from consolesvc.emulator.guests.prompt import read_line, read_secret

USER: Final = "root"
PASSWORD: Final = "consolesvc"  # noqa: S105 - no secret: the banner says it
TIMEOUT: Final = 60
"""Seconds to log in once the name is given."""

WRONG_DELAY: Final = 2.0
TRIES: Final = 3
"""Wrong logins until the banner comes again."""


def log_in(tty: Terminal, kernel: Kernel, files: FileSystem) -> Program[str]:
    """Ask until name and password are right; gives the user's name, with the message of the day shown."""
    while True:
        tty.write("\n" + _text(files, "/etc/issue"))
        for _ in range(TRIES):
            name = yield from _ask_name(tty, kernel)
            started = tty.now
            password = yield from read_secret(tty, "Password: ", TIMEOUT)
            if password is None:
                if tty.now - started >= TIMEOUT:
                    tty.write(f"\nLogin timed out after {TIMEOUT} seconds.\n")
                break
            if (name, password) == (USER, PASSWORD):
                tty.write(_text(files, "/etc/motd"))
                return name
            yield from pause(WRONG_DELAY)
            tty.write("\nLogin incorrect\n")


def _ask_name(tty: Terminal, kernel: Kernel) -> Program[str]:
    editor = LineEditor()
    while True:
        event = yield from read_line(tty, editor, f"{kernel.hostname} login: ")
        if event is Event.LINE and editor.text.strip():
            return editor.text.strip()
        if event is Event.END:
            tty.write("\n")


def _text(files: FileSystem, path: str) -> str:
    """A file's text; nothing where a user has removed it."""
    return files.read(path) if files.find(path) is not None else ""
