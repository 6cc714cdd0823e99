"""A console of conserver's as a line of ours, for each of its types (conserver.cf(5), type)."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from consolesvc.config.linespec import LineSettings
from consolesvc.moving.commands import command
from consolesvc.moving.conserver.settings import Settings
from consolesvc.moving.conserver.substitution import substitute
from consolesvc.moving.ipmi import sol
from consolesvc.moving.moved import Entry, Moved, Place

_PORTS: Final = 65536
_WORDS = re.compile(r"[A-Za-z0-9_@%+=:,./-]+(?: +[A-Za-z0-9_@%+=:,./-]+)*")
_SHELLS_OWN: Final = frozenset(
    {".", ":", "[", "cd", "eval", "exec", "export", "set", "trap", "ulimit", "umask", "wait"}
)
"""Words at the beginning of a command that are no programs."""
_BAUD = re.compile(r"[1-9][0-9]{1,7}")
_OCTAL = re.compile(r"\\([0-7]{1,3})|\\(.)", re.DOTALL)
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "device": ("device", "baud", "parity"),
    "host": ("host", "port"),
    "ipmi": ("host",),
    "uds": ("uds",),
}
"""What a console of each type cannot do without."""
_PRIVILEGES: Final = {"user": "USER", "operator": "OPERATOR"}


class Unfit(Exception):
    """A console cannot be had here, or is none to conserver either; the text says why."""


@dataclass(frozen=True, slots=True)
class Console:
    """A console as its block leaves it."""

    name: str
    place: Place
    settings: Settings

    def check(self) -> None:
        """Raise Unfit for a console that conserver ignores: a needed value is missing."""
        for keyword in ("master", "type"):
            if not self.settings.text(keyword):
                raise Unfit(f"has no {keyword}; conserver ignores it, too")
        kind = self.settings.text("type").lower()
        for keyword in _NEEDED.get(kind, ()):
            if not self.settings.text(keyword):
                raise Unfit(f"has no {keyword}; conserver ignores a console of type {kind} without, too")

    def substituted(self, keyword: str) -> str:
        """A value with the substitutions that belong to it; raises Unfit."""
        text, specification = self.settings.text(keyword), self.settings.text(f"{keyword}subst")
        if not specification or not text:
            return text
        known = self.settings.text
        baud = known("baud")
        values: dict[str, str | int] = {"c": self.name, "h": known("host"), "r": known("replstring")}
        values |= {
            "p": self._number("port"),
            "P": self.port,
            "b": int(baud) if _BAUD.fullmatch(baud) else 0,
        }
        try:
            return substitute(text, specification, values)
        except ValueError as error:
            raise Unfit(f"{keyword}subst: {error}") from None

    @property
    def port(self) -> int:
        """The port that comes of `portbase`, `portinc` and `port`; raises Unfit."""
        return (self._number("portbase") + self._number("portinc", 1) * self._number("port")) % _PORTS

    def _number(self, keyword: str, default: int = 0) -> int:
        text = self.settings.text(keyword)
        if not text:
            return default
        if re.fullmatch(r"[0-9]{1,5}" if keyword != "portbase" else r"[0-9]{1,5}|-1", text):
            return int(text)
        if keyword == "port":
            with contextlib.suppress(OSError, ValueError):
                return socket.getservbyname(text, "tcp")
        raise Unfit(f"{keyword} {text[:40]} is no number{' and no service of this host' if keyword == 'port' else ''}")


def entry(console: Console, moved: Moved) -> Entry:
    """The server that a console comes to, which has all that its type needs; raises Unfit where there is none."""
    return _KINDS[console.settings.text("type").lower()](console, moved)


def _device(console: Console, moved: Moved) -> Entry:
    settings = console.settings
    device, baud, parity = console.substituted("device"), settings.text("baud"), settings.text("parity").lower()
    if not _BAUD.fullmatch(baud):
        raise Unfit(f"baud {baud[:40]} is no speed")
    # Conserver sends seven bits wherever it sends a parity.
    spec = LineSettings(int(baud), 8 if parity == "none" else 7, parity[0], 1 + settings.flag("cstopb", default=False))
    line: dict[str, Any] = {"type": "serial", "device": device, "settings": str(spec)}
    xon, xoff = (settings.flag(option, default=True) for option in ("ixon", "ixoff"))
    if settings.flag("crtscts", default=False):
        line["flow"] = "rtscts"
        asked = [settings.flags[option] for option in ("ixon", "ixoff") if option in settings.flags]
        for flag in asked:
            if flag.on:
                moved.leave_out(
                    flag.place, f"console {console.name}: options", "crtscts and XON/XOFF: flow is rtscts alone"
                )
    elif xon or xoff:
        line["flow"] = "xonxoff"
        if not (xon and xoff):
            moved.mention(console.place, f"console {console.name}: options", "flow xonxoff is both ixon and ixoff")
    return Entry(console.name, line, console.place)


def _host(console: Console, _moved: Moved) -> Entry:
    host = console.settings.text("host")
    kind = "tcp" if console.settings.text("protocol").lower() == "raw" else "telnet"
    return Entry(console.name, {"type": kind, "host": host, "port": console.port}, console.place)


def _exec(console: Console, moved: Moved) -> Entry:
    text = console.substituted("exec")
    if not text:
        return Entry(console.name, {"type": "command", "argv": ["/bin/sh", "-i"]}, console.place)
    plain = _WORDS.fullmatch(text) is not None
    words = text.split()
    if plain and "=" not in words[0] and words[0] not in _SHELLS_OWN:
        line: dict[str, Any] = {"type": "command", "argv": words}
    else:
        line = {"type": "command", "shell": text}
    return command(console.name, console.place, line, (console.place, f"console {console.name}: exec"), moved)


def _ipmi(console: Console, _moved: Moved) -> Entry:
    text = console.settings.text
    options: tuple[str, ...] = ()
    if text("ipmiciphersuite") not in ("", "-1"):
        options += ("-C", text("ipmiciphersuite"))
    if privilege := _PRIVILEGES.get(text("ipmiprivlevel").lower()):
        options += ("-L", privilege)
    key = _OCTAL.sub(lambda found: chr(int(found[1], 8) % 256) if found[1] else found[2], text("ipmikg"))
    return sol(
        console.name,
        console.place,
        text("host"),
        user=text("username"),
        password=text("password"),
        key=key,
        options=options,
    )


def _uds(console: Console, _moved: Moved) -> Entry:
    return Entry(console.name, {"type": "unix", "path": console.substituted("uds")}, console.place)


def _noop(_console: Console, _moved: Moved) -> Entry:
    raise Unfit("is of type noop, which has no line")


_KINDS: Mapping[str, Callable[[Console, Moved], Entry]] = {
    "device": _device,
    "exec": _exec,
    "host": _host,
    "ipmi": _ipmi,
    "noop": _noop,
    "uds": _uds,
}
