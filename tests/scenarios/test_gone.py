"""A client that is gone without a FIN: its network is cut while a machine floods its console."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.scenarios.flood import Machine, words_of
from tests.scenarios.network import NEAR, Network, needs_network, network
from tests.scenarios.ondisk import contents
from tests.scenarios.process import CONSOLESVC, eventually, service
from tests.scenarios.test_device import Device, device

__all__ = ["network"]

pytestmark = [needs_network, pytest.mark.timeout(120)]

FIRST, FLOOD = 64 * 1024, 32 * 1024 * 1024
GRACE = 0.5
"""Seconds for which the machine may have to wait for somebody who takes nothing (DESIGN decision 3: 0.25, once)."""


def test_a_client_gone_without_a_fin_costs_the_others_nothing(
    tmp_path: Path, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who stays gets every byte, the machine waits for the grace at most, and a stop takes less than five seconds."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        port.plug()
        stack.enter_context(network.on(network.near))
        program = ("ip", "netns", "exec", network.near, CONSOLESVC, "serve")
        words = ("--config", lab(tmp_path, port), "--set", f"proxy.listen={NEAR}:0")
        running = stack.enter_context(service(tmp_path / "run", *words, program=program))
        running.wait_for_line("node3", "connected")
        staying = stack.enter_context(running.viewer("node3", "&replay=0"))
        url = running.console_url("node3") + "&replay=0"
        with network.on(network.far):
            leaving = stack.enter_context(connect(url, compression=None, max_size=None, proxy=None, close_timeout=0.1))
        Machine(port.master, FIRST).join()
        assert take(staying, FIRST) == take(leaving, FIRST) == words_of(FIRST)
        network.cut()
        machine = Machine(port.master, FLOOD)
        assert take(staying, FLOOD) == words_of(FLOOD)
        machine.join()
        assert running.console("node3")["viewers"] == 2, "nobody can know yet that one has gone"
        assert machine.longest < GRACE
        eventually(
            "all of it logged", lambda: contents(tmp_path / "logs", "node3") == words_of(FIRST) + words_of(FLOOD)
        )
        seconds = running.stop()
    with capsys.disabled():  # on stderr, which a worker of xdist has from its parent
        said = f"the machine waited {machine.longest:.2f} s at most, the stop took {seconds:.1f} s"
        sys.stderr.write(f"\na client gone without a FIN: {said}\n")


def take(viewer: ClientConnection, size: int) -> bytes:
    """The next so many bytes of output."""
    seen, deadline = bytearray(), time.monotonic() + 60
    while len(seen) < size:
        message = viewer.recv(timeout=max(0.0, deadline - time.monotonic()))
        assert isinstance(message, bytes)
        seen += message
    return bytes(seen)


def lab(folder: Path, port: Device) -> str:
    """One console on the device, its logs beside it."""
    file = folder / "lab.yaml"
    file.write_text(
        f"log: {{directory: {folder}/logs, min_free: 0}}\n"
        f"servers:\n  - {{name: node3, line: {{type: serial, device: {port.path}}}}}\n"
    )
    return str(file)
