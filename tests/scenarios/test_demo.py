"""The main job's first minute: what `consolesvc serve` says and refuses."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

from tests.scenarios.process import CONSOLESVC, environment, eventually, service


def test_the_demo_says_what_it_is_and_how_to_use_it(tmp_path: Path) -> None:
    """DEMO, the table, the addresses, two commands, a page, and `ready` as the last line."""
    with service(tmp_path) as running:
        lines = running.stdout.splitlines()
        assert lines[0].startswith("DEMO: ")
        assert lines[1].split() == ["NAME", "GUEST/DEVICE", "STATE", "SILENT", "VIEWERS", "ID"]
        rows = [line.split() for line in lines[2:5]]
        assert [(row[0], row[1], row[2]) for row in rows] == [
            ("fake1", "linux", "connected"),
            ("fake2", "uboot", "connected"),
            ("fake3", "switch", "connected"),
        ]
        assert [row[-1] for row in rows] == [server["id"] for server in running.ready["servers"]]
        assert lines[5] == f"API {running.api_url}/v2.1   consoles {running.proxy_url}"
        assert " console url show --serial 'fake1' " in lines[7]
        assert lines[8].split()[1:3] == ["attach", "'fake1'"]
        assert lines[9].split() == [f"{running.api_url}/console/", "in", "a", "browser"]
        assert lines[-1] == "ready"
    assert not (tmp_path / "ready.json").exists()


def test_ready_means_that_both_ports_accept(tmp_path: Path) -> None:
    """Whoever reads the ready file may connect at once, and the pid in it is the service's."""
    with service(tmp_path) as running:
        assert running.ready["pid"] == running.process.pid
        for url in (running.api_url, running.proxy_url):
            host, port = url.split("//")[1].rstrip("/").split(":")
            socket.create_connection((host, int(port)), timeout=1).close()
        assert running.api("GET", "/healthcheck")[0] == 200


def test_more_fakes_are_added_to_the_demo(tmp_path: Path) -> None:
    """`--fake GUEST=N` adds, with names and ids that are the same at each start."""
    with service(tmp_path, "--fake", "echo=2") as running:
        assert [server["name"] for server in running.ready["servers"]] == ["fake1", "fake2", "fake3", "echo1", "echo2"]
        listed = json.loads(running.command("list", "--json").stdout)
        assert [console["id"] for console in listed["consoles"]] == [s["id"] for s in running.ready["servers"]]


def test_a_state_folder_in_use_is_refused_naming_who_has_it(tmp_path: Path) -> None:
    """Two services on one folder would overwrite each other: the second names the first and exits 1."""
    folder = tmp_path / "state"
    with service(tmp_path / "first", "--state-dir", str(folder)) as running:
        second = start("--state-dir", str(folder))
        assert second.returncode == 1
        assert f"is in use by consolesvc with pid {running.process.pid};" in second.stderr


def test_a_taken_port_is_said_with_who_has_it(tmp_path: Path) -> None:
    """The first thing to know about a taken port is the program that has it."""
    with service(tmp_path) as running:
        address = running.api_url.removeprefix("http://")
        second = start("--ephemeral", "--set", f"api.listen={address}")
        assert second.returncode == 1
        assert second.stderr == (
            f"consolesvc: api.listen {address}: the port is taken by pid {running.process.pid} (consolesvc)\n"
        )


def test_a_wrong_configuration_is_refused_with_everything_that_is_wrong(tmp_path: Path) -> None:
    """Exit 2, a line for each problem with file, line and key; nothing is started."""
    file = tmp_path / "lab.yaml"
    file.write_text("servers:\n  - {name: no, line: {type: emulated, guest: linux}}\n  - {nam: x}\ntoken: 1\n")
    refused = start("--config", str(file), "--ephemeral")
    assert refused.returncode == 2
    assert refused.stdout == ""
    problems = refused.stderr.splitlines()
    assert problems[0].startswith(f"{file}:2: servers[0].name: ")
    assert len(problems) >= 3


def test_what_attach_shows_goes_to_stdout_and_nothing_else_does(tmp_path: Path) -> None:
    """`attach` in a pipe types what it is given, prints output bytes alone, and ends with its input."""
    with service(tmp_path, "--fake", "echo=1") as running:
        running.wait_for_line("echo1", "connected")
        attached = running.command("attach", "echo1", input="a line\n")
        assert (attached.returncode, attached.stdout) == (0, "a line\n")
        assert "Connected to echo1" in attached.stderr
        nobody = running.command("attach", "nobody")
        assert nobody.returncode == 3
        assert "there are: fake1, fake2, fake3, echo1" in nobody.stderr


def test_emulate_prints_a_path_that_any_program_can_open() -> None:
    """Fake servers alone: a PTY path a line on stdout, a machine behind it, gone with TERM."""
    with subprocess.Popen(
        [CONSOLESVC, "emulate", "echo", "linux", "--speed", "max"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        echo, linux = (Path(process.stdout.readline().decode().strip()) for _ in range(2))
        assert echo.is_char_device()
        with linux.open("rb", buffering=0) as tty:
            seen = b""
            while b"login:" not in seen:  # the timeout of the test ends this
                seen += tty.read(4096)
        process.terminate()
        assert process.wait(5) == 0
    eventually("the PTY gone", lambda: not echo.exists())


def start(*words: str) -> subprocess.CompletedProcess[str]:
    """A service that is expected to refuse to start."""
    free = () if any("listen" in word for word in words) else ("--set", "api.listen=127.0.0.1:0")
    return subprocess.run(
        [CONSOLESVC, "serve", "--set", "proxy.listen=127.0.0.1:0", *free, *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
