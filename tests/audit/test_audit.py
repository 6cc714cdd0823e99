"""The audit of a running service: what is written, and what happens when it cannot be."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.audit import audit as audit_module
from consolesvc.audit.audit import Audit, Place
from consolesvc.config.linespec import TelnetSpec
from consolesvc.config.model import Config
from consolesvc.config.operators import Audit as AuditConfig
from consolesvc.config.server import ServerConfig
from consolesvc.lines.telnet import BREAK
from consolesvc.log.reader import log_names
from consolesvc.log.thread import LogThread
from tests.audit.records import events, read, text
from tests.lines.devices import eventually
from tests.lines.peers import HOST, peer
from tests.proxy.world import BASE, NODE, World, received, serving, world
from tests.web.world import with_log

REQUEST = "req-"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def audited(path: Path, config: Config = BASE, **more: Any) -> Config:
    return dataclasses.replace(config, audit=AuditConfig(str(path), **more))


@pytest.fixture
async def lab(tmp_path: Path, path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, audited(path)) as made:
        yield made


async def until(path: Path, event: str, count: int = 1) -> list[dict[str, Any]]:
    """The records of an event, once there are so many."""
    await eventually(lambda: len(events(path, event)) >= count)
    return events(path, event)


async def test_a_session_from_its_url_to_its_end(lab: World, path: Path) -> None:
    """Who had the URL made and who came with it is told by one name of the token, which is not the token."""
    url = await lab.url()
    async with lab.http.ws_connect(url, protocols=("binary",)) as ws:
        await ws.send_bytes(b"secret")
        await lab.device.heard(6)
        await lab.said(b"hello")
        await received(ws, 5)
    (detached,) = await until(path, "detached")
    (minted,), (attached,), (typed,) = (events(path, name) for name in ("minted", "attached", "typed"))
    token = url.partition("token=")[2]
    assert token not in text(path)
    assert minted["token"] == attached["token"] == detached["token"]
    for record in (minted, attached, typed, detached):
        assert (record["console"], record["id"]) == ("node", NODE)
        assert record["request"].startswith(REQUEST)
        assert record["client"].startswith("127.0.0.1:")
    assert (minted["user"], attached["project"]) == ("admin", BASE.defaults.project_id)
    assert attached["session"] == typed["session"] == detached["session"]
    assert typed["bytes"] == 6
    assert "secret" not in text(path)
    found = {key: detached[key] for key in ("out", "in", "lost", "refused", "protocol")}
    assert found == {"out": 5, "in": 6, "lost": 0, "refused": 0, "protocol": "binary"}
    assert detached["seconds"] >= 0


async def test_why_a_session_ended(lab: World, path: Path) -> None:
    """Where we ended it: the code and the words that its client was told."""
    async with await lab.attach():
        (session,) = lab.service.sessions
        session.viewer.end(4000, "kicked by alice: maintenance")
        (detached,) = await until(path, "detached")
    assert (detached["code"], detached["reason"]) == (4000, "kicked by alice: maintenance")


async def test_typing_is_told_in_bursts(lab: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By size, a record for each pause; what was typed when the session ended is told before its end."""
    monkeypatch.setattr("consolesvc.audit.attendance.PAUSE", 0.1)
    async with await lab.attach() as ws:
        for _ in range(3):
            await ws.send_bytes(b"ab")
        (first,) = await until(path, "typed")
        assert first["bytes"] == 6
        await ws.send_bytes(b"c")
        await until(path, "typed", 2)
        await ws.send_bytes(b"at the end")
        await lab.device.heard(17)
    await until(path, "detached")
    assert [record["bytes"] for record in events(path, "typed")] == [6, 1, 10]
    assert read(path)[-1]["event"] == "detached"


async def test_one_who_types_without_a_pause_is_told_meanwhile(
    lab: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paste of hours is not one record at its end."""
    monkeypatch.setattr("consolesvc.audit.attendance.PAUSE", 0.1)
    monkeypatch.setattr("consolesvc.audit.attendance.LONGEST", 0.3)
    async with await lab.attach() as ws:
        while len(events(path, "typed")) < 2:
            await ws.send_bytes(b"x")
            await lab.device.heard(1)
            await asyncio.sleep(0.02)


async def test_a_break_says_who_sent_it(path: Path) -> None:
    """By a session's own message, once it is on the line."""
    async with peer() as machine:
        spec = TelnetSpec(HOST, machine.port)
        server = ServerConfig(NODE, "node", BASE.defaults.project_id, spec)
        config = audited(path, dataclasses.replace(BASE, servers=(server,)))
        async with serving(config) as service, aiohttp.ClientSession() as http:
            await eventually(lambda: service.inventory.get(NODE).console.connected)
            token = await service.tokens.issue(NODE)
            url = f"{service.urls.base('127.0.0.1')}?token={token}"
            async with http.ws_connect(url, protocols=("consolesvc.v1",)) as ws:
                await ws.send_json({"type": "break", "ms": 250})
                await eventually(lambda: machine.heard.endswith(BREAK))
                (sent,) = await until(path, "break")
            (detached,) = await until(path, "detached")
    assert (sent["ms"], sent["console"], sent["session"]) == (250, "node", detached["session"])
    assert detached["protocol"] == "consolesvc.v1"


async def test_refusals_say_why_and_for_whom(lab: World, path: Path) -> None:
    """A websocket's, an API call's that would have changed something; a reader's 404 is nobody's business."""
    base = (await lab.url()).partition("?")[0]
    await (await lab.http.ws_connect(f"{base}?token=guess", headers={"Origin": "http://127.0.0.1"})).close()
    async with lab.http.get(f"{lab.api}/console/v1/consoles/nobody"):
        pass
    async with lab.http.post(f"{lab.api}/console/v1/consoles/nobody/down", json={}):
        pass
    websocket, call = await until(path, "refused", 2)
    assert (websocket["what"], websocket["status"], websocket["reason"]) == ("attached", 401, "token unknown")
    assert "guess" not in text(path)
    assert (call["what"], call["status"], call["user"]) == ("lent", 404, "admin")
    assert call["call"] == "POST /console/v1/consoles/nobody/down"
    assert call["reason"] == "Instance nobody could not be found."


async def test_a_storm_of_refusals_pushes_nothing_out(path: Path) -> None:
    """The first hundred are written, and of the rest how many there were, with the next one that is."""
    made, thread = Audit(), LogThread()
    made.begin(thread, Place(path))
    for number in range(1000):
        made.refused(number=number)
    made._room = 1.0  # as after a second
    made.refused(number="last")
    await made.close()
    await thread.close(1)
    records = read(path)
    assert len(records) == audit_module.REFUSALS + 1
    assert records[-1]["unwritten"] == 900
    assert "unwritten" not in records[0]


async def test_who_moved_the_file_away_has_it_begun_anew(lab: World, path: Path) -> None:
    """USR2, as for the logs."""
    await lab.url()
    await until(path, "minted")
    os.rename(path, path.with_name("elsewhere"))  # noqa: PTH104 - by somebody else
    lab.service.reopen_logs()
    await lab.url()
    assert len(await until(path, "minted")) == 1
    assert len(events(path.with_name("elsewhere"), "minted")) == 1


async def test_a_reload_switches_it_on_and_off_and_moves_it(tmp_path: Path, path: Path) -> None:
    """Without a restart; what it says of the reload is said where it is then."""
    async with world(tmp_path) as lab:
        service, quiet = lab.service, lab.service.config
        assert not service.seen.audit.on
        await lab.url()
        await service.reload(audited(path, quiet))
        await lab.url()
        await until(path, "minted")
        other = path.with_name("other.log")
        await service.reload(audited(other, quiet))
        await lab.url()
        await until(other, "minted")
        await service.reload(quiet)
        await lab.url()
        assert not service.seen.audit.on
    assert [len(events(each, "minted")) for each in (path, other)] == [1, 1]
    assert [record["event"] for record in read(other)] == ["reloaded", "minted"]


async def test_beside_the_logs(tmp_path: Path) -> None:
    """`auto` is audit.log in their folder, with or without logs; `consolesvc log` takes it for no console's."""
    config = dataclasses.replace(with_log(tmp_path), audit=AuditConfig("auto"))
    async with world(tmp_path, config):
        pass
    assert [record["event"] for record in read(tmp_path / "logs/audit.log")] == ["started", "stopped"]
    assert log_names(tmp_path / "logs") == ["node"]
    off = dataclasses.replace(config, log=dataclasses.replace(config.log, enabled=False))
    async with serving(off):
        pass
    assert len(events(tmp_path / "logs/audit.log", "started")) == 2


async def test_nothing_waits_for_an_audit_that_has_no_place(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that is not there: said once, and everything else goes on; when it is there, so are the records."""
    path = tmp_path / "absent/audit.log"
    async with world(tmp_path, audited(path)) as lab:
        await lab.url()
        await eventually(lambda: lab.service.seen.audit.failing)
        async with await lab.attach() as ws:
            await lab.said(b"still relaying")
            await received(ws, 14)
        path.parent.mkdir()
        await until(path, "attached")
        await eventually(lambda: not lab.service.seen.audit.failing)
    assert [record["event"] for record in read(path)][:2] == ["started", "minted"]
    assert events(path, "lost") == []
    assert sum("the audit cannot be written" in record.getMessage() for record in caplog.records) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small tmpfs needs root and the right to mount")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


async def test_a_full_disk_costs_records_and_nothing_else(
    small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said once; consoles and logs, on another disk, go on. Room again: the audit goes on, and says what is missing."""
    monkeypatch.setattr(audit_module, "PENDING", 50)
    path = small_disk / "audit.log"
    (small_disk / "ballast").write_bytes(bytes(200 * 1024))
    async with world(tmp_path, audited(path, with_log(tmp_path))) as lab:
        seen = lab.service.seen.audit

        async def fill() -> None:
            while not seen.lost:
                await lab.url()

        await asyncio.wait_for(fill(), 40)
        assert seen.failing == "No space left on device"
        async with await lab.attach() as ws:
            await lab.said(b"still relaying")
            assert await received(ws, 14) == b"still relaying"
        await lab.flushed()
        assert not lab.console.log.failing
        (small_disk / "ballast").unlink()
        await eventually(lambda: not seen.failing)
        await until(path, "lost")
        records = read(path)  # each line is one: none was cut where the disk was full
        (lost,) = events(path, "lost")
        assert lost["records"] == seen.lost > 0
        assert records[-1]["event"] in ("lost", "detached", "attached", "minted")
    assert sum("the audit cannot be written" in record.getMessage() for record in caplog.records) == 1
    assert events(path, "stopped")


async def test_a_stop_writes_what_waits(tmp_path: Path, path: Path) -> None:
    """Nothing that was done before the end is missing after it."""
    async with world(tmp_path, audited(path)) as lab:
        for _ in range(20):
            await lab.url()
    assert [record["event"] for record in read(path)] == ["started", *["minted"] * 20, "stopped"]


async def test_a_disk_that_is_away_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    """What cannot be written by then is lost."""
    path = tmp_path / "folder/audit.log"
    path.parent.mkdir()
    async with world(tmp_path, audited(path)) as lab:
        await until(path, "started")
        lab.service.reopen_logs()
        shutil.rmtree(path.parent)
        await lab.url()
        await eventually(lambda: lab.service.seen.audit.failing)
        await asyncio.wait_for(lab.service.stop(), 4)
