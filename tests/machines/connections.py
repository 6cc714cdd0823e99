"""The ways in which a machine's port and a line of ours come together: the machine's side, and the line's."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from tests.machines.qemu import Machine


@dataclass(frozen=True, slots=True)
class Connection:
    """One way.

    Attributes:
        port: The machine's side, a character device in QEMU's words; {folder} and {free}, a free port, filled in.
        line: Our side, in YAML; {port} is what QEMU chose.
        settle: Seconds that QEMU may take to see that its end is in use.
    """

    port: str
    line: str
    settle: float = 0.0


CONNECTIONS = {
    "pty": Connection("pty", "{{type: serial, device: {port}}}", settle=1.5),  # QEMU looks once a second
    "tcp": Connection(
        "socket,host=127.0.0.1,port=0,server=on,wait=off", "{{type: tcp, host: 127.0.0.1, port: {port}}}"
    ),
    "tcp-listen": Connection(
        "socket,host=127.0.0.1,port={free},server=off,reconnect=1",
        "{{type: tcp, host: 127.0.0.1, port: {free}, listen: true}}",
    ),
    "unix": Connection("socket,path={folder}/port,server=on,wait=off", "{{type: unix, path: {folder}/port}}"),
    "unix-listen": Connection(
        "socket,path={folder}/port,server=off,reconnect=1", "{{type: unix, path: {folder}/port, listen: true}}"
    ),
    "telnet": Connection(
        "socket,host=127.0.0.1,port=0,server=on,wait=off,telnet=on",
        "{{type: telnet, host: 127.0.0.1, port: {port}}}",
    ),
}


def lab(connection: Connection, folder: Path, free: int, machine: Machine) -> Path:
    """A configuration with the machine as node3 on that line; its logs beside it."""
    place = machine.place()
    port = place.removeprefix("pty:") if place.startswith("pty:") else place.split(",")[0].rpartition(":")[2]
    line = connection.line.format(folder=folder, free=free, port=port)
    file = folder / "lab.yaml"
    file.write_text(f"log: {{directory: {folder}/logs, min_free: 0}}\nservers:\n  - {{name: node3, line: {line}}}\n")
    return file


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
