"""A fake switch: its ports, its configuration (running and saved), its log."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from consolesvc.emulator.guests.editor import LineEditor
from consolesvc.emulator.guests.program import Terminal
from consolesvc.emulator.guests.width import ROWS

PORTS: Final = 8
CABLED: Final = (1, 2, 3, 8)
"""Ports with something at the other end."""

PASSWORD: Final = "consolesvc"  # noqa: S105 - no secret: the banner says it
LOG_LINES: Final = 100
MOST_VLANS: Final = 64


class Mode(Enum):
    """Where in the command language the user is."""

    USER = auto()
    ENABLED = auto()
    CONFIG = auto()
    INTERFACE = auto()
    VLAN = auto()


@dataclass(slots=True)
class Port:
    """What is configured about one port."""

    description: str = ""
    shutdown: bool = False
    vlan: int = 1


@dataclass(slots=True)
class Settings:
    """A whole configuration."""

    hostname: str
    ports: dict[int, Port] = field(default_factory=lambda: {number: Port() for number in range(1, PORTS + 1)})
    vlans: dict[int, str] = field(default_factory=lambda: {1: "default"})


class Device:
    """The switch. `running` is lost with the power; `startup` is not.

    Args:
        wall: Gives the time of day, in seconds since 1970.
    """

    def __init__(self, tty: Terminal, name: str, wall: Callable[[], float]) -> None:
        self.tty = tty
        self.name = name
        self.wall = wall
        self.startup = Settings(name)
        self.running = copy.deepcopy(self.startup)
        self.log: list[str] = []
        self.started = 0.0

    def __repr__(self) -> str:
        return f"<Device {self.running.hostname}>"

    def restart(self) -> None:
        """Begin with what was saved."""
        self.running = copy.deepcopy(self.startup)
        self.log, self.started = [], self.tty.now

    def save(self) -> None:
        """Keep the running configuration for the next start."""
        self.startup = copy.deepcopy(self.running)

    def is_up(self, number: int) -> bool:
        """Whether a port has a link."""
        return number in CABLED and not self.running.ports[number].shutdown

    def tell(self, text: str) -> None:
        """Log a message, and show it on the console."""
        line = (
            f"*{time.strftime('%b %e %H:%M:%S', time.gmtime(self.wall()))}.{int(self.wall() * 1000) % 1000:03}: {text}"
        )
        self.log = [*self.log, line][-LOG_LINES:]
        self.tty.write(line + "\n")


@dataclass(slots=True)
class Session:
    """Somebody at the console.

    Attributes:
        number: The port or VLAN being configured.
        length: Rows of a page; 0 for no paging.
        left: Whether they have gone.
        reloading: Whether they asked for a restart.
    """

    device: Device
    editor: LineEditor
    mode: Mode = Mode.USER
    number: int = 0
    length: int = ROWS
    left: bool = False
    reloading: bool = False

    @property
    def tty(self) -> Terminal:
        """The console's terminal."""
        return self.device.tty

    @property
    def prompt(self) -> str:
        """`NAME>`, `NAME#`, `NAME(config)#` and so on."""
        ends = {
            Mode.USER: ">", Mode.ENABLED: "#", Mode.CONFIG: "(config)#", Mode.INTERFACE: "(config-if)#",
            Mode.VLAN: "(config-vlan)#",
        }  # fmt: skip
        return self.device.running.hostname + ends[self.mode]
