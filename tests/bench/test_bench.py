"""The benchmark itself: every row whole in its short form, and what must break a row breaks it, in words."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench import peers, workloads
from tests.bench.__main__ import main, measure
from tests.bench.machines import HOST, Line
from tests.bench.peers import PEERS_PYTHON, Peer, Plan
from tests.bench.report import GOALS, Row, goals_text
from tests.bench.streams import BLOCK, Flood, flood
from tests.bench.workloads import SHORT, Figures, Size, Workload
from tests.scenarios.process import ROOT, needs

pytestmark = pytest.mark.timeout(240)

RELAY = """
import asyncio, sys

async def relay(reader, writer):
    from_machine, to_machine = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))

    async def down():
        passed = 0
        while data := await from_machine.read(65536):
            if passed < 300000 <= passed + len(data):
                data = data[:10] + data[11:]
            passed += len(data)
            writer.write(data)

    task = asyncio.create_task(down())
    while data := await reader.read(65536):
        to_machine.write(data)
    task.cancel()

async def main():
    await (await asyncio.start_server(relay, "127.0.0.1", int(sys.argv[1]))).serve_forever()

asyncio.run(main())
"""
"""A relay that loses a byte."""


def lossy(lines: Sequence[Line], folder: Path) -> Plan:
    del folder
    port = peers.free_port()
    command = [sys.executable, "-c", RELAY, str(port), str(lines[0].port)]
    return Plan([command], [port], lambda: [f"raw://{HOST}:{port}/"])


@needs(PEERS_PYTHON, "scripts/bench makes it")
@needs("socat", "apt install socat")
@needs("/usr/sbin/ser2net", "apt install ser2net")
@needs("/usr/sbin/conserver", "apt install conserver-server")
def test_the_short_form_breaks_no_row(tmp_path: Path) -> None:
    """All workloads, all peers, by the command as people run it; the figures are in the file, nothing is missing."""
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.bench", "--short", "--runs", "1", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["missing"] == []
    assert [(row["workload"], row["peer"]) for row in found["rows"] if row["errors"] or not row["runs"]] == []
    assert [goal["what"] for goal in found["goals"] if goal["value"] is None] == []
    assert "NOT MEASURED" not in done.stdout + done.stderr


def test_a_lost_byte_breaks_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that drops one byte of a flood has no figure, and no ratio comes of it."""
    monkeypatch.setitem(peers.ALL, "websockify", Peer("websockify", lossy))
    [row] = measure(Workload("bulk", workloads.bulk, ("websockify",)), Size(bulk=1), 1)
    assert row.runs == []
    assert re.search(r"of 1048576 bytes, wrong from \d+|ended|timed out", row.errors[0]), row.errors
    assert row.median("MB/s") is None
    assert "NOT MEASURED" in goals_text([row])


def test_a_taken_port_breaks_the_row_with_the_peers_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wins the race for a port: the row says what the peer said."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        plan = Plan([[sys.executable, "-c", peers.BARE, str(port)]], [port], lambda: [f"http://{HOST}:{port}/"])
        taken.close()
        with socket.socket() as holder:  # it holds the port and does not listen: nobody can mistake it for the peer
            holder.bind((HOST, port))
            monkeypatch.setitem(peers.ALL, "bare aiohttp", Peer("bare aiohttp", lambda _lines, _folder: plan))
            [row] = measure(Workload("minting", workloads.minting, ("bare aiohttp",)), SHORT, 1)
    assert "bare aiohttp ended with 1" in row.errors[0]
    assert "address already in use" in row.errors[0]


def test_a_missing_peer_is_said_and_is_no_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what would bring it here; the others are measured all the same."""
    absent = Peer("conserver", lossy, ("no-such-conserver",), cure="apt install conserver-server")
    monkeypatch.setitem(peers.ALL, "conserver", absent)
    assert main(["fan", "--short", "--runs", "1"]) == 0
    said = capsys.readouterr()
    assert said.err.count("NOT MEASURED: conserver: no no-such-conserver here: apt install conserver-server") == 2
    assert "consolesvc  " in said.out
    assert re.search(r"fan-out, MB/s in all.*NOT MEASURED", said.out)


@pytest.mark.parametrize(("words", "expected"), [(["bulky"], "no workload 'bulky'"), (["--runs", "0"], "expected 1")])
def test_wrong_words(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and what there is."""
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert expected in capsys.readouterr().err


def test_a_flood_knows_each_of_its_bytes() -> None:
    """A byte that is wrong, missing or twice is found, wherever it is; over the block's end too."""
    said = bytes(flood(BLOCK - 100, 300))
    for broken in (said[:150] + b"\0" + said[151:], said[:150] + said[151:], said[:150] + said[149:]):
        check = Flood(got=BLOCK - 100)
        check(memoryview(broken))
        assert check.wrong == BLOCK - 100
    check = Flood(got=BLOCK - 100)
    check(memoryview(said))
    assert (check.wrong, check.got) == (None, BLOCK + 200)


def test_goals_are_of_medians_and_a_broken_row_has_none() -> None:
    """The promised ratio is of what was measured in one run, by each side's median."""
    goal = next(goal for goal in GOALS if goal.workload == "fan")
    figures: list[Figures] = [{"MB/s, all": value} for value in (300.0, 400.0, 500.0)]
    ours, theirs = Row("fan", "consolesvc", figures), Row("fan", "conserver", [{"MB/s, all": 100.0}])
    assert goal.value([ours, theirs]) == 4.0
    theirs.errors.append("it was not whole")
    assert goal.value([ours, theirs]) is None
