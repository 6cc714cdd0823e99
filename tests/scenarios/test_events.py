"""What happens to machines, as a user of the running service follows it: a stream, `list`, `log --boot`, a restart."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from tests.scenarios.process import Running, eventually, service

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
