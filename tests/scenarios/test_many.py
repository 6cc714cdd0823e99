"""Many at once: forty-eight lines opening together, and ports opened when a thousand descriptors are in use."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.scenarios.process import CONSOLESVC, Running, eventually, read_until, service
from tests.scenarios.test_device import Device, device

pytestmark = pytest.mark.timeout(120)

LINES = 48
OPEN_WITHIN = 2.0
"""Seconds from the start of the service's life as a process that serves until all lines are open."""
DESCRIPTORS = 1100
HOARD = (
    "import os, resource, sys\n"
    "resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n"
    f"for _ in range({DESCRIPTORS}): os.set_inheritable(os.open('/dev/null', os.O_RDONLY), True)\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)
"""Becomes another program that then has so many descriptors in use."""


def test_48_lines_open_at_once(tmp_path: Path) -> None:
    """All PTYs are connected within two seconds of `ready`, each with its own machine's output in its own log."""
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(device(tmp_path / f"ttyUSB{number}")) for number in range(LINES)]
        keep = stack.enter_context(contextlib.ExitStack())
        for number, port in enumerate(ports):
            port.plug()
            keep.enter_context(port.path.open("rb", buffering=0))  # else nobody has what is said before the start
            os.write(port.master, b"early word of %02d\n" % number)
        running = stack.enter_context(service(tmp_path / "run", "--config", lab(tmp_path, ports)))
        begun = time.monotonic()
        eventually("all connected", lambda: all(is_open(console) for console in consoles(running)), OPEN_WITHIN)
        seconds = time.monotonic() - begun
        for number, port in enumerate(ports):
            os.write(port.master, b"word of %02d" % number)
        logs = [tmp_path / f"logs/node{number}.log" for number in range(LINES)]
        eventually("all words logged", lambda: all(b"\nword" in log.read_bytes() for log in logs))
        for number, log in enumerate(logs):
            assert log.read_bytes() == b"early word of %02d\nword of %02d" % (number, number)
        assert seconds < OPEN_WITHIN


def test_ports_open_above_a_thousand_descriptors(tmp_path: Path) -> None:
    """pyserial's own read() fails for ever there: ours reads, writes, and rests when there is nothing to do."""
    with (
        socket.create_server(("127.0.0.1", 0)) as far,
        device(tmp_path / "ttyUSB0") as port,
        service(
            tmp_path / "run",
            *("--config", lab(tmp_path, [port], far.getsockname()[1])),
            program=(sys.executable, "-c", HOARD, CONSOLESVC, "serve"),
        ) as running,
    ):
        port.plug()
        running.wait_for_line("node0", "connected")
        peer, _ = far.accept()
        with peer, running.viewer("node0") as viewer, running.viewer("far") as other:
            assert serial_descriptor(running, str(port.path.readlink())) > 1023
            os.write(port.master, b"out")
            read_until(viewer, b"out")
            viewer.send(b"in")
            assert port.read(2) == b"in"
            peer.sendall(b"out")
            read_until(other, b"out")
            other.send(b"in")
            assert peer.recv(2) == b"in"
            before = cpu_seconds(running)
            time.sleep(1.0)
            assert cpu_seconds(running) - before < 0.3, "it spins"


def consoles(running: Running) -> list[dict[str, dict[str, str]]]:
    """All consoles as the native API shows them."""
    found: list[dict[str, dict[str, str]]] = running.api("GET", "/console/v1/consoles")[1]["consoles"]
    return found


def is_open(console: dict[str, dict[str, str]]) -> bool:
    """Whether its line is."""
    return console["line"]["state"] == "connected"


def serial_descriptor(running: Running, device_path: str) -> int:
    """The number that the service has the device open under."""
    folder = Path(f"/proc/{running.process.pid}/fd")
    return next(int(entry.name) for entry in folder.iterdir() if target(entry) == device_path)


def target(entry: Path) -> str:
    """What a descriptor is; "" for one that has gone meanwhile."""
    with contextlib.suppress(OSError):
        return os.readlink(entry)  # noqa: PTH115 - the target may be no path
    return ""


def cpu_seconds(running: Running) -> float:
    """Processor time that the service has used."""
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lab(folder: Path, ports: list[Device], far: int = 0) -> str:
    """A console node0, node1, … for each device, and one on a TCP port, if one is given."""
    lines = [f"{{name: node{n}, line: {{type: serial, device: {port.path}}}}}" for n, port in enumerate(ports)]
    if far:
        lines.append(f"{{name: far, line: {{type: tcp, host: 127.0.0.1, port: {far}}}}}")
    file = folder / "lab.yaml"
    entries = "".join(f"  - {line}\n" for line in lines)
    file.write_text(f"log: {{directory: {folder}/logs, min_free: 0}}\nservers:\n{entries}")
    return str(file)
