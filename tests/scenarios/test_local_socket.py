"""The local socket: the way in when nothing else is, from a command to a machine that answers."""

from __future__ import annotations

import getpass
import json
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.scenarios.process import CONSOLESVC, Running, environment, eventually, service

DEAD = """\
identity: {type: keystone, auth_url: "http://127.0.0.1:1/v3", username: u, password_file: pw, project_name: p}
proxy: {listen: 127.0.0.1:0, base_url: "ws://192.0.2.1:6083/"}
audit: {file: audit.log}
servers:
  - {name: echo1, line: {type: emulated, guest: echo, speed: max}}
"""
FREE = ("--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0")


def by_socket(state: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A command by a user who says nothing of where the service is."""
    environ = {**environment(), "STATE_DIRECTORY": str(state)}
    return subprocess.run(
        [CONSOLESVC, *words], env=environ, input=stdin, capture_output=True, text=True, timeout=30, check=False
    )


def test_the_night_that_keystone_is_down(tmp_path: Path) -> None:
    """Nobody gets in by the port; root does by the socket, as far as the machine, whatever base_url says."""
    (tmp_path / "pw").write_text("secret\n")
    (tmp_path / "lab.yaml").write_text(DEAD)
    state = tmp_path / "state"
    with service(tmp_path, "--config", str(tmp_path / "lab.yaml"), "--state-dir", str(state)) as running:
        assert running.ready["socket"] == str(state / "api.sock")
        assert outside(running) == 503
        listed = by_socket(state, "list", "--json")
        assert [console["name"] for console in json.loads(listed.stdout)["consoles"]] == ["echo1"], listed.stderr
        url = by_socket(state, "url", "echo1").stdout.strip()
        assert running.keep(url).startswith("ws://192.0.2.1:6083/?token=")
        attached = by_socket(state, "attach", "echo1", stdin="hello, machine")
        assert (attached.stdout, attached.returncode) == ("hello, machine", 0), attached.stderr
        seen = by_socket(state, "attach", "echo1", "--view", "--replay", "1KiB", "--until", "machine")
        assert (seen.stdout, seen.returncode) == ("hello, machine", 0), seen.stderr
        lent = by_socket(state, "down", "echo1", "--for", "1m", "--json")
        assert json.loads(lent.stdout)["loan"]["user"] == getpass.getuser()
        assert by_socket(state, "up", "echo1").returncode == 0
        assert by_socket(state, "list", "--endpoint", running.api_url).returncode == 4
    assert not (state / "api.sock").exists()
    written = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    assert {deed["user"] for deed in written if deed.get("client") == "local" and "user" in deed} == {getpass.getuser()}


def outside(running: Running) -> int:
    """The status of a call by the port, with a token as good as any."""
    request = urllib.request.Request(f"{running.api_url}/v2.1/servers", headers={"X-Auth-Token": "t"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as error:
        return error.code


def test_a_killed_service_leaves_no_socket_in_the_way(tmp_path: Path) -> None:
    """The next one takes its place, and commands find it."""
    state = tmp_path / "state"
    words = ("--fake", "echo=1", "--state-dir", str(state))
    with service(tmp_path / "one", *words) as running:
        running.signal(signal.SIGKILL)
        running.process.wait()
    assert (state / "api.sock").is_socket()
    with service(tmp_path / "two", *words):
        assert "echo1" in by_socket(state, "list").stdout


def test_two_services_do_not_share_one(tmp_path: Path) -> None:
    """The second does not start, and says what is in its way; the first is still found."""
    runtime = tmp_path / "run"
    runtime.mkdir()

    def words(name: str) -> dict[str, str]:
        folders = {"STATE_DIRECTORY": tmp_path / name, "LOGS_DIRECTORY": tmp_path / name / "logs"}
        return {**environment(), **{key: str(path) for key, path in folders.items()}, "RUNTIME_DIRECTORY": str(runtime)}

    argv = [str(CONSOLESVC), "serve", *FREE, "--fake", "echo=1"]
    with (tmp_path / "first").open("wb") as output:
        first = subprocess.Popen(argv, env=words("one"), stdout=output, stderr=output)
    try:
        eventually("ready", lambda: "ready\n" in (tmp_path / "first").read_text(), 20)
        second = subprocess.run(argv, env=words("two"), capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 1
        assert f"consolesvc: local socket {runtime}/api.sock: another program listens there" in second.stderr
        listed = subprocess.run([CONSOLESVC, "list"], env=words("x"), capture_output=True, text=True, check=False)
        assert "echo1" in listed.stdout
        # What `serve` prints for copying needs no endpoint and no token: the socket is where commands look.
        assert "attach 'fake1'\n" in (tmp_path / "first").read_text()
    finally:
        first.terminate()
        assert first.wait(10) == 0
