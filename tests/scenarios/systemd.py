"""The part of systemd that a service meets, speaking systemd's own protocols: sd_notify(3) and sd_listen_fds(3)."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.scenarios.process import CONSOLESVC, environment

_START = """\
import fcntl, json, os, sys
sockets, names, words = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3:]
# First out of the way of each other, then to where systemd has them, inherited.
spare = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 100) for number in sockets]
for number in sockets:
    os.close(number)
for place, number in enumerate(spare, start=3):
    os.dup2(number, place, inheritable=True)
os.environ |= {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names, "LISTEN_PID": str(os.getpid())}
os.execv(words[0], words)
"""

ECHO = "servers:\n  - {name: echo1, line: {type: emulated, guest: echo, speed: max}}\n"
"""A configuration of one server that answers what it is told."""


class Manager:
    """Hears what a service tells about itself."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.heard: list[dict[str, str]] = []

    def environ(self, **more: str) -> dict[str, str]:
        """What a service is started with."""
        return {**environment(), "NOTIFY_SOCKET": self._sock.getsockname(), **more}

    def hear(self, key: str, seconds: float = 20.0) -> dict[str, str]:
        """The next message with this key, whatever comes before it."""
        deadline = time.monotonic() + seconds
        while True:
            self._sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._sock.recv(65536)
            except TimeoutError:
                raise AssertionError(f"no {key} within {seconds:g} s after {self.heard}") from None
            message = dict(line.split("=", 1) for line in data.decode().split("\n"))
            self.heard.append(message)
            if key in message:
                return message

    def silence(self, seconds: float) -> None:
        """Make sure that nothing comes for so long; what was on its way already does not count."""
        self._drain()
        time.sleep(seconds)
        assert self._drain() == 0

    def _drain(self) -> int:
        self._sock.setblocking(False)
        count = 0
        with contextlib.suppress(BlockingIOError):
            while self._sock.recv(65536):
                count += 1
        return count


@contextlib.contextmanager
def manager(folder: Path) -> Iterator[Manager]:
    """One, in this folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(folder / "notify"))
        yield Manager(sock)


def activated(sockets: Sequence[socket.socket], names: Sequence[str], program: Sequence[str | Path] = ()) -> list[str]:
    """The words that start `serve`, or another program, with these sockets, which are to be passed on to it."""
    numbers = json.dumps([sock.fileno() for sock in sockets])
    words = program or (CONSOLESVC, "serve")
    return [sys.executable, "-c", _START, numbers, ":".join(names), *map(str, words)]


def answers(address: str) -> int:
    """The status of an answer to a request made at once, without a second try."""
    connection = http.client.HTTPConnection(address, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/healthcheck")
        return connection.getresponse().status
