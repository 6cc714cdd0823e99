"""Who reads a console in the audit: by which call, from where to where, how often; who follows it, and until when."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.audit import reads
from consolesvc.config.operators import Audit
from tests.audit.records import events
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, world
from tests.web.world import call

RAW = {"Accept": "application/octet-stream"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@pytest.fixture
async def lab(tmp_path: Path, path: Path) -> AsyncIterator[World]:
    config = dataclasses.replace(BASE, audit=Audit(str(path)))
    async with world(tmp_path, config) as made:
        yield made


async def read(path: Path, count: int = 1) -> list[dict[str, Any]]:
    """The records of reads, once there are so many, without what is in all of them."""
    await eventually(lambda: len(events(path, "read")) >= count)
    common = ("time", "event", "request", "client", "id", "user", "console")
    return [{k: v for k, v in record.items() if k not in common} for record in events(path, "read")]


async def test_every_way_to_read(lab: World, path: Path) -> None:
    """Output, the screen, a slice, a wait, Compute's own call: by whom, how, from where to where."""
    await lab.said(b"login: \n")
    end = lab.console.ring.end
    name = lab.console.name
    async with lab.http.get(f"{lab.api}/console/v1/consoles/{name}/output?start=2", headers=RAW) as answer:
        assert await answer.read() == b"gin: \n"
    assert (await call(lab, "GET", f"{name}/screen"))[0] == 200
    async with lab.http.get(f"{lab.api}/console/v1/consoles/{name}/slice?from=1&to=4") as answer:
        assert answer.status == 200
    assert (await call(lab, "POST", f"{name}/wait", json={"pattern": "login", "since": 0}))[0] == 200
    body = {"os-getConsoleOutput": {"length": 5}}
    server = lab.service.inventory.find(name, lambda _: True)
    async with lab.http.post(f"{lab.api}/v2.1/servers/{server.id}/action", json=body) as answer:
        assert answer.status == 200
    assert await read(path, 5) == [
        {"how": "output", "from": 2, "to": end, "bytes": end - 2},
        {"how": "screen", "from": 0, "to": end, "bytes": end},
        {"how": "slice", "from": 1, "to": 4, "bytes": 3},
        {"how": "wait", "from": 0, "to": 5, "bytes": 5},
        {"how": "os-getConsoleOutput", "to": end, "bytes": len("login:\n")},
    ]
    for record in events(path, "read"):
        assert (record["user"], record["console"], record["id"]) == ("admin", name, server.id)
        assert record["client"].startswith("127.0.0.1:")
    assert not events(path, "call")


async def test_many_reads_are_a_record_a_minute(lab: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first at once; the others when their minute is over, with how many they were and where they reached."""
    monkeypatch.setattr(reads, "MINUTE", 0.3)
    name = lab.console.name
    await lab.said(b"0123456789")
    for start in (5, 3, 8):
        assert (await call(lab, "GET", f"{name}/output?start={start}&limit=2"))[0] == 200
    assert await read(path, 2) == [
        {"how": "output", "from": 5, "to": 7, "bytes": 2},
        {"how": "output", "from": 3, "to": 10, "bytes": 4, "count": 2},
    ]


async def test_a_list_that_is_polled(lab: World, path: Path) -> None:
    """Tails are a read of all consoles, one record for all its calls; the list without them shows no output."""
    for _ in range(5):
        assert (await call(lab, "GET", "../consoles?tail=100"))[0] == 200
    assert (await call(lab, "GET", "../consoles"))[0] == 200
    assert await read(path) == [{"how": "tails", "consoles": 1}]
    await lab.service.reload(dataclasses.replace(lab.service.config, audit=Audit(str(path), keep=3)))
    assert (await read(path, 2))[1] == {"how": "tails", "consoles": 1, "count": 4}


async def test_a_stop_writes_what_was_counted(tmp_path: Path, path: Path) -> None:
    """Nothing that was read is forgotten because its minute was not over."""
    config = dataclasses.replace(BASE, audit=Audit(str(path)))
    async with world(tmp_path, config) as lab:
        for _ in range(3):
            assert (await call(lab, "GET", f"{lab.console.name}/screen"))[0] == 200
    assert [record.get("count") for record in events(path, "read")] == [None, 2]


async def test_who_follows_is_attached(lab: World, path: Path) -> None:
    """As a session is: when they came, when they went, and how many bytes they took."""
    name = lab.console.name
    await lab.said(b"before ")
    url = f"{lab.api}/console/v1/consoles/{name}/output?start=0&follow=1"
    async with lab.http.get(url, headers=RAW) as answer:
        assert await answer.content.readexactly(7) == b"before "
        await eventually(lambda: events(path, "attached"))
        await lab.said(b"and after")
        assert await answer.content.readexactly(9) == b"and after"
        assert not events(path, "detached")
        answer.close()
    await lab.said(b"!")
    await eventually(lambda: events(path, "detached"), 10)
    (attached,), (detached,) = events(path, "attached"), events(path, "detached")
    assert (attached["how"], attached["from"], attached["console"]) == ("follow", 0, name)
    assert (detached["how"], detached["from"], detached["request"]) == ("follow", 0, attached["request"])
    assert 16 <= detached["out"] <= 17
    assert detached["to"] == detached["out"]
    assert detached["seconds"] > 0


@pytest.mark.parametrize("port", ["api", "proxy"])
async def test_the_page_reads_older_output(lab: World, path: Path, port: str) -> None:
    """By its token, on either port: its name is in the record, and who minted it; a wrong one is refused."""
    await lab.said(b"long ago\n")
    url = await lab.url()
    token = url.rpartition("token=")[2]
    base = lab.api if port == "api" else f"http://{url.split('/')[2]}"
    async with lab.http.get(f"{base}/console/t/output", headers={"Console-Token": token}) as answer:
        assert answer.status == 200, await answer.text()
    (record,) = await read(path)
    (minted,) = events(path, "minted")
    assert record == {"how": "output", "from": 0, "to": 9, "bytes": 9, "token": minted["token"]}
    assert events(path, "read")[0]["user"] == "admin"
    async with lab.http.get(f"{base}/console/t/output", headers={"Console-Token": "wrong"}) as answer:
        assert answer.status == 401
    await eventually(lambda: events(path, "refused"))
