"""What a connection of ser2net's leads to, as a line of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from consolesvc.config.linespec import DEFAULT_SETTINGS
from consolesvc.moving.commands import command
from consolesvc.moving.ipmi import sol
from consolesvc.moving.moved import Entry, Moved, Place
from consolesvc.moving.ser2net.gensio import Stack, parse_stack, words
from consolesvc.moving.ser2net.serialdev import Uart

_FAMILIES: Final = frozenset({"ipv4", "ipv6", "ipv6n4"})
_SEPARATORS: Final = " \t\n\r\f\v,"
_AS_IT_IS: Final = frozenset({"keepopen", "telnet"})
"""Layers that are ours as well, or that we do without."""
_SOL: Final[Mapping[str, str]] = {"-p": "-p", "-A": "-A", "-L": "-L", "-k": "-k"}
"""Options of OpenIPMI's that ipmitool has under the same letter."""
_FILE = re.compile(r"\*\{(?!\*)([^}]*)\}")


class Unfit(Exception):
    """A connector that cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection, its texts expanded.

    Attributes:
        defaults: What `default` has set for serial devices so far, by name.
        places: Where its keys stand.
    """

    name: str
    place: Place
    connector: str
    connector_place: Place
    defaults: Mapping[str, str] = field(default_factory=dict)

    def title(self, key: str) -> str:
        """A key of it as notes call it."""
        return f"{self.name}: {key}"


def entry(connection: Connection, moved: Moved) -> Entry:
    """The server that a connection comes to; raises Unfit where there is none."""
    try:
        stack = parse_stack(connection.connector)
    except ValueError as error:
        raise Unfit(f"connector: {error}") from None
    make = _KINDS.get(stack.lowest.name)
    if make is None:
        raise Unfit(f"connector: there is no line of type {stack.lowest.name}")
    for layer in stack.layers[:-1]:
        if layer.name == "ratelimit":
            what = connection.title("connector ratelimit")
            moved.leave_out(connection.connector_place, what, "say `pace` on the line, such as pace: 200 c/s")
        elif layer.name not in _AS_IT_IS:
            raise Unfit(f"connector: a line speaks no {layer.name}; a command may, such as socat")
    return make(connection, stack, moved)


def serial(connection: Connection, device: str, settings: list[str], moved: Moved) -> tuple[Entry, list[str]]:
    """A serial device; also the words among its settings that are none."""
    uart = Uart()
    for name, value in connection.defaults.items():
        uart.set(name, value)
    strange = [word for word in settings if not uart.take(word)]
    made = Entry(connection.name, uart.line(device), connection.place)
    for what, why in uart.told:
        moved.leave_out(connection.connector_place, connection.title(what), why)
    return made, strange


def ipmisol(connection: Connection, text: str, moved: Moved) -> Entry:
    """Serial over LAN, in OpenIPMI's words: `lan -U root -P secret bmc8`, a comma, and a speed that the BMC has."""
    found = words(text.partition(",")[0])
    if not found or found[0] != "lan":
        raise Unfit("connector: ipmisol is known here over lan alone")
    values: dict[str, str] = {}
    at = 1
    while at + 1 < len(found) and found[at].startswith("-"):
        values[found[at]] = found[at + 1]
        at += 2
    if at + 1 != len(found):
        raise Unfit("connector: expected lan, options and a host after ipmisol")
    options: tuple[str, ...] = ()
    for option, value in values.items():
        if option in _SOL:
            options += (_SOL[option], value)
        elif option not in ("-U", "-P"):
            moved.leave_out(
                connection.connector_place, connection.title(f"connector {option}"), "ipmitool has no such option"
            )
    user, password = values.get("-U", ""), values.get("-P", "")
    if (file := _FILE.fullmatch(password)) is not None:
        why = f"its password is in {file[1]}: IPMI_PASSWORD=… goes into an env_file of its line"
        moved.leave_out(connection.connector_place, connection.title("connector -P"), why)
        password, options = "", (*options, "-E")
    return sol(connection.name, connection.place, found[at], user=user, password=password, options=options)


def _serialdev(connection: Connection, stack: Stack, moved: Moved) -> Entry:
    device, _, settings = stack.rest.partition(",")
    if not device.strip():
        raise Unfit("connector: serialdev has no device")
    made, strange = serial(connection, device.strip(), words(settings, _SEPARATORS), moved)
    if strange:
        raise Unfit(f"connector: {strange[0]!r} is no setting of a serial device")
    return made


def _tcp(connection: Connection, stack: Stack, moved: Moved) -> Entry:
    host, port = address(stack.rest)
    if not host or not port.isdigit() or not port.isascii():
        raise Unfit("connector: expected a host and a port after tcp")
    telnet = next((layer for layer in stack.layers if layer.name == "telnet"), None)
    kind = "tcp" if telnet is None else "rfc2217" if telnet.has("rfc2217") else "telnet"
    if kind == "rfc2217":
        what = connection.title("connector rfc2217")
        moved.mention(
            connection.connector_place, what, f"the port is set to {DEFAULT_SETTINGS} unless its line has `settings`"
        )
    line: dict[str, Any] = {"type": kind, "host": host, "port": int(port[:6])}
    return Entry(connection.name, line, connection.place)


def _unix(connection: Connection, stack: Stack, _moved: Moved) -> Entry:
    return Entry(connection.name, {"type": "unix", "path": stack.rest}, connection.place)


def _command(connection: Connection, stack: Stack, moved: Moved) -> Entry:
    argv = words(stack.rest)
    if not argv:
        raise Unfit(f"connector: {stack.lowest.name} has no program")
    told = (connection.connector_place, connection.title("connector"))
    return command(connection.name, connection.place, {"type": "command", "argv": argv}, told, moved)


def _ipmisol(connection: Connection, stack: Stack, moved: Moved) -> Entry:
    return ipmisol(connection, stack.rest, moved)


def address(text: str) -> tuple[str, str]:
    """Host and port of a network address as gensio writes it: `ipv6,::1,2002`; the host is "" where there is none."""
    parts = [part.strip() for part in text.split(",")]
    if parts[0].lower() in _FAMILIES:
        parts = parts[1:]
    if len(parts) == 1:
        return "", parts[0]
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")  # noqa: PLR2004 - a host and a port


_KINDS: Mapping[str, Callable[[Connection, Stack, Moved], Entry]] = {
    "ipmisol": _ipmisol,
    "pty": _command,
    "sdev": _serialdev,
    "serialdev": _serialdev,
    "stdio": _command,
    "tcp": _tcp,
    "termios": _serialdev,
    "unix": _unix,
}
