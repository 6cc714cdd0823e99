"""ser2net.conf, as up to ser2net 3: a port a line.

[host,]port:raw|rawlp|telnet|off:timeout:device:settings and options
BANNER:name:text    DEVICE:name:device    DEFAULT:name:value    and others, each with a name and a text
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from consolesvc.moving.moved import Moved, Nonsense, Place
from consolesvc.moving.ser2net.accepters import line_to, tell_port
from consolesvc.moving.ser2net.connectors import Connection, Unfit, ipmisol, serial
from consolesvc.moving.ser2net.keywords import HERE_ANYHOW, OPTIONS
from consolesvc.moving.ser2net.serialdev import Uart

_PORT = re.compile(
    r"(?P<port>[^:\s][^\s]*?):(?P<state>raw|rawlp|telnet|off):(?P<timeout>[^:]*):(?P<device>[^:]*)(?::(?P<settings>.*))?"
)
_NAMED = re.compile(
    r"(?P<kind>BANNER|SIGNATURE|OPENSTR|CLOSESTR|CLOSEON|DEVICE|TRACEFILE|RS485CONF|DEFAULT|ROTATOR|LED):(?P<name>[^:]*):?(?P<text>.*)"
)
_CONTROL = "CONTROLPORT:"
_SEPARATORS = re.compile(r"[ ,\t]+")
_STRINGS: Final = {
    "BANNER": "banner",
    "SIGNATURE": "signature",
    "OPENSTR": "openstr",
    "CLOSESTR": "closestr",
    "CLOSEON": "closeon",
}
"""Texts that a port's options name without another word, and the option that this is."""
_SOL: Final = "sol."


def looks_like_lines(text: str) -> bool:
    """Whether some line of a text is one of a ser2net.conf."""
    return any(_PORT.fullmatch(line) or _NAMED.fullmatch(line) or line.startswith(_CONTROL) for _, line in _lines(text))


def read_lines(text: str, file: str, moved: Moved) -> None:
    """Read it; raises Nonsense where no line of it is one."""
    strings: dict[str, str] = {}
    devices: dict[str, str] = {}
    defaults: dict[str, str] = {}
    found = 0
    # What a port names may stand behind it.
    for _, line in _lines(text):
        named = _NAMED.fullmatch(line)
        if named is not None and named["kind"] in _STRINGS:
            strings[named["name"]] = _STRINGS[named["kind"]]
        elif named is not None and named["kind"] == "DEVICE":
            devices[named["name"]] = named["text"].strip()
    for number, line in _lines(text):
        place = Place(file, number)
        port, named = _PORT.fullmatch(line), _NAMED.fullmatch(line)
        found += bool(port or named or line.startswith(_CONTROL))
        if named is not None:
            _take_named(named, defaults, place, moved)
        elif line.startswith(_CONTROL):
            moved.leave_out(place, line[:60], "`consolesvc list`, `down` and `up` take its place")
        elif port is not None:
            _take_port(port, strings, devices, defaults, place, moved)
        else:
            moved.leave_out(place, line[:40], "expected PORT:STATE:TIMEOUT:DEVICE:SETTINGS, as ser2net does")
    if not found:
        raise Nonsense(f"{file}: is no ser2net.conf; expected lines such as 2001:telnet:0:/dev/ttyS1:9600 8DATABITS")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments; one that ends in a backslash goes on in the next."""
    begun, whole = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not whole:
            begun = number
            if not line.strip() or line.startswith("#"):
                continue
        if line.endswith("\\"):
            whole += line[:-1] or " "
            continue
        yield begun, (whole + line).strip()
        whole = ""
    if whole.strip():
        yield begun, whole.strip()


def _take_named(named: re.Match[str], defaults: dict[str, str], place: Place, moved: Moved) -> None:
    kind, name, text = named["kind"], named["name"], named["text"].strip()
    if kind == "DEFAULT":
        if Uart().set(name.replace("_", "-"), text):
            defaults[name.replace("_", "-")] = text
        elif name not in HERE_ANYHOW:
            moved.leave_out(place, f"DEFAULT:{name[:40]}", OPTIONS.get(name, "is nothing that a line has here"))
    elif kind == "ROTATOR":
        text = "a console has a URL of its own; there is none for the first that is free"
        moved.leave_out(place, f"ROTATOR:{name[:40]}", text)


def _take_port(
    port: re.Match[str],
    strings: Mapping[str, str],
    devices: Mapping[str, str],
    defaults: Mapping[str, str],
    place: Place,
    moved: Moved,
) -> None:
    given = port["device"].strip()
    device = devices.get(given, given)
    name = given if given in devices else PurePosixPath(given).name or f"port{port['port']}"
    if port["state"] == "off":
        moved.leave_out(place, name, f"port {port['port']} is off; a server that is here is always on")
        return
    connection = Connection(name, place, device, place, defaults)
    words = [word for word in _SEPARATORS.split((port["settings"] or "").strip()) if word]
    try:
        if device.startswith(_SOL):
            moved.entries.append(ipmisol(connection, device.removeprefix(_SOL).replace(".", " ", 1), moved))
            strange = words
        else:
            made, strange = serial(connection, device, words, moved)
            moved.entries.append(made)
    except Unfit as why:
        moved.leave_out(place, name, str(why))
        return
    for word in strange:
        _tell_option(word, name, strings, place, moved)
    if port["timeout"].strip(" 0"):
        moved.leave_out(place, f"{name}: timeout {port['timeout'][:20]}", "nobody is sent away for silence")
    kind = "telnet" if port["state"] == "telnet" else "tcp"
    kind = "rfc2217" if kind == "telnet" and "remctl" in [word.lower() for word in words] else kind
    line = line_to(kind, "127.0.0.1", port["port"].rpartition(",")[2])
    tell_port(name, f"{port['port']}:{port['state']}", line, place, moved)


def _tell_option(word: str, name: str, strings: Mapping[str, str], place: Place, moved: Moved) -> None:
    """Note a word behind a device that is no setting of it."""
    key = word.lstrip("-").partition("=")[0]
    option = strings.get(word, key.lower())
    if option in HERE_ANYHOW or word.startswith("-"):
        return
    moved.leave_out(place, f"{name}: {key[:40]}", OPTIONS.get(option, "is no option of a port"))
