"""A service that can be killed and started again where it was, and a machine that outlives it."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.service import CLEAN, CONSOLESVC, until

PAUSE = 0.002
"""Seconds between two of them."""


class Machine:
    """A machine on a TCP port that counts: up by one with each record, and anew with each connection, a life.

    Attributes:
        port: Where its serial line is.
        heard: What was typed, over all lives.
        told: What it says at the beginning of each life, before it counts.
        counts: Whether it does.
    """

    def __init__(self, *, told: bytes = b"", counts: bool = True) -> None:
        self.heard = b""
        self.told = told
        self.counts = counts
        self._saying: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._lives = itertools.count()
        self._over = threading.Event()
        self._hang_up = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="machine")
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Have it say this, too."""
        self._saying.put(data)

    def hang_up(self) -> None:
        """End the connection there is; the next one is another life."""
        self._hang_up.set()

    def close(self) -> None:
        """Switch it off."""
        self._over.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # that is our own close
            while True:
                peer, _ = self._server.accept()
                with peer, contextlib.suppress(OSError):
                    peer.setblocking(False)
                    peer.sendall(self.told)
                    self._live(peer, next(self._lives))

    def _live(self, peer: socket.socket, life: int) -> None:
        for number in itertools.count():
            if self._over.wait(PAUSE) or self._hang_up.is_set():
                self._hang_up.clear()
                return
            if self.counts:
                peer.sendall(record(life, number))
            if not self._saying.empty():
                peer.sendall(self._saying.get())
            with contextlib.suppress(BlockingIOError):
                typed = peer.recv(65536)
                if not typed:
                    return
                self.heard += typed


def record(life: int, number: int) -> bytes:
    """What the machine says as the `number`th of a life: a letter that is the life's, the number, a newline."""
    return b"%c%014d\n" % (ord("a") + life, number)


def lives(said: bytes) -> list[int]:
    """The lives in what was said, each begun at its first record and cut at any byte; fails for anything else."""
    found: list[int] = []
    at = 0
    while at < len(said):
        life = said[at] - ord("a")
        assert life == len(found), said[max(0, at - 40) : at + 40]
        found.append(life)
        wanted = record(life, 0)
        while said.startswith(wanted, at):
            at += len(wanted)
            wanted = record(life, int(wanted[1:]) + 1)
        at += next(size for size in range(len(wanted), -1, -1) if said.startswith(wanted[:size], at))
    return found


class Lab:
    """A service with a console `node` on a machine's port, on ports of its own that stay the same.

    Attributes:
        api: Its API.
        proxy: Where its consoles are.
        process: Its process; None while it is down.
        logs: The folder of its logs.
    """

    def __init__(self, folder: Path, machine: Machine, kind: str) -> None:
        api, proxy = free_ports(2)
        self.api = f"http://127.0.0.1:{api}"
        self.proxy = f"ws://127.0.0.1:{proxy}/"
        self.process: subprocess.Popen[bytes] | None = None
        self.logs = folder / "state/logs"
        self._folder = folder
        self._config = folder / "lab.yaml"
        self._config.write_text(
            f"api: {{listen: 127.0.0.1:{api}}}\n"
            f"proxy: {{listen: 127.0.0.1:{proxy}}}\n"
            f"servers: [{{name: node, line: {{type: {kind}, host: 127.0.0.1, port: {machine.port}}}}}]\n"
        )

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        ready = self._folder / "ready.json"
        ready.unlink(missing_ok=True)
        with (self._folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*CONSOLESVC, "serve", "--config", self._config),
                    *("--state-dir", self._folder / "state", "--ready-file", ready),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=CLEAN,
            )
        until(lambda: ready.exists() or (self.process is not None and self.process.poll() is not None))
        assert ready.exists(), (self._folder / "service.log").read_text()
        assert json.loads(ready.read_text())["api"] == self.api

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it with a signal, and wait for that."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None


@contextmanager
def lab(
    folder: Path, *, told: bytes = b"", counts: bool = True, start: bool = True, kind: str = "tcp"
) -> Iterator[tuple[Lab, Machine]]:
    """A lab with its machine on a line of this kind, for as long as this lasts."""
    with contextlib.closing(Machine(told=told, counts=counts)) as machine:
        made = Lab(folder, machine, kind)
        try:
            if start:
                made.start()
            yield made, machine
        finally:
            made.end(signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Ports that nobody has now."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]
