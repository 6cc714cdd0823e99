"""The `switch` guest: boot loader, self test, and a console with a privileged mode."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from consolesvc.emulator.guests.base import GuestOptions
from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.program import Interrupted, Program, ProgramGuest, key, pause
from consolesvc.emulator.guests.prompt import page, read_line, read_on
from consolesvc.emulator.guests.switch import show
from consolesvc.emulator.guests.switch.commands import HELP, RULES, end
from consolesvc.emulator.guests.switch.device import PASSWORD, PORTS, Device, Mode, Session
from consolesvc.emulator.guests.switch.grammar import Rejected, expected, resolve

IDLE: Final = 600.0
"""Seconds without a key until the console is left."""

_CONFIG_MODES: Final = (Mode.CONFIG, Mode.INTERFACE, Mode.VLAN)

_BOOT: Final = (
    (0.2, "\n\nFakeBoot 1.1 (consolesvc)\n"),
    (0.3, "FS-800 platform with 262144 Kbytes of main memory\n\n"),
    (0.3, "Initializing flash filesystem...\nflash: 12 files, 3 directories, 65536 Kbytes\n"),
    (0.3, 'Loading "flash:fakeos-4.2.1.bin"...'),
    *((0.08, "#" * 6) for _ in range(10)),
    (0.1, " [OK]\n\n"),
    (0.5, f"{show.VERSION}, fake switch software of consolesvc\n\n"),
    (0.3, "POST: CPU tests          : Passed\n"),
    (0.2, "POST: Memory tests       : Passed\n"),
    (0.3, "POST: Forwarding engine  : Passed (there is none)\n"),
    (0.3, "POST: Port loopback      : Passed\n\n"),
    (0.3, f"{PORTS} Ethernet interfaces\n\n"),
)


class SwitchGuest(ProgramGuest):
    """A network device of no vendor. What `write memory` saved outlives reloads and the power."""

    def __init__(self, options: GuestOptions) -> None:
        super().__init__()
        self.device = Device(self.tty, options.name, options.wall)

    def __repr__(self) -> str:
        return f"<SwitchGuest {self.device.name}, {'on' if self.powered else 'off'}>"

    def main(self) -> Program[None]:
        """From cold start on; a switch has no way to switch itself off."""
        while True:
            for delay, text in _BOOT:
                yield from pause(delay)
                self.tty.write(text)
            self.device.restart()
            self.device.tell("%SYS-5-RESTART: System restarted")
            for number in self.device.running.ports:
                if self.device.is_up(number):
                    self.device.tell(f"%LINK-3-UPDOWN: Interface Ethernet{number}, changed state to up")
            session = yield from self._serve()
            while not session.reloading:
                self.tty.write(f"\n{self.device.running.hostname} con0 is now available\n")
                session = yield from self._serve()

    def _serve(self) -> Program[Session]:
        """One user at the console, from RETURN until they leave or reload."""
        self.tty.write("\nPress RETURN to get started.\n")
        while (yield from key()) not in (b"\r", b"\n"):
            pass
        self.tty.write(f'\nThis is a fake switch of consolesvc. The password of "enable" is "{PASSWORD}".\n\n')
        session = Session(self.device, LineEditor(specials={"?": Event.HELP, "\x1a": Event.LEAVE}))
        session.editor.complete = lambda text: self._complete(session, text)
        while not (session.left or session.reloading):
            yield from self._one_line(session)
        return session

    def _one_line(self, session: Session) -> Program[None]:
        editor = session.editor
        event = yield from read_line(self.tty, editor, session.prompt, IDLE)
        while event is Event.HELP:
            self.tty.write("?\n")
            yield from self._help(session)
            self.tty.send(editor.resume())
            event = yield from read_on(self.tty, editor, IDLE)
        if event is Event.TIMEOUT:
            session.left = True
            self.tty.write("\n")
        elif event in (Event.LEAVE, Event.INTERRUPT):
            self.tty.write("^Z\n" if event is Event.LEAVE else "")
            end(session, [])
        elif event is Event.LINE and editor.text.strip():
            editor.history.add(editor.text)
            yield from self._execute(session, editor.text)

    def _execute(self, session: Session, line: str) -> Program[None]:
        mode, start = session.mode, len(line) - len(line.lstrip())
        words = line.split(maxsplit=1)
        inner = mode in _CONFIG_MODES and words[0].lower() == "do"
        if inner:
            start = line.index(words[1], start + 2) if words[1:] else len(line)
            mode = Mode.ENABLED
        try:
            rule, arguments = resolve(RULES, mode, " " * start + line[start:] if inner else line)
            result = rule.action(session, arguments)
            if isinstance(result, Generator):
                yield from result
        except Rejected as rejected:
            if rejected.column is not None:
                self.tty.write(" " * (len(session.prompt) + rejected.column) + "^\n")
            self.tty.write(f"{rejected}\n\n" if rejected.column is not None else f"{rejected}\n")
        except Interrupted:
            pass

    def _help(self, session: Session) -> Program[None]:
        editor = session.editor
        try:
            stem, words = expected(RULES, session.mode, editor.text)
        except Rejected as rejected:
            self.tty.write(f"{rejected}\n\n" if rejected.column is None else "% Unrecognized command\n")
            return
        if stem:
            lines = ["  ".join(words)] if words else ["% Unrecognized command"]
        else:
            lines = [f"  {word:<16}{HELP.get(word, '')}".rstrip() for word in words]
        try:
            yield from page(self.tty, [*lines, ""], session.length)
        except Interrupted:
            return

    def _complete(self, session: Session, text: str) -> tuple[str, list[str]]:
        try:
            stem, words = expected(RULES, session.mode, text)
        except Rejected:
            return "", []
        # Keywords are lower case: an upper-case beginning is left as it was typed.
        return stem, [f"{word} " for word in words if word[0].islower() and word.startswith(stem)]
