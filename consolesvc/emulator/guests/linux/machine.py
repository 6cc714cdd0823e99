"""A machine that may come to run Linux, whatever starts it; and the panic that it can be made to have."""

from __future__ import annotations

from consolesvc.emulator.guests.base import GuestOptions
from consolesvc.emulator.guests.linux.kernel import Board, Ending
from consolesvc.emulator.guests.linux.system import Crash, LinuxSystem
from consolesvc.emulator.guests.program import Program, ProgramGuest


class LinuxMachine(ProgramGuest):
    """A guest whose program runs `linux` at times."""

    def __init__(self, options: GuestOptions) -> None:
        super().__init__()
        self.options = options
        self._system: LinuxSystem | None = None

    def linux(self, board: Board, cmdline: str) -> Program[Ending]:
        """Linux from its kernel's first message to its last."""
        self._system = LinuxSystem(self.tty, self.options, board, cmdline)
        return (yield from self._system.run())

    def panic(self, now: float, seconds: float) -> bytes:
        """Have the kernel panic, and reboot `seconds` later; what the machine sends.

        Raises:
            ValueError: no kernel runs at the moment.
        """
        if not self.powered or self._system is None or not self._system.running:
            raise ValueError("no kernel runs on it at the moment")
        return self.disturb(Crash(seconds), now)
