"""Viewers that stop reading while a machine floods its console (DESIGN decisions 1 and 3)."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import pytest

from tests.scenarios.flood import Machine, Tap, checksum_of, read_all, words_of
from tests.scenarios.ondisk import contents
from tests.scenarios.process import Running, eventually, service
from tests.scenarios.test_device import Device, device

pytestmark = pytest.mark.timeout(240)

MIB = 1024 * 1024
GRACE = 0.5
"""Seconds for which the machine may have to wait for somebody who takes nothing (DESIGN decision 3: 0.25, once)."""


def test_a_stalled_viewer_beside_nine_that_read_256_mib(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nine have every byte, by checksum; the machine waits for the tenth for the grace at most; memory is bounded."""
    size = 256 * MIB
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        running = watched(stack, tmp_path, port)
        stalled = attached(stack, running, SO_RCVBUF=4096)
        nine = [attached(stack, running) for _ in range(9)]
        before, begun = peak_of(running), time.monotonic()
        machine = Machine(port.master, size)
        read_all(nine, size, 150)
        machine.join()
        seconds = time.monotonic() - begun
        assert [(tap.count, tap.checksum) for tap in nine] == [(size, checksum_of(size))] * 9
        assert machine.longest < GRACE
        grown = peak_of(running) - before
        assert grown < 32 * MIB
        assert stalled.count == 0
    with capsys.disabled():  # on stderr, which a worker of xdist has from its parent
        rate = f"{size / seconds / 1e6:.0f} MB/s to each of nine beside one that stalls"
        sys.stderr.write(f"\n{rate}: the machine waited {machine.longest:.2f} s at most, {grown / MIB:.0f} MiB more\n")


def test_a_machine_is_not_held_by_viewers_that_all_stall(tmp_path: Path) -> None:
    """Three take nothing: the machine waits for the grace at most, and all of it is in the log."""
    size = 32 * MIB
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        running = watched(stack, tmp_path, port)
        for _ in range(3):
            attached(stack, running, SO_RCVBUF=4096)
        machine = Machine(port.master, size)
        machine.join()
        assert machine.longest < GRACE
        eventually("all of it logged", lambda: contents(tmp_path / "logs", "node3") == words_of(size))
        assert running.stop() < 5


def watched(stack: contextlib.ExitStack, folder: Path, port: Device) -> Running:
    """A service with one console, on the device; its logs beside it."""
    port.plug()
    file = folder / "lab.yaml"
    file.write_text(
        f"log: {{directory: {folder}/logs, min_free: 0, max_total: 64 MiB}}\n"
        f"servers:\n  - {{name: node3, line: {{type: serial, device: {port.path}}}}}\n"
    )
    running = stack.enter_context(service(folder / "run", "--config", str(file)))
    running.wait_for_line("node3", "connected")
    return running


def attached(stack: contextlib.ExitStack, running: Running, **options: int) -> Tap:
    """A reader of the console, from now on."""
    tap = Tap(running.console_url("node3") + "&replay=0", **options)
    stack.callback(tap.socket.close)
    return tap


def peak_of(running: Running) -> int:
    """The most memory that the service has had resident so far, bytes."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
