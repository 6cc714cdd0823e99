"""The `linux` guest: a PC that boots Linux, asks for a login, and has a shell worth typing into."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.linux.bootlog import PC
from consolesvc.emulator.guests.linux.kernel import Ending
from consolesvc.emulator.guests.linux.machine import LinuxMachine
from consolesvc.emulator.guests.program import Program, pause

CMDLINE: Final = "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro console=ttyS0,115200n8 panic=10"


class LinuxGuest(LinuxMachine):
    """Firmware, boot loader, Linux; again after a reboot, until it is switched off."""

    def __repr__(self) -> str:
        return f"<LinuxGuest {self.options.name}, {'on' if self.powered else 'off'}>"

    def main(self) -> Program[None]:
        """From cold start to power off."""
        ending = Ending.REBOOT
        while ending is Ending.REBOOT:
            yield from self._start()
            ending = yield from self.linux(PC, CMDLINE)

    def _start(self) -> Program[None]:
        """The firmware and the boot loader."""
        self.tty.write("\nFakeBIOS 1.0 (consolesvc)\n\n")
        yield from pause(0.2)
        self.tty.write(f"Machine: {self.options.name}\nMemory:  1024 MiB\n")
        yield from pause(0.3)
        self.tty.write("Disk 0:  virtio 4096 MiB\n\nBooting from disk 0...\n")
        yield from pause(0.4)
        self.tty.write("GRUB loading.\nLoading Linux ...\nLoading initial ramdisk ...\n")
        yield from pause(0.5)
