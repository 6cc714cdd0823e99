"""Life under systemd (DESIGN 5.1): ready, reloading, alive, stopping; sockets that it opened; the unit itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.scenarios.process import CONSOLESVC, environment, eventually, service
from tests.scenarios.systemd import ECHO, Manager, answers

pytestmark = pytest.mark.timeout(120)

LATER = 5.0
"""Seconds within which a message has to come that nothing delays but a busy machine."""


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_ready_means_that_both_ports_accept(systemd: Manager, loop: str) -> None:
    """Before that there is nobody, and systemd has heard nothing; from that moment on both are there."""
    api, proxy = free_address(), free_address()
    words = ["--set", f"api.listen={api}", "--set", f"proxy.listen={proxy}", "--loop", loop]
    process = subprocess.Popen(
        [CONSOLESVC, "serve", "--ephemeral", *words],
        env=systemd.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        message = systemd.hear("READY")
        assert systemd.heard == [message], "the first word"
        assert (answers(api), answers(proxy)) == (200, 404)
        assert message["READY"] == "1"
        assert re.fullmatch(rf"[0-3] of 3 lines connected, 0 viewers; API {api}, consoles {proxy}", message["STATUS"])
        process.terminate()
        assert systemd.hear("STOPPING", LATER) == {"STOPPING": "1", "STATUS": "stopping"}
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()


def test_a_reload_is_told_from_its_begin_to_its_end(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """With the time that notify-reload asks for; one that is refused ends as well, and the status says so."""
    with service(tmp_path / "run", "--config", str(config), env=systemd.environ()) as running:
        systemd.hear("READY")
        begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        running.signal(signal.SIGHUP)
        reloading = systemd.hear("RELOADING", LATER)
        assert begun <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert "not reloaded" not in systemd.hear("READY", LATER)["STATUS"]
        config.write_text("servers: nonsense\n")
        running.signal(signal.SIGHUP)
        systemd.hear("RELOADING", LATER)
        assert "the configuration was not reloaded, see the log" in systemd.hear("READY", LATER)["STATUS"]


def test_the_status_is_of_the_moment(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """With each sign of life."""
    environ = systemd.environ(WATCHDOG_USEC="400000")
    with (
        service(tmp_path / "run", "--config", str(config), env=environ) as running,
        running.viewer("echo1"),
    ):
        eventually(
            "it is told",
            lambda: systemd.hear("WATCHDOG", LATER)["STATUS"].startswith("1 of 1 lines connected, 1 viewer"),
        )


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_sign_of_life_comes_at_half_the_period(tmp_path: Path, systemd: Manager, config: Path, loop: str) -> None:
    """As long as the process runs, and none while it is stopped."""
    environ = systemd.environ(WATCHDOG_USEC="600000")
    words = ("--config", str(config), "--loop", loop)
    with service(tmp_path / "run", *words, env=environ) as running:
        environ["WATCHDOG_PID"] = str(running.process.pid)
        systemd.hear("READY")
        systemd.hear("WATCHDOG", LATER)
        begun = time.monotonic()
        for _ in range(4):
            assert systemd.hear("WATCHDOG", LATER)["WATCHDOG"] == "1"
        assert time.monotonic() - begun > 1.0
        running.signal(signal.SIGSTOP)
        time.sleep(0.05)
        systemd.silence(1.5)
        running.signal(signal.SIGCONT)
        systemd.hear("WATCHDOG", LATER)


def test_a_loop_that_hangs_gives_no_sign_of_life(tmp_path: Path, systemd: Manager) -> None:
    """The process lives and its loop waits for a file that does not come, as on a dead NFS server: here, a FIFO."""
    Authority(tmp_path).issue("console")
    cert, config = tmp_path / "console.pem", tmp_path / "lab.yaml"
    config.write_text(f"tls: {{cert: console.pem, key: console.key}}\n{ECHO}")
    with service(tmp_path / "run", "--config", str(config), env=systemd.environ(WATCHDOG_USEC="400000")) as running:
        systemd.hear("WATCHDOG")
        good = cert.rename(tmp_path / "good.pem")
        os.mkfifo(cert)
        writer = os.open(cert, os.O_WRONLY)  # returns once the loop has it open, and waits for what it says
        systemd.silence(1.5)
        assert running.process.poll() is None
        good.replace(cert)
        os.close(writer)
        assert "lines connected" in systemd.hear("WATCHDOG", LATER)["STATUS"]


def test_another_process_s_watchdog_is_not_ours(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """WATCHDOG_PID names whom systemd means: a shell around us, not us."""
    environ = systemd.environ(WATCHDOG_USEC="200000", WATCHDOG_PID="1")
    with service(tmp_path / "run", "--config", str(config), env=environ):
        systemd.hear("READY")
        systemd.silence(0.6)


def test_nobody_who_listens_is_no_hindrance(tmp_path: Path, config: Path) -> None:
    """A socket that is gone is one warning."""
    environ = {**environment(), "NOTIFY_SOCKET": str(tmp_path / "nix"), "WATCHDOG_USEC": "100000"}
    with service(tmp_path / "run", "--config", str(config), env=environ) as running:
        time.sleep(0.5)
        assert running.api("GET", "/healthcheck")[0] == 200
        assert running.stderr.count("systemd could not be told") == 1
