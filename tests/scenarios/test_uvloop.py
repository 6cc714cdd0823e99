"""The same service on uvloop: every kind of line a host has, a flood, an unplug, an orderly end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.scenarios.flood import Machine, Tap, checksum_of, read_all
from tests.scenarios.process import environment, eventually, read_until, service
from tests.scenarios.test_device import device

MIB = 1024 * 1024

pytestmark = pytest.mark.timeout(120)


def test_floods_through_a_socket_and_a_terminal_reach_all_viewers_whole(tmp_path: Path) -> None:
    """Two consoles flood side by side, three viewers each, one of whom reads nothing; then each line is typed at."""
    size = 24 * MIB
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        port.plug()
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        config = tmp_path / "lab.yaml"
        config.write_text(
            f"servers:\n  - {{name: node3, line: {{type: serial, device: {port.path}}}}}\n"
            f"  - {{name: node4, line: {{type: tcp, host: 127.0.0.1, port: {listener.getsockname()[1]}}}}}\n"
            "  - {name: node8, line: {type: command, argv: [cat]}}\n"
        )
        running = stack.enter_context(service(tmp_path / "run", "--loop", "uvloop", "--config", str(config)))
        machine, _ = listener.accept()
        stack.callback(machine.close)
        for name in ("node3", "node4", "node8"):
            running.wait_for_line(name, "connected")
        taps = []
        for name in ("node3", "node4"):
            stalled = Tap(running.console_url(name) + "&replay=0", SO_RCVBUF=4096)
            taps += [Tap(running.console_url(name) + "&replay=0") for _ in range(2)]
            for tap in (stalled, *taps[-2:]):
                stack.callback(tap.socket.close)
        machines = [Machine(port.master, size), Machine(machine.fileno(), size)]
        read_all(taps, size, 90)
        for each in machines:
            each.join()
        assert [(tap.count, tap.checksum) for tap in taps] == [(size, checksum_of(size))] * 4
        with running.viewer("node4", "&replay=0") as viewer:
            viewer.send(b"reboot\r")
            assert machine.recv(100) == b"reboot\r"
        with running.viewer("node8") as viewer:
            viewer.send(b"echo\r")
            read_until(viewer, b"echo")


def test_a_pulled_cable_and_a_stop(tmp_path: Path) -> None:
    """The viewer stays, is told, and goes on; TERM ends it all in time."""
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        config = tmp_path / "lab.yaml"
        config.write_text(f"servers:\n  - {{name: node3, line: {{type: serial, device: {port.path}}}}}\n")
        with service(tmp_path / "run", "--loop", "uvloop", "--config", str(config)) as running:
            running.wait_for_line("node3", "connected")
            with running.viewer("node3") as viewer:
                os.write(port.master, b"before|")
                read_until(viewer, b"before|")
                port.unplug()
                read_until(viewer, b"line lost")
                port.plug()
                read_until(viewer, b"line back")
                os.write(port.master, b"after|")
                read_until(viewer, b"after|")
                stopping = threading.Thread(target=running.stop)
                stopping.start()
                eventually("it stops", lambda: running.process.poll() is not None)
                stopping.join()


def test_it_is_said_where_uvloop_is_not_installed(tmp_path: Path) -> None:
    """With the command that installs it, and exit code 2."""
    code = "import sys; sys.modules['uvloop'] = None; from consolesvc.cli import main; sys.exit(main())"
    words = ["serve", "--ephemeral", "--loop", "uvloop"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment(), cwd=tmp_path, capture_output=True, text=True,
        timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--loop uvloop: it is not installed; pip install 'consolesvc[uvloop]'" in done.stderr
