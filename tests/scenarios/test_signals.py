"""Signals: a service is stopped, reloaded and prodded without a tool of its own (DESIGN 5.1)."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.scenarios.process import environment, eventually, read_until, service

CHATTER = "{name: NAME, line: {type: emulated, guest: chatter, rate: RATE, speed: max}}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_tells_the_viewers_and_exits_0(tmp_path: Path, number: signal.Signals) -> None:
    """Each viewer gets 1001 with the reason; the process ends with 0, well within five seconds."""
    with service(tmp_path, "--fake", "echo=1") as running, running.viewer("echo1") as viewer:
        running.signal(number)
        assert closing(viewer) == (1001, "consolesvc is stopping")
        assert running.process.wait(5) == 0


def test_a_viewer_that_does_not_read_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    """A client that has stopped reading in the middle of a flood is let go of in time."""
    file = tmp_path / "lab.yaml"
    write(file, "flood", rate=0)
    with (
        service(tmp_path / "run", "--config", str(file)) as running,
        running.viewer("flood", max_queue=1, close_timeout=0.5) as stuck,
    ):
        stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        eventually("much output", lambda: running.console("flood")["end"] > 8 * 1024 * 1024, 20)
        seconds = running.stop()
        assert seconds < 5


def test_hup_goes_over_to_the_new_servers(tmp_path: Path) -> None:
    """Added ones come, removed ones go with 4002 for who watched, untouched ones do not notice."""
    file = tmp_path / "lab.yaml"
    write(file, "stays", "goes")
    with service(tmp_path / "run", "--config", str(file)) as running:
        with running.viewer("goes") as leaving, running.viewer("stays") as staying:
            stale = running.console_url("goes")
            write(file, "stays", "comes")
            running.signal(signal.SIGHUP)
            assert closing(leaving) == (4002, "server removed")
            # What goes is closed before what comes is opened.
            eventually("it came", lambda: running.api("GET", "/console/v1/consoles/comes")[0] == 200)
            running.wait_for_line("comes", "connected")
            listed = running.api("GET", "/console/v1/consoles")[1]["consoles"]
            assert sorted(console["name"] for console in listed) == ["comes", "stays"]
            read_until(staying, b"stays ")
            assert running.console("stays")["viewers"] == 1
        assert refusal_of(stale) == 401


def test_hup_with_a_bad_file_keeps_the_old_one_and_says_so(tmp_path: Path) -> None:
    """A slip in the file costs nobody a console; `list` says what is wrong, until it is put right."""
    file = tmp_path / "lab.yaml"
    write(file, "stays")
    with service(tmp_path / "run", "--config", str(file)) as running, running.viewer("stays") as viewer:
        file.write_text("servers:\n  - {name: stays, lime: {}}\n")
        running.signal(signal.SIGHUP)
        eventually("the slip told", lambda: f"{file}:2" in running.command("list").stderr)
        assert "stays" in running.command("list").stdout
        read_until(viewer, b"stays ")
        write(file, "stays")
        running.signal(signal.SIGHUP)
        eventually("all well again", lambda: running.command("list").stderr == "")
        assert running.console("stays")["viewers"] == 1


def test_usr1_and_usr2_end_nobody(tmp_path: Path) -> None:
    """USR1 tries lost lines now, USR2 reopens the logs: both leave the service running."""
    file = tmp_path / "lab.yaml"
    file.write_text(f"servers:\n  - {{name: node3, line: {{type: serial, device: {tmp_path / 'tty'}}}}}\n")
    with service(tmp_path / "run", "--config", str(file)) as running:
        running.wait_for_line("node3", "waiting")
        running.signal(signal.SIGUSR1)
        running.signal(signal.SIGUSR2)
        running.wait_for_line("node3", "waiting")
        assert running.console("node3")["line"]["state"] == "waiting"


def test_it_runs_and_stops_as_init_starts_it(tmp_path: Path) -> None:
    """In a session of its own, from / and with next to no environment, it starts and stops as cleanly."""
    with service(tmp_path, start_new_session=True, cwd="/", env={"PATH": environment()["PATH"]}) as running:
        assert os.getsid(running.process.pid) == running.process.pid


def write(file: Path, *names: str, rate: int = 100) -> None:
    """A configuration with these chattering servers."""
    chatter = CHATTER.replace("RATE", str(rate))
    file.write_text("servers:\n" + "".join(f"  - {chatter.replace('NAME', name)}\n" for name in names))


def closing(viewer: ClientConnection) -> tuple[int | None, str]:
    """The code and the reason a websocket is closed with, whatever output comes before."""
    try:
        while True:
            viewer.recv(timeout=5)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, "")


def refusal_of(url: str) -> int:
    """The HTTP status that refuses a websocket."""
    host, port = url.split("/")[2].split(":")
    path = "/" + url.split("/", 3)[3]
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        return int(sock.recv(4096).split()[1])
