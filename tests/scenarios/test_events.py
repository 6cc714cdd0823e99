"""What happens to machines, as a user of the running service follows it: a stream, `list`, `log --boot`, a restart."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.scenarios.process import CONSOLESVC, Running, environment, eventually, service

LAB = """
log: {directory: FOLDER/logs, min_free: 0}
servers:
  - {name: web, line: {type: emulated, guest: linux, speed: max}, events: {patterns: {reboot: 'Restarting system'}}}
  - {name: quiet, line: {type: emulated, guest: echo}, events: {silence: 1}}
"""


@contextlib.contextmanager
def stream(running: Running, query: str) -> Iterator[HTTPResponse]:
    """The stream of events, as a script reads it."""
    with urllib.request.urlopen(f"{running.api_url}/console/v1/events{query}", timeout=60) as answer:
        yield answer


def events(answer: HTTPResponse, count: int) -> list[dict[str, Any]]:
    """The next events."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        line = answer.readline()
        assert line, "the stream has ended"
        if line.startswith(b"data: "):
            found.append(json.loads(line[6:]))
    return found


def test_a_fake_panics_and_boots_and_all_is_there_after_a_restart(tmp_path: Path) -> None:
    """Told as it happens, shown by `list`, remembered by the index, and found by `log --boot`."""
    file = tmp_path / "lab.yaml"
    file.write_text(LAB.replace("FOLDER", str(tmp_path)))
    logs = ("--directory", str(tmp_path / "logs"))
    with service(tmp_path / "first", "--config", str(file)) as running:
        eventually("a login", lambda: "login, " in running.command("list").stdout, 30)
        with stream(running, "?console=web") as answer:
            status, _ = running.api("POST", "/console/v1/consoles/web/fault", {"fault": "panic", "seconds": 0.5})
            assert status == 200
            told = events(answer, 3)
        assert [event["event"] for event in told] == ["panic", "boot", "login"]
        status, before = running.api("GET", "/console/v1/consoles/web/boots")
        assert [boot["panic"] is not None for boot in before["boots"]] == [False, True]
        assert running.console("quiet")["events"][0]["event"] == "silence"
    with service(tmp_path / "second", "--config", str(file)) as running:
        listed = running.command("list").stdout
        assert "LAST EVENT" in listed
        eventually("the boot of the fake's new life", lambda: running.console("web")["events"][0]["event"] == "boot")
        _, after = running.api("GET", "/console/v1/consoles/web/boots")
        assert after["boots"][1:] == before["boots"]
        offsets = [boot["offset"] for boot in before["boots"]]
        shown = running.command("log", "web", "--boot", "-1", "--json", *logs).stdout.splitlines()
        assert json.loads(shown[0])["offset"] == offsets[0]
        assert json.loads(shown[0])["text"].startswith("FakeBIOS ")


def test_a_pattern_of_ones_own(tmp_path: Path) -> None:
    """By its name, in the stream and in the index."""
    file = tmp_path / "lab.yaml"
    file.write_text(LAB.replace("FOLDER", str(tmp_path)))
    with service(tmp_path / "run", "--config", str(file)) as running, stream(running, "?event=reboot") as answer:
        eventually("a login", lambda: "login, " in running.command("list").stdout, 30)
        with running.viewer("web", "&replay=0") as viewer:
            viewer.send("root\rconsolesvc\rreboot\r")
            (reboot,) = events(answer, 1)
        assert reboot["console"] == "web"
        assert reboot["facts"]["line"] == "reboot: Restarting system"
        index = tmp_path / "logs/web.index"
        eventually("it in the index", lambda: f'"event":"reboot","offset":{reboot["offset"]},' in index.read_text())


def test_a_webhook_that_was_away_is_told_after_a_restart(tmp_path: Path) -> None:
    """A panic while nobody answers, a TERM, a start with somebody there: the panic arrives, and once."""
    with receiver() as far:
        port = far.server_port  # once it is closed, nobody's
    file = tmp_path / "lab.yaml"
    hook = f"webhooks: [{{url: 'http://127.0.0.1:{port}/hook', events: [panic]}}]\n"
    file.write_text(LAB.replace("FOLDER", str(tmp_path)) + hook)
    state = ("--state-dir", str(tmp_path / "state"))
    with service(tmp_path / "first", "--config", str(file), *state) as running:
        eventually("a login", lambda: "login, " in running.command("list").stdout, 30)
        assert running.api("POST", "/console/v1/consoles/web/fault", {"fault": "panic", "seconds": 0.5})[0] == 200
        eventually("nobody answers", lambda: "cannot connect: " in running.stderr, 10)
    with receiver(port) as far:
        with service(tmp_path / "second", "--config", str(file), *state):
            eventually("the panic", lambda: far.got, 10)
        with service(tmp_path / "third", "--config", str(file), *state):
            pass
        (panic,) = far.got
        assert (panic["event"], panic["console"]) == ("panic", "web")


def test_who_follows_comes_back_after_a_restart(tmp_path: Path, unused_tcp_port: int) -> None:
    """`events --follow` says that the service is away, that events may be missing, and what happens then."""
    file = tmp_path / "lab.yaml"
    file.write_text(LAB.replace("FOLDER", str(tmp_path)))
    words = ("--config", str(file), "--set", f"api.listen=127.0.0.1:{unused_tcp_port}")
    command = [str(CONSOLESVC), "events", "web", "--follow", "--endpoint", f"http://127.0.0.1:{unused_tcp_port}"]
    out, err = tmp_path / "out", tmp_path / "err"
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(service(tmp_path / "first", *words))
        stdout, stderr = stack.enter_context(out.open("wb")), stack.enter_context(err.open("wb"))
        follower = stack.enter_context(subprocess.Popen(command, env=environment(), stdout=stdout, stderr=stderr))
        try:

            def told_once_it_listens() -> bool:
                first.api("POST", "/console/v1/consoles/web/mark", {"name": "x"})
                return "  mark  " in out.read_text()

            eventually("a mark", told_once_it_listens, 20)
            first.stop()
            eventually("it is away", lambda: "; trying again" in err.read_text(), 10)
            told = len(out.read_text())
            stack.enter_context(service(tmp_path / "second", *words))
            eventually("the next boot", lambda: "  boot  " in out.read_text()[told:], 30)
            assert "events are missing: nobody knows how many" in err.read_text()
            assert err.read_text().count("trying again") == 1
        finally:
            follower.kill()


class Receiver(ThreadingHTTPServer):
    """A receiver of webhooks, on the standard library's server."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Take)
        self.got: list[dict[str, Any]] = []


class _Take(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Receiver)
        self.server.got.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it so
        """Say nothing."""


@contextlib.contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """One that listens, on a port or on any."""
    with Receiver(port) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
