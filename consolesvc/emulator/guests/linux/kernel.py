"""The kernel of a fake Linux server: its log, its clock, and the facts that commands show."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from consolesvc.emulator.guests.program import Terminal

RELEASE: Final = "6.1.0-fake"
VERSION: Final = "#1 SMP PREEMPT_DYNAMIC Mon Jan 15 09:00:00 UTC 2024"
MEMORY_KIB: Final = 1_014_528
"""What `free` shows of a machine with 1 GiB."""

LOG_LINES: Final = 400


class Ending(Enum):
    """How a run of the kernel ends."""

    REBOOT = auto()
    POWER_OFF = auto()
    PANIC = auto()


class Board(NamedTuple):
    """A kind of machine.

    Attributes:
        machine: What `uname -m` says.
        cpu: The processor's name.
        model: The machine's, as a panic and the boot log name it.
        uart: Where its serial port is.
        trace: The last part of a panic's call trace and the registers.
        early: The first kernel messages, those that differ between boards; `{…}` are Kernel's facts.
    """

    machine: str
    cpu: str
    model: str
    uart: str
    trace: str
    early: str


def vary(name: str, what: str, below: int) -> int:
    """A number that differs between machines and is always the same for the machine `name`: 0 to `below` - 1."""
    return zlib.crc32(f"{name}/{what}".encode()) % below


def mac_address(name: str) -> str:
    """The hardware address of a machine's eth0; 52:54:00 is what emulators use."""
    return "52:54:00:" + ":".join(f"{vary(name, f'mac{place}', 256):02x}" for place in range(3))


class Kernel:
    """One run of the kernel, from its first message to its end.

    Attributes:
        ending: Set by whoever wants it to end; the system shuts down as soon as it looks.

    Args:
        wall: Gives the time of day, in seconds since 1970.
    """

    def __init__(self, tty: Terminal, name: str, board: Board, cmdline: str, wall: Callable[[], float]) -> None:
        self.tty = tty
        self.name = name
        self.hostname = name
        self.board = board
        self.cmdline = cmdline
        self.wall = wall
        self.started = tty.now
        self.ending: Ending | None = None
        self.log: list[str] = []
        self._last_stamp = 0.0

    def __repr__(self) -> str:
        return f"<Kernel of {self.name}, up {self.uptime:.0f} s>"

    @property
    def uptime(self) -> float:
        """Seconds since its first message."""
        return self.tty.now - self.started

    @property
    def mac(self) -> str:
        """The hardware address of eth0."""
        return mac_address(self.name)

    @property
    def address(self) -> str:
        """The IPv4 address of eth0, in the network that is set aside for examples."""
        return f"192.0.2.{10 + vary(self.name, 'address', 200)}"

    def printk(self, text: str, *, stamp: float | None = None) -> None:
        """Log each line of `text`, and show it on the console, with the time since start that it comes at."""
        for line in text.splitlines():
            # Two lines never carry the same time: some microseconds pass between them.
            passed = max(self.uptime, self._last_stamp + (20 + zlib.crc32(line.encode()) % 400) / 1e6)
            self._last_stamp = passed if stamp is None else stamp
            logged = f"[{self._last_stamp:12.6f}] {line}"
            self.log = [*self.log, logged][-LOG_LINES:]
            self.tty.write(logged + "\n")

    def sysrq(self, text: str) -> None:
        """What a write to /proc/sysrq-trigger does."""
        self.ending = {"c": Ending.PANIC, "b": Ending.REBOOT, "o": Ending.POWER_OFF}.get(text[:1])
        if self.ending is None:
            self.printk("sysrq: HELP : reboot(b) crash(c) poweroff(o)")
