"""QEMU's own way to be spoken to: QMP, JSON lines over a unix socket."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

PATIENCE = 10.0
"""Seconds for QEMU to listen, and for each of its answers."""


class Qmp:
    """A conversation with one QEMU. Its events are passed over: what a test waits for, it asks for."""

    def __init__(self, path: Path) -> None:
        self._socket = _connected(path)
        self._lines = self._socket.makefile("rb")
        assert "QMP" in json.loads(self._lines.readline())
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> Any:
        """A command's answer."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            line = self._lines.readline()
            assert line, f"QEMU has ended before it answered {command}"
            answer = json.loads(line)
            assert "error" not in answer, (command, arguments, answer)
            if "return" in answer:
                return answer["return"]

    def close(self) -> None:
        """Say no more."""
        self._lines.close()
        self._socket.close()


def _connected(path: Path) -> socket.socket:
    """A connection to QEMU, whose socket is there a moment before it listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(PATIENCE)
        try:
            made.connect(str(path))
        except ConnectionRefusedError:
            made.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return made
