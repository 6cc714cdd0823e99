"""A fake Linux server from its kernel's first message to its last; what starts it is somebody else's."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.base import GuestOptions
from consolesvc.emulator.guests.linux import bootlog
from consolesvc.emulator.guests.linux.filesystem import FileSystem
from consolesvc.emulator.guests.linux.kernel import RELEASE, Board, Ending, Kernel
from consolesvc.emulator.guests.linux.login import log_in
from consolesvc.emulator.guests.linux.shell import Shell
from consolesvc.emulator.guests.linux.tree import fill
from consolesvc.emulator.guests.program import Program, Terminal, pause

PANIC_DELAY: Final = 10
"""Seconds from a panic to the reboot: the `panic=10` of the command line."""


class Crash(Exception):
    """The kernel is made to panic from outside; it reboots `seconds` later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LinuxSystem:
    """One boot of Linux; made when its kernel starts, and useless after `run` has returned.

    Everything in it is volatile: the next boot begins with the same files again.
    """

    def __init__(self, tty: Terminal, options: GuestOptions, board: Board, cmdline: str) -> None:
        self.tty = tty
        self.kernel = Kernel(tty, options.name, board, cmdline, options.wall)
        self.files = FileSystem(options.wall)
        self.running = False
        """Whether it runs, and neither panics nor shuts down: a Crash may be raised in it."""
        self._panic_delay: float = PANIC_DELAY
        fill(self.files, self.kernel)

    def __repr__(self) -> str:
        return f"<LinuxSystem {self.kernel!r}>"

    def run(self) -> Program[Ending]:
        """Boot, log users in one after the other, shut down. The result is REBOOT or POWER_OFF."""
        self.running = True
        try:
            yield from self._boot()
            while self.kernel.ending is None:
                user = yield from log_in(self.tty, self.kernel, self.files)
                yield from Shell(self.tty, self.kernel, self.files, user).run()
        except Crash as crash:
            self.kernel.ending, self._panic_delay = Ending.PANIC, crash.seconds
        finally:
            self.running = False
        if self.kernel.ending is Ending.PANIC:
            yield from self._panic()
            return Ending.REBOOT
        yield from self._shut_down(rebooting=self.kernel.ending is Ending.REBOOT)
        return self.kernel.ending

    def _boot(self) -> Program[None]:
        self.kernel.printk(self._filled(self.kernel.board.early), stamp=0.0)
        for delay, text in bootlog.KERNEL:
            yield from pause(delay)
            self.kernel.printk(self._filled(text))
        for delay, text in bootlog.INITRAMFS:
            yield from pause(delay)
            self.tty.write(text)
        self.kernel.printk(self._filled(bootlog.ROOT_MOUNTED))
        self.tty.write("\nWelcome to \x1b[1;36mFake Linux 1\x1b[0m!\n\n")
        yield from self._units(bootlog.UNITS)
        yield from pause(0.3)

    def _filled(self, text: str) -> str:
        kernel = self.kernel
        return text.format(
            cmdline=kernel.cmdline,
            mac=kernel.mac,
            hostname=kernel.hostname,
            release=RELEASE,
            model=kernel.board.model,
            trace=kernel.board.trace,
            uart=kernel.board.uart,
        )

    def _units(self, units: tuple[tuple[float, str, str], ...]) -> Program[None]:
        for delay, what, unit in units:
            yield from pause(delay)
            self.tty.write(f"[\x1b[0;32m  OK  \x1b[0m] {what} \x1b[0;1;39m{unit}\x1b[0m.\n")

    def _shut_down(self, *, rebooting: bool) -> Program[None]:
        yield from pause(0.2)
        yield from self._units((*bootlog.STOPPED, bootlog.REBOOTED if rebooting else bootlog.POWERED_OFF))
        yield from pause(0.3)
        self.kernel.printk("systemd-shutdown[1]: Syncing filesystems and block devices.")
        yield from pause(0.2)
        self.kernel.printk("systemd-shutdown[1]: Sending SIGTERM to remaining processes...")
        yield from pause(0.3)
        self.kernel.printk("systemd-shutdown[1]: All filesystems unmounted.")
        yield from pause(0.1)
        self.kernel.printk("reboot: Restarting system" if rebooting else "reboot: Power down")
        yield from pause(0.3)

    def _panic(self) -> Program[None]:
        self.kernel.printk("sysrq: Trigger a crash\nKernel panic - not syncing: sysrq triggered crash")
        self.kernel.printk(self._filled(bootlog.PANIC))
        self.kernel.printk("---[ end Kernel panic - not syncing: sysrq triggered crash ]---")
        self.kernel.printk(f"Rebooting in {self._panic_delay:g} seconds..")
        yield from pause(self._panic_delay)
