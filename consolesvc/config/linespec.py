"""Line specs: what a line is, parsed and frozen; nothing here opens anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

GUEST_NAMES = ("linux", "uboot", "switch", "replay", "chatter", "echo")
"""What a fake server can run; the emulator has one program for each, which a test of it holds to this tuple."""

PARITIES = "noems"
_KERNEL = re.compile(r"(?P<baud>[0-9]{1,8})(?P<parity>[noems])(?P<bits>[5-8])(?P<stop>[12])?")
_CONMAN = re.compile(r"(?P<baud>[0-9]{1,8}),(?P<bits>[5-8])(?P<parity>[noems])(?P<stop>[12])")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Speed and framing of a UART."""

    baud: int = 115200
    bits: int = 8
    parity: str = "n"
    stop: int = 1

    @classmethod
    def parse(cls, text: str) -> LineSettings:
        """Read `115200n8` (kernel), `115200n81` (ser2net) or `9600,8n1` (conman).

        Raises:
            ValueError: it is none of these, or the speed is 0.
        """
        match = _KERNEL.fullmatch(text.lower()) or _CONMAN.fullmatch(text.lower())
        if match is None or int(match["baud"]) == 0:
            raise ValueError(f"{text!r} is no line setting; expected one like 115200n8, 115200n81 or 9600,8n1")
        return cls(int(match["baud"]), int(match["bits"]), match["parity"], int(match["stop"] or 1))

    def __str__(self) -> str:
        return f"{self.baud}{self.parity}{self.bits}{self.stop if self.stop != 1 else ''}"


DEFAULT_SETTINGS = LineSettings()
"""115200n8: what a line is where nothing else is said."""

Flow = Literal["none", "rtscts", "xonxoff"]
Speed = Literal["line", "max"]


@dataclass(frozen=True, slots=True)
class SerialSpec:
    """`type: serial`: a local device, through pyserial-asyncio."""

    device: str
    settings: LineSettings = DEFAULT_SETTINGS
    flow: Flow = "none"
    allow_host_console: bool = False

    def __str__(self) -> str:
        return self.device


@dataclass(frozen=True, slots=True)
class EmulatedSpec:
    """`type: emulated`: a fake server.

    Attributes:
        guest: One of `GUEST_NAMES`.
        speed: "line" sends at the settings' speed, "max" as fast as it is read.
        settings: Speed of its line.
        rate: Lines a second of a `chatter` guest; 0 for as many as are read.
        file: Recording of a `replay` guest, an absolute path.
    """

    guest: str
    speed: Speed = "line"
    settings: LineSettings = DEFAULT_SETTINGS
    rate: float = 10
    file: str | None = None

    def __str__(self) -> str:
        return self.guest


LineSpec = SerialSpec | EmulatedSpec
