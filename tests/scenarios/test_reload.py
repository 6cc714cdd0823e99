"""HUP under load: hundreds of servers, hundreds of sessions, and whoever is not concerned does not notice."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import aiohttp
import pytest

from tests.scenarios.fleet import Machine, Session, chatter, machines, sessions, until
from tests.scenarios.process import Running, service

pytestmark = pytest.mark.timeout(180)

SERVERS, ADDED, SESSIONS, CHANGED = 500, 50, 200, 50
MOVED = 10
"""Of the sessions, those whose machine is another one afterwards."""
EVERY = 0.1
"""Seconds between two words of one machine."""
NOTICED = 0.25
"""Seconds by which no byte may be late, on a host that does other things beside; see the test for what was measured."""


async def test_nobody_notices_who_is_not_concerned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """500 servers, 200 sessions; 50 go, 50 come, 60 change. Measured: the latest byte after 11 to 51 ms."""
    file = tmp_path / "lab.yaml"
    async with (
        machines(range(SERVERS + ADDED + MOVED)) as fleet,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        old, spare = fleet[:SERVERS], fleet[SERVERS + ADDED :]
        write(file, [(machine.number, machine.port, "") for machine in old])
        async with running(tmp_path / "run", file) as lab:
            await until("all lines open", lambda: all(machine.connections for machine in old), 30)
            at = [(f"node{machine.number}", machine) for machine in old[:SESSIONS]]
            async with sessions(http, lab.api_url, at) as attached, chatter(old[:SESSIONS], EVERY):
                await asyncio.sleep(2)
                before = worst(attached)
                await loop_lag(lab)
                moved, untouched = attached[:MOVED], attached[MOVED:]
                for session in moved:
                    session.checks = False
                write(file, changed(old, fleet[SERVERS : SERVERS + ADDED], spare))
                lab.signal(signal.SIGHUP)
                await until("reloaded", lambda: "configuration reloaded: 500 servers" in lab.stderr, 30)
                await until(
                    "the moved are back", lambda: all("line connected" in session.told for session in moved), 10
                )
                await asyncio.sleep(1)
                during, lag = worst(untouched), await loop_lag(lab)
                assert [session.wrong for session in untouched if session.wrong or session.ends or session.told] == []
                assert [session.ends for session in moved if session.ends] == []
                assert all(machine.connections == 1 for machine in old[MOVED : SERVERS - ADDED])
        await until("those that went were closed", lambda: all(machine.connections for machine in fleet), 1)
    with capsys.disabled():
        sys.stderr.write(
            f"\nreload of {SERVERS} servers under {SESSIONS} sessions: latest byte {during * 1000:.0f} ms"
            f" ({before * 1000:.0f} ms before); the loop was late by {lag * 1000:.0f} ms at most\n"
        )
    assert during < max(NOTICED, 3 * before)


def changed(old: Sequence[Machine], added: Iterable[Machine], spare: Sequence[Machine]) -> list[tuple[int, int, str]]:
    """The first few on other machines, some with other settings, the last ones gone, others come."""
    entries = []
    for machine in old[: SERVERS - ADDED]:
        port = spare[machine.number].port if machine.number < MOVED else machine.port
        kept = "" if not SESSIONS <= machine.number < SESSIONS + CHANGED else ", ring: 64 KiB, replay: 0, input: lease"
        entries.append((machine.number, port, kept))
    return entries + [(machine.number, machine.port, "") for machine in added]


def write(file: Path, entries: Iterable[tuple[int, int, str]]) -> None:
    """A configuration: number, port, and more keys of each server."""
    servers = "".join(
        f"  - {{name: node{number}, line: {{type: tcp, host: 127.0.0.1, port: {port}}}{more}}}\n"
        for number, port, more in entries
    )
    file.write_text(f"log: {{directory: {file.parent}/logs, min_free: 0}}\nservers:\n{servers}")


def worst(attached: Iterable[Session]) -> float:
    """The latest byte since this was last asked."""
    latest = 0.0
    for session in attached:
        latest = max([latest, *session.delays])
        session.delays.clear()
    return latest


async def loop_lag(lab: Running) -> float:
    """By how much the service's loop was late at most, since its metrics were last read."""
    found = re.search(r"^consolesvc_loop_lag_max_seconds (\S+)$", await asyncio.to_thread(lab.metrics), re.MULTILINE)
    assert found is not None
    return float(found[1])


@contextlib.asynccontextmanager
async def running(folder: Path, file: Path, *words: str) -> AsyncIterator[Running]:
    """A service, started and stopped beside the loop."""
    made = service(folder, "--config", str(file), *words)
    lab = await asyncio.to_thread(made.__enter__)
    try:
        yield lab
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)
