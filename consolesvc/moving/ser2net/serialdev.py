"""The settings of a serial device, in every spelling that ser2net and gensio take.

9600n81  9600  speed=9600n81  xonxoff  rtscts=true  local  nobreak=false        of gensio (gensio(5), serialdev)
9600 EVEN 7DATABITS 1STOPBIT XONXOFF -RTSCTS LOCAL HANGUP_WHEN_DONE             of ser2net 3
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from consolesvc.config.linespec import LineSettings

_SPEED = re.compile(r"([1-9][0-9]{1,7})(?:([neoms])(?:([5-8])(?:([12]))?)?)?", re.IGNORECASE)
_SWITCH = re.compile(r"(?P<off>-?)(?P<name>[a-z][a-z_-]*?)(?:=(?P<value>[a-z0-9]+))?", re.IGNORECASE)
_BITS = re.compile(r"([5-8])databits|([12])stopbits?", re.IGNORECASE)
_PARITIES: Final = ("none", "even", "odd", "mark", "space")
_NUMBERS: Final = {"databits": ("bits", 5, 8), "stopbits": ("stop", 1, 2)}

NEEDLESS: Final = frozenset({"local", "nobreak", "nouucplock", "custspeed"})
"""Switches that are so here anyhow: modem lines are looked at by nobody, and a break ends by itself."""
TOLD: Final = {
    "hangup-when-done": "DTR stays up when a line is closed",
    "rs485": "RS-485 is not spoken; set the port to it before, with `setserial` or in the device tree",
    "wronly": "a line is read, too",
    "drain_time": "what is written has a second to leave when a line is closed",
    "char_drain_wait": "what is written has a second to leave when a line is closed",
}


@dataclass(slots=True)
class Uart:
    """A port's settings; as ser2net begins with them. `told`: what was asked for and is not here, with its reason."""

    baud: int = 9600
    bits: int = 8
    parity: str = "n"
    stop: int = 1
    xonxoff: bool = False
    rtscts: bool = False
    told: list[tuple[str, str]] = field(default_factory=list)

    def take(self, word: str) -> bool:
        """Apply one word; whether it is one of a serial device's."""
        speed = _SPEED.fullmatch(word.lower().removeprefix("speed="))
        if speed is not None:
            self.baud = int(speed[1])
            self.parity = (speed[2] or self.parity).lower()
            self.bits, self.stop = int(speed[3] or self.bits), int(speed[4] or self.stop)
            return True
        if word.lower() in _PARITIES:
            self.parity = word[0].lower()
            return True
        bits = _BITS.fullmatch(word)
        if bits is not None:
            self.bits, self.stop = int(bits[1] or self.bits), int(bits[2] or self.stop)
            return True
        return self._switch(word)

    def set(self, name: str, value: str) -> bool:
        """Apply a default: `speed` is 9600n81, `parity` is even, `xonxoff` is true; whether there is such a one."""
        if name in _NUMBERS:
            attribute, least, most = _NUMBERS[name]
            if not (value.isascii() and value.isdigit() and len(value) == 1 and least <= int(value) <= most):
                return False
            setattr(self, attribute, int(value))
            return True
        if name == "parity":
            return value.lower() in _PARITIES and self.take(value)
        return self.take(value if name == "speed" else f"{name}={value}")

    def line(self, device: str) -> dict[str, str]:
        """The keys of a line of ours; of two kinds of flow control the wires win."""
        settings = str(LineSettings(self.baud, self.bits, self.parity, self.stop))
        line = {"type": "serial", "device": device, "settings": settings}
        if self.rtscts:
            line["flow"] = "rtscts"
            if self.xonxoff:
                self.told.append(("xonxoff", "rtscts is asked for, too, and a line has one kind of flow control"))
        elif self.xonxoff:
            line["flow"] = "xonxoff"
        return line

    def _switch(self, word: str) -> bool:
        key, _, rest = word.lower().partition("=")
        key = key.removeprefix("-").replace("_when_", "-when-")
        match = _SWITCH.fullmatch(word)
        on = match is not None and not match["off"] and (match["value"] or "true").lower() in ("true", "1", "on", "yes")
        if key in ("xonxoff", "rtscts") and match is not None:
            setattr(self, key, on)
            return True
        if key in NEEDLESS:
            return True
        if key in TOLD:
            if on or (rest and rest not in ("off", "false", "0", "no")):
                self.told.append((key, TOLD[key]))
            return True
        return False
