from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from consolesvc.cli.consoles import console_table
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
