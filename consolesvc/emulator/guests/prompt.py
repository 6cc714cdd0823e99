"""Asking at a terminal, as steps of a program: a line with editing, a secret without echo, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.program import Interrupted, Program, Terminal, key
from consolesvc.emulator.guests.width import ROWS

LONGEST_SECRET: Final = 256

_MORE: Final = " --More-- "
_ERASE: Final = "\r" + " " * len(_MORE) + "\r"


def read_line(tty: Terminal, editor: LineEditor, prompt: str, idle: float | None = None) -> Program[Event]:
    """Let the user edit a line; `editor.text` has it. TIMEOUT when nothing was typed for `idle` seconds."""
    tty.send(editor.start(prompt))
    return (yield from read_on(tty, editor, idle))


def read_on(tty: Terminal, editor: LineEditor, idle: float | None = None) -> Program[Event]:
    """Go on editing the line that `read_line` began, after HELP."""
    while True:
        byte = yield from key(idle)
        if not byte:
            return Event.TIMEOUT
        typed = editor.feed(byte[0])
        tty.send(typed.shown)
        if typed.event is not None:
            return typed.event


def read_secret(tty: Terminal, prompt: str, timeout: float | None = None) -> Program[str | None]:
    """A line typed without echo; None on ^C, ^D, or `timeout` seconds after the prompt."""
    tty.write(prompt)
    end = None if timeout is None else tty.now + timeout
    secret = bytearray()
    while True:
        byte = yield from key(None if end is None else max(0.0, end - tty.now))
        if byte in (b"", b"\x03", b"\x04"):
            tty.write("\n")
            return None
        if byte in (b"\r", b"\n"):
            tty.write("\n")
            return secret.decode("utf-8", "replace")
        if byte in (b"\x08", b"\x7f"):
            del secret[-1:]
        elif byte == b"\x15":
            secret.clear()
        elif len(secret) < LONGEST_SECRET:
            secret += byte


def page(tty: Terminal, lines: Sequence[str], rows: int = ROWS) -> Program[None]:
    """Show `lines` a screen at a time: space for a page, Enter for a line, q to leave; 0 rows: all at once.

    Raises:
        Interrupted: ^C was typed.
    """
    room = rows - 1 if rows else len(lines)
    for line in lines:
        if room == 0:
            room = yield from _more(tty, rows - 1)
            if room == 0:
                return
        tty.write(line + "\n")
        room -= 1


def _more(tty: Terminal, whole: int) -> Program[int]:
    """Ask how to go on: the number of lines to show, 0 to leave."""
    tty.write(_MORE)
    while True:
        byte = yield from key()
        room = {b" ": whole, b"\r": 1, b"\n": 1, b"q": 0, b"Q": 0, b"\x03": 0}.get(byte)
        if room is None:
            continue
        tty.write(_ERASE)
        if byte == b"\x03":
            raise Interrupted
        return room
