"""`GET …/sessions` and `POST …/kick`: who is there, and how the one who is sent away is told."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.identity.world import cloud, write_tokens
from tests.lines.devices import eventually
from tests.proxy.people import person
from tests.proxy.world import World, world
from tests.web.world import call, refusal, with_log


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path), input="lease") as made:
        yield made


async def sessions(lab: World) -> list[dict[str, Any]]:
    """The sessions of the one console."""
    status, document = await call(lab, "GET", "node/sessions")
    assert status == 200
    return list(document["sessions"])


async def test_nobody_is_an_empty_list(lab: World) -> None:
    """And nobody holds the input."""
    assert await sessions(lab) == []
    assert (await call(lab, "GET", "node"))[1]["console"]["input"] == {"mode": "lease", "holder": None}


async def test_everybody_is_there_in_the_order_they_came(lab: World) -> None:
    """Whence, who, since when, what they may and do, and how far they have read."""
    await lab.said(b"0123456789")
    alice, raw = await person(lab, "alice"), await person(lab, "", "binary", query="&replay=0")
    looker = await person(lab, "bob", "", may_type=False)
    await alice.type(b"a")
    await alice.reads(b"9")
    await lab.device.say(b"x")
    await raw.reads(b"x")
    await looker.reads(b"x")
    shown = await sessions(lab)
    assert [each["id"] for each in shown] == [viewer["session"] for viewer in await everybody(lab)]
    assert datetime.fromisoformat(shown[0]["since"]).timestamp() == pytest.approx(time.time(), abs=60)
    assert [{k: v for k, v in each.items() if k not in ("id", "since", "who")} for each in shown] == [
        facts("alice", "consolesvc.v1", holds=True, received=11),
        facts("", "binary", received=1),
        facts("bob", "", may_type=False, received=11),
    ]
    assert all(each["who"].startswith("127.0.0.1:") for each in shown)
    view = (await call(lab, "GET", "node"))[1]["console"]
    assert (view["viewers"], view["input"]) == (3, {"mode": "lease", "holder": alice.id})
    for each in (alice, raw, looker):
        await each.ws.close()


async def everybody(lab: World) -> list[dict[str, Any]]:
    """The viewers as a client of v1 is shown them."""
    return list(lab.console.roster.view())


def facts(user: str, protocol: str, *, received: int, **other: object) -> dict[str, object]:
    """A session as it is shown, without what differs with each run."""
    plain = {"may_type": True, "holds": False, "lost": 0, "behind": 0}
    return {**plain, "user": user, "protocol": protocol, "received": received, **other}


@pytest.mark.parametrize(("reason", "said"), [("my turn", "kicked by admin: my turn"), ("", "kicked by admin")])
async def test_who_is_kicked_is_told_by_whom_and_why(lab: World, reason: str, said: str) -> None:
    """Raw clients read a notice, then the close with the same words; v1 has the close. The log's index knows, too."""
    alice, raw, stays = await person(lab, "alice"), await person(lab, "bob", "binary"), await person(lab, "carol")
    ids = [each["id"] for each in await sessions(lab)]
    body = {"reason": reason} if reason else {}
    for session in ids[:2]:
        status, document = await call(lab, "POST", f"node/sessions/{session}/kick", json=body)
        assert (status, document["kicked"]["id"]) == (200, session)
    assert await alice.ended() == (4000, said)
    assert await raw.ended() == (4000, said)
    assert raw.notices == [said]
    await eventually(lambda: len(lab.console.viewers) == 1)
    assert [each["id"] for each in await sessions(lab)] == ids[2:]
    await stays.ws.close()
    assert lab.console.log is not None
    index = Path(lab.service.config.log.directory or "") / "node.index"
    await eventually(lambda: index.exists() and index.read_text().count('"kick"') == 2)
    kicks = [json.loads(line) for line in index.read_text().splitlines() if '"kick"' in line]
    assert [(each["session"], each["by"], each["reason"]) for each in kicks] == [
        (each, "admin", reason) for each in ids[:2]
    ]


async def test_notices_off_is_no_notice(lab: World) -> None:
    """Who wants the machine's bytes alone reads the close frame."""
    raw = await person(lab, "bob", "binary", query="&notices=0")
    (session,) = [each["id"] for each in await sessions(lab)]
    await call(lab, "POST", f"node/sessions/{session}/kick", json={"reason": "x"})
    assert await raw.ended() == (4000, "kicked by admin: x")
    assert (raw.data, raw.notices) == (b"", [])


async def test_a_kick_ends_the_way_back(lab: World) -> None:
    """The resume secret is good for nothing afterwards."""
    alice = await person(lab, "alice")
    await call(lab, "POST", f"node/sessions/{alice.id}/kick", json={})
    await alice.ended()
    await eventually(lambda: not lab.console.viewers)
    secret = alice.told[0]["resume"]
    back = await lab.http.ws_connect(
        f"http://{lab.service.ports.proxy}/?resume={secret}", headers={"Origin": "http://127.0.0.1"}
    )
    message = await back.receive(5)
    assert (message.data, message.extra) == (1008, "resume secret unknown")


@pytest.mark.parametrize("reason", ["x" * 81, "a\nb", 5, None, ["x"]])
async def test_bad_reasons(lab: World, reason: object) -> None:
    """400, with the key, its value and what was expected; nobody is cut."""
    alice = await person(lab, "alice")
    status, message = await refusal(lab, "POST", f"node/sessions/{alice.id}/kick", json={"reason": reason})
    assert status == 400
    assert message.startswith(f"reason: found {repr(reason)[:50]}")
    assert message.endswith("expected at most 80 printable characters")
    assert len(await sessions(lab)) == 1
    await alice.ws.close()


async def test_unknown_sessions_and_consoles(lab: World) -> None:
    """404, naming what there is."""
    alice = await person(lab, "alice")
    assert await refusal(lab, "POST", "node/sessions/nope/kick", json={}) == (
        404,
        f"node has no session 'nope'; there are: {alice.id}",
    )
    await alice.ws.close()
    await eventually(lambda: not lab.console.viewers)
    assert (await refusal(lab, "POST", "node/sessions/x/kick", json={}))[1].endswith("there are: none")
    assert (await refusal(lab, "POST", "nobody/sessions/x/kick", json={}))[0] == 404
    assert (await refusal(lab, "GET", "nobody/sessions"))[0] == 404
    assert (await refusal(lab, "POST", "node/sessions/x/kick", json={"why": ""}))[0] == 400


async def test_who_may_see_and_kick(tmp_path: Path) -> None:
    """A reader sees who is there, a member of the project kicks; for another project there is no such console."""
    tokens = write_tokens(
        tmp_path,
        ann={"roles": ["member"]},
        rea={"roles": ["reader"]},
        eve={"roles": ["member"], "project_id": "0c5e1ab0000000000000000000000009"},
    )
    async with cloud(tokens) as lab:
        path = "/v2.1/servers/detail"
        server = (await lab.ask("GET", path, "ann")).body["servers"][0]["id"]
        url = (await lab.ask("POST", f"/v2.1/servers/{server}/action", "ann", json=SERIAL)).body["console"]["url"]
        async with lab.http.ws_connect(url.replace("ws:", "http:")) as ws:
            (session,) = (await lab.ask("GET", "/console/v1/consoles/ours/sessions", "rea")).body["sessions"]
            assert session["user"] == "ann"
            kick = f"/console/v1/consoles/ours/sessions/{session['id']}/kick"
            assert (await lab.ask("POST", kick, "rea", json={})).status == 403
            assert (await lab.ask("POST", kick, "eve", json={})).status == 404
            assert (await lab.ask("GET", "/console/v1/consoles/ours/sessions", "eve")).status == 404
            assert (await lab.ask("POST", kick, "ann", json={"reason": "out"})).status == 200
            messages = [await ws.receive(5) for _ in range(2)]
            assert [messages[0].data, messages[1].extra] == [
                b"\r\n[consolesvc: kicked by ann: out]\r\n",
                "kicked by ann: out",
            ]


SERIAL = {"os-getSerialConsole": {"type": "serial"}}
