"""The real ser2net, given a file: what it complains of, and how it sets a port that somebody connects to."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.scenarios.process import eventually, needs

SER2NET = "/usr/sbin/ser2net"
needs_ser2net = needs(SER2NET, "apt-get install ser2net; `scripts/test --system` does")

HARMLESS = ("Unable to start mdns", "Using old config file", "soon.  Please switch to the yaml")
"""What it says of any file here: there is no mDNS, and it would like YAML better."""
SETTLE = 0.5
"""Seconds after which it has said of a file what it says: it reads it before it does anything else."""


class Set(NamedTuple):
    """How a port was set, as far as a PTY can be: its framing is always 8n1."""

    baud: int
    stop: int
    xonxoff: bool
    rtscts: bool


@contextlib.contextmanager
def running_ser2net(file: Path) -> Iterator[list[str]]:
    """Run it on a file; gives what it complained of. It does not end for TERM where it has no port."""
    output = file.with_suffix(".said")
    with output.open("wb") as said:
        process = subprocess.Popen([SER2NET, "-n", "-d", "-u", "-c", str(file)], stdout=said, stderr=said)
    try:
        time.sleep(SETTLE)
        assert process.poll() is None, output.read_text()
        yield [line for line in output.read_text().splitlines() if not any(part in line for part in HARMLESS)]
    finally:
        process.kill()
        process.wait()


def set_by_a_connection(port: int, device: Path) -> Set:
    """How it sets a device when somebody connects to its port."""
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            eventually("opened", lambda: _read(fd).baud != 38400)  # what a new PTY has
            return _read(fd)
        finally:
            os.close(fd)


def _read(fd: int) -> Set:
    iflag, _, cflag, _, speed, _, _ = termios.tcgetattr(fd)
    speeds = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[:1] == "B" and name[1:].isdigit()}
    stop = 2 if cflag & termios.CSTOPB else 1
    return Set(speeds[speed], stop, bool(iflag & termios.IXON), bool(cflag & termios.CRTSCTS))
