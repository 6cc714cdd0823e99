"""`consolesvc ports`: this host's serial ports, and the line to configure each."""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consolesvc.cli.table import escape, format_table
from consolesvc.config.linespec import SerialSpec
from consolesvc.config.load import load
from consolesvc.config.model import Config
from consolesvc.errors import ConfigurationError
from consolesvc.lines.host import THIS_HOST, Host, device_number
from consolesvc.lines.ports import Port, find_ports

HELP = "list this host's serial ports, and the line to configure each"

_HEADER = ("DEVICE", "BY-ID", "BY-PATH", "DRIVER", "HELD BY", "CONFIGURED AS", "STATE")
_NONE_FOUND = """\
This host has no serial port.
An adapter that is plugged in shows in `dmesg | grep tty`, or in `lsusb` where its driver is missing; a container sees
only the devices it is given (`--device`), a virtual machine those passed through to it."""
_PLAIN_YAML = re.compile(r"/[A-Za-z0-9_./+@-]*(:[A-Za-z0-9_./+@-]+)*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `ports` takes."""
    parser.add_argument("--json", action="store_true", help="print JSON: a list with one object for each port")
    parser.add_argument("--config", metavar="FILE", type=Path, help="also tell which server of FILE has which port")


def run(args: argparse.Namespace, host: Host = THIS_HOST) -> int:
    """Print the ports. Opens none. 0; 2 where the configuration is wrong."""
    try:
        config = load(args.config) if args.config is not None else Config()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    entries = list(_entries(find_ports(host), config))
    if args.json:
        print(json.dumps([_object(entry) for entry in entries], indent=2))
        return 0
    print(_text(entries) if entries else _NONE_FOUND)
    for server in config.servers:
        if isinstance(server.line, SerialSpec) and device_number(server.line.device) is None:
            print(f"{server.name}: {escape(server.line.device)} is not here now")
    return 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A port, the server configured on it ("" for none), and the line of `servers:` that would use it."""

    port: Port
    server: str
    line: str


def _entries(ports: list[Port], config: Config) -> Iterator[_Entry]:
    """The ports beside what a configuration makes of them, as its devices are at this moment."""
    owners = {
        device_number(server.line.device): server.name
        for server in config.servers
        if isinstance(server.line, SerialSpec)
    }
    taken = {server.name for server in config.servers}
    free = (name for name in map("node{}".format, itertools.count(1)) if name not in taken)
    for port in ports:
        server = owners.get(port.number, "")
        yield _Entry(port, server, _yaml_line(port, server or next(free)))


def _yaml_line(port: Port, name: str) -> str:
    """The entry of `servers:` that uses a port; commented out where the service would refuse it."""
    device = port.stable if _PLAIN_YAML.fullmatch(port.stable) else json.dumps(port.stable)
    line = f"- {{name: {name}, line: {{type: serial, device: {device}, settings: 115200n8}}}}"
    if not port.has_uart or not port.exists or port.console:
        return f"# {line}  # {port.state}"
    return line if port.is_stable else f"{line}  # this number may change"


def _text(entries: list[_Entry]) -> str:
    """The table, what there is to know of each port, and the configuration to paste."""
    parts = [format_table(_HEADER, map(_row, entries))]
    notes = [escape(f"{entry.port.device}: {note}") for entry in entries for note in _notes(entry.port)]
    if notes:
        parts.append("\n".join(notes))
    lines = [f"  {entry.line}" for entry in entries if not entry.server]
    if lines:
        parts.append("\n".join(["To use a port, paste its line into the configuration:", "", "servers:", *lines]))
    return "\n\n".join(parts) + "\n"


def _row(entry: _Entry) -> tuple[str, ...]:
    port = entry.port
    by_id, by_path = (" ".join(Path(link).name for link in links) or "-" for links in (port.by_id, port.by_path))
    held = ", ".join(map(str, port.holders)) or "-"
    return port.device, by_id, by_path, port.driver or "-", held, entry.server or "-", port.state


def _notes(port: Port) -> Iterator[str]:
    """Sentences about one port; each says what to do, where something can be done."""
    if port.console:
        yield port.console
    if port.denied:
        yield port.denied
    yield from port.warnings


def _object(entry: _Entry) -> dict[str, Any]:
    """What `--json` prints of a port."""
    port = entry.port
    return {
        "device": port.device,
        "by_id": list(port.by_id),
        "by_path": list(port.by_path),
        "driver": port.driver or None,
        "manufacturer": port.manufacturer or None,
        "product": port.product or None,
        "serial": port.serial or None,
        "holders": [{"pid": holder.pid, "program": holder.program} for holder in port.holders],
        "configured_as": entry.server or None,
        "state": port.state,
        "notes": list(_notes(port)),
        "yaml": entry.line,
    }
