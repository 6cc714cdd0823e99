from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consolesvc.cli.views import console_table
from tests.cli.service import Running, consolesvc, service, until


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo", "talker: chatter") as running:
        yield running


@pytest.mark.parametrize(
    ("silent", "shown"),
    [(None, "-"), (0.0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86400 * 3.9, "3 d")],
)
def test_one_console(silent: float | None, shown: str) -> None:
    """A row has the line's state with its reason, and the silence in its largest whole unit."""
    line = {"type": "serial", "target": "/dev/ttyUSB0", "state": "waiting", "why": "no such device"}
    view = {"name": "node3", "line": line, "silent": silent, "viewers": 2, "id": "9601e450"}
    header, row = console_table([view]).split("\n")
    assert header.split() == ["NAME", "GUEST/DEVICE", "STATE", "SILENT", "VIEWERS", "ID"]
    assert row.replace("   ", "  ").split("  ")[:3] == ["node3", "/dev/ttyUSB0", "no such device"]
    assert row[header.index("SILENT") : header.index("VIEWERS")].strip() == shown
    assert row.endswith("9601e450")


def test_the_last_event() -> None:
    """A column for it where there has been one, with how long ago; without one, the table is as it was."""
    line = {"type": "emulated", "target": "linux", "state": "connected", "why": ""}
    view = {"name": "node3", "line": line, "silent": 1, "viewers": 2, "id": "9601e450", "events": []}
    when = datetime.now(UTC) - timedelta(minutes=3, seconds=5)
    events = [{"event": "panic", "time": when.isoformat()}, {"event": "boot", "time": when.isoformat()}]
    header, first, second = console_table([view, view | {"events": events}], events=True).split("\n")
    column = slice(header.index("LAST EVENT"), header.index("VIEWERS"))
    assert (first[column].strip(), second[column].strip()) == ("-", "panic, 3 min")
    assert "LAST EVENT" not in console_table([view], events=True)
    assert "LAST EVENT" not in console_table([view | {"events": events}])


def test_list_shows_what_happened_last(tmp_path: Path) -> None:
    """Of a fake that boots while one waits."""
    with service(tmp_path, "node1: echo", "board: switch") as running:
        until(lambda: b"login, " in consolesvc("list", "--endpoint", running.api).stdout)
        rows = consolesvc("list", "--endpoint", running.api).stdout.decode().splitlines()
        column = slice(rows[0].index("LAST EVENT"), rows[0].index("VIEWERS"))
        assert [row[column].strip().partition(",")[0] for row in rows[1:]] == ["-", "login"]


def test_the_table_of_a_running_service(lab: Running) -> None:
    """One row for each console, in the configuration's order."""
    done = consolesvc("list", "--endpoint", lab.api)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [row.split() for row in done.stdout.decode().splitlines()]
    assert [row[:3] for row in rows[1:]] == [["node1", "echo", "connected"], ["talker", "chatter", "connected"]]


def test_for_programs(lab: Running) -> None:
    """--json gives what the API says; the endpoint may come from the environment."""
    done = consolesvc("list", "--json", env={"OS_ENDPOINT": f"{lab.api}/v2.1"})
    answer = json.loads(done.stdout)
    assert [console["name"] for console in answer["consoles"]] == ["node1", "talker"]
    assert answer["configuration_error"] is None


def test_a_configuration_that_was_not_reloaded_is_told(lab: Running) -> None:
    """On stderr, beside the table of what runs on."""
    before = lab.config.read_text()
    lab.config.write_text("nonsense: 1\n")
    lab.process.send_signal(signal.SIGHUP)
    until(lambda: "was not reloaded" in lab.log.read_text())
    done = consolesvc("list", "--endpoint", lab.api)
    lab.config.write_text(before)
    assert done.returncode == 0
    assert b"node1" in done.stdout
    assert done.stderr.startswith(b"The configuration was not reloaded:\n")
    assert b"lab.yaml:1: unknown key `nonsense`" in done.stderr
