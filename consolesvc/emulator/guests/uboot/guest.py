"""The `uboot` guest: a countdown that a key stops, a prompt, and the Linux that is booted in the end."""

from __future__ import annotations

import re
from typing import Final

from consolesvc.emulator.guests.base import GuestOptions
from consolesvc.emulator.guests.editor import Event, LineEditor
from consolesvc.emulator.guests.linux.bootlog import SINGLE_BOARD
from consolesvc.emulator.guests.linux.kernel import Ending, mac_address
from consolesvc.emulator.guests.linux.machine import LinuxMachine
from consolesvc.emulator.guests.program import Interrupted, Program, key, pause
from consolesvc.emulator.guests.prompt import read_line
from consolesvc.emulator.guests.uboot.commands import VERSION, execute
from consolesvc.emulator.guests.uboot.environment import Environment
from consolesvc.emulator.guests.uboot.monitor import Monitor

PROMPT: Final = "=> "

_BANNER: Final = (
    (0.3, f"\n\n{VERSION}\n\n"),
    (0.1, "DRAM:  1 GiB\n"),
    (0.1, "Core:  51 devices, 14 uclasses, devicetree: board\n"),
    (0.1, "Flash: 64 MiB\nLoading Environment from Flash... OK\n"),
    (0.1, "In:    serial\nOut:   serial\nErr:   serial\n"),
    (0.2, "Net:   eth0: virtio-net#1\n"),
)


class UBootGuest(LinuxMachine):
    """A board with U-Boot. Its saved environment outlives resets and the power; a reboot of Linux comes back to it."""

    def __init__(self, options: GuestOptions) -> None:
        super().__init__(options)
        self.environment = Environment(options.name, mac_address(options.name))

    def __repr__(self) -> str:
        return f"<UBootGuest {self.options.name}, {'on' if self.powered else 'off'}>"

    def main(self) -> Program[None]:
        """From cold start to power off."""
        while True:
            self.environment.restart()
            if not (yield from self._monitor()):
                continue
            cmdline = self.environment.variables.get("bootargs", "")
            ending = yield from self.linux(SINGLE_BOARD, cmdline)
            if ending is Ending.POWER_OFF:
                return

    def _monitor(self) -> Program[bool]:
        """U-Boot from its banner on; True when Linux is to start, False after a reset."""
        for delay, text in _BANNER:
            yield from pause(delay)
            self.tty.write(text)
        monitor = Monitor(self.tty, self.environment)
        stopped = yield from self._count_down()
        if not stopped:
            yield from self._execute(monitor, "run bootcmd")
        editor = LineEditor()
        last = ""
        while not monitor.ending:
            event = yield from read_line(self.tty, editor, PROMPT)
            if event is Event.INTERRUPT:
                self.tty.write("<INTERRUPT>\n")
            if event is not Event.LINE:
                continue
            line = editor.text.strip()
            editor.history.add(line)
            # As U-Boot does it: Enter alone dumps more memory after a dump.
            if line or last == "md":
                yield from self._execute(monitor, line or last)
            last = "md" if re.match(r"md\b", line) or (not line and last) else ""
        return monitor.ending == "boot"

    def _execute(self, monitor: Monitor, script: str) -> Program[None]:
        try:
            yield from execute(monitor, script)
        except Interrupted:
            self.tty.write("\n<INTERRUPT>\n")

    def _count_down(self) -> Program[bool]:
        """Whether a key stopped it."""
        delay = self.environment.variables.get("bootdelay", "3")
        seconds = min(int(delay), 99) if re.fullmatch(r"\d{1,4}", delay, re.ASCII) else -1
        if seconds < 0:
            return True
        self.tty.write(f"Hit any key to stop autoboot: {seconds:2} ")
        stopped = False
        while seconds and not stopped:
            end = self.tty.now + 1
            stopped = bool((yield from key(max(0.0, end - self.tty.now))))
            seconds -= 0 if stopped else 1
            self.tty.write(f"\b\b\b{0 if stopped else seconds:2} ")
        self.tty.write("\n")
        return stopped
