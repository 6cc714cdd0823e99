"""A running service for tests of commands: a process of its own, started as a user starts it, on a free port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONSOLESVC = (sys.executable, "-m", "consolesvc")
CLEAN = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("OS_", "PYTHON")) and not key.lower().endswith("_proxy")
} | {"PYTHONWARNINGS": "error"}
"""This process's environment, without what would lead a command elsewhere; a warning of Python's is a failure."""
PATIENCE = 20.0
"""Seconds after which a test gives up waiting for another process."""


@dataclass
class Running:
    """A service: its process, the URLs of its API and its consoles, its configuration file and what it logs."""

    process: subprocess.Popen[bytes]
    api: str
    proxy: str
    config: Path
    log: Path

    def reload(self, *servers: str) -> None:
        """Have it re-read its configuration, now with these servers; it says so in its log."""
        before = self.log.read_text().count("configuration reloaded")
        write_config(self.config, servers)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log.read_text().count("configuration reloaded") > before)


@contextmanager
def service(folder: Path, *servers: str) -> Iterator[Running]:
    """A service with these servers, each `NAME: GUEST, key: value …`; ended with the context."""
    config, ready, log = folder / "lab.yaml", folder / "ready.json", folder / "service.log"
    write_config(config, servers)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*CONSOLESVC, "serve", "--config", config, "--ephemeral", "--ready-file", ready],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=CLEAN,
        )
    try:
        until(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        said = json.loads(ready.read_text())
        yield Running(process, said["api"], said["proxy"], config, log)
    finally:
        process.kill()
        process.wait()


def write_config(path: Path, servers: tuple[str, ...]) -> None:
    lines = ["api: {listen: 127.0.0.1:0}", "proxy: {listen: 127.0.0.1:0}", "servers:"]
    for server in servers:
        name, _, line = server.partition(": ")
        lines.append(f"  - {{name: {name}, line: {{type: emulated, speed: max, guest: {line}}}}}")
    path.write_text("\n".join(lines) + "\n")


def consolesvc(*argv: str, env: dict[str, str] | None = None, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [*CONSOLESVC, *argv], input=stdin, capture_output=True, env=CLEAN | (env or {}), timeout=PATIENCE, check=False
    )


def until(true: Callable[[], object]) -> None:
    """Wait until `true()`; fail where it does not become so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
