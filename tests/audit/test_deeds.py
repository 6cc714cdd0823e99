"""Calls of the API in the audit: each that changes something, by whoever made it; and who was refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from consolesvc.audit.audit import Audit
from consolesvc.audit.witness import Witnesses
from consolesvc.config.model import Config, Emulator
from consolesvc.config.operators import Audit as AuditConfig
from consolesvc.console.input import Typist
from consolesvc.http.deeds import DEED, SAFE_METHODS, Deed
from consolesvc.service import Service
from consolesvc.web.deeds import DEEDS
from tests.audit.records import events, read, text
from tests.identity.world import (
    LAB,
    OURS,
    PASSWORD,
    SERIAL,
    THEIRS,
    Cloud,
    cloud,
    credentials,
    write_tokens,
    write_users,
)
from tests.lines.devices import eventually


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


async def audited(lab: Cloud, path: Path) -> None:
    """Have a cloud audited, and let it make servers."""
    makes = dataclasses.replace(lab.service.config, emulator=Emulator(allow_create=True))
    await lab.service.reload(dataclasses.replace(makes, audit=AuditConfig(str(path))))


@pytest.fixture
async def lab(tmp_path: Path, path: Path) -> AsyncIterator[Cloud]:
    roles = {"member": {"roles": ["member"]}, "reader": {"roles": ["reader"]}, "root": {"roles": ["admin"]}}
    async with cloud(write_tokens(tmp_path, **roles)) as made:
        await audited(made, path)
        yield made


async def done(lab: Cloud, path: Path, method: str, call: str, token: str = "member", **options: Any) -> dict[str, Any]:
    """The record of a call."""
    answer = await lab.ask(method, call, token, **options)
    assert answer.status < 300, answer
    request = answer.headers["x-openstack-request-id"]
    await eventually(lambda: [record for record in read(path) if record.get("request") == request])
    (record,) = (record for record in read(path) if record.get("request") == request)
    assert record["client"].startswith("127.0.0.1:")
    assert (record["user"], record["project"]) == (token, LAB)
    return {key: value for key, value in record.items() if key not in ("time", "request", "client", "user", "project")}


WHERE = {"console": "ours", "id": OURS}


def test_every_call_that_changes_something_has_its_word() -> None:
    """A new one is given one on purpose; those of Compute say theirs themselves."""
    routes = Service(Config())._api_app().router.routes()
    found = {(route.method, route.resource.canonical) for route in routes if route.resource}
    changing = {(m, path) for m, path in found if m not in SAFE_METHODS | {"*"} and not path.startswith("/v2")}
    assert changing - DEEDS.keys() == set()


async def test_consoles(lab: Cloud, path: Path) -> None:
    """A port that is lent and taken back, a URL that is made; by which API does not matter."""
    lent = await done(lab, path, "POST", f"/console/v1/consoles/{OURS}/down", json={"seconds": 60, "who": "al@laptop"})
    assert lent == {"event": "lent", **WHERE, "seconds": 60, "who": "al@laptop"}
    back = await done(lab, path, "POST", "/console/v1/consoles/ours/up", json={})
    assert back == {"event": "taken-back", **WHERE}
    minted = await done(lab, path, "POST", f"/v2.1/servers/{OURS}/action", json=SERIAL)
    assert len(minted.pop("token")) == 12
    assert minted == {"event": "minted", **WHERE}
    body = {"remote_console": {"protocol": "serial", "type": "serial"}}
    headers = {"OpenStack-API-Version": "compute 2.6"}
    call = f"/v2.1/{LAB}/servers/{OURS}/remote-consoles"
    minted = await done(lab, path, "POST", call, json=body, headers=headers)
    assert (minted["event"], minted["id"]) == ("minted", OURS)


async def test_machines(lab: Cloud, path: Path) -> None:
    """Power, faults and states; one that is made, and its end."""
    for action, body in (("reboot", {"type": "HARD"}), ("os-stop", None)):
        power = await done(lab, path, "POST", f"/v2.1/servers/{OURS}/action", json={action: body})
        assert power == {"event": "power", **WHERE, "action": action}
        await eventually(lambda: lab.service.inventory.get(OURS).task_state is None)
    await done(lab, path, "POST", f"/v2.1/servers/{OURS}/action", json={"os-start": None})
    fault = await done(lab, path, "POST", "/console/v1/consoles/ours/fault", json={"fault": "hang", "seconds": 1})
    assert fault == {"event": "fault", **WHERE, "fault": "hang", "seconds": 1}
    assert (await done(lab, path, "DELETE", "/console/v1/consoles/ours/fault"))["fault"] is None
    state = await done(lab, path, "POST", "/console/v1/servers/ours/state", json={"vm_state": "error"})
    assert state == {"event": "state", **WHERE, "vm_state": "error"}
    order = {"server": {"name": 'wei\u00df "x"', "imageRef": "echo", "flavorRef": "1", "networks": "none"}}
    made = await done(lab, path, "POST", "/v2.1/servers", json=order, headers={"OpenStack-API-Version": "compute 2.37"})
    assert made["event"] == "made"
    (server,) = made["servers"]
    gone = await done(lab, path, "DELETE", f"/v2.1/servers/{server['id']}")
    assert (gone["event"], gone["id"]) == ("deleted", server["id"])


async def test_who_was_refused(lab: Cloud, path: Path) -> None:
    """A right that somebody has not, whatever they asked for; a change that could not be. What is only read is not."""
    await lab.ask("GET", "/console/v1/consoles/nobody", "member")
    await lab.ask("GET", "/console/v1/consoles", "wrong")
    await lab.ask("POST", f"/v2.1/servers/{OURS}/action", "reader", json=SERIAL)
    await lab.ask("POST", f"/v2.1/servers/{THEIRS}/action", "member", json=SERIAL)
    await lab.ask("POST", f"/v2.1/servers/{OURS}/action", "member", json={"os-start": None})
    await eventually(lambda: len(events(path, "refused")) == 4)
    wrong, reader, stranger, running = events(path, "refused")
    assert (wrong["status"], wrong["call"], wrong.get("user")) == (401, "GET /console/v1/consoles", None)
    assert (reader["status"], reader["user"]) == (403, "reader")
    assert "os-remote-consoles" in reader["reason"]
    assert (stranger["status"], stranger.get("console")) == (404, None)
    assert (running["status"], running["what"], running["action"], running["console"]) == (
        409,
        "power",
        "os-start",
        "ours",
    )
    assert "wrong" not in json.dumps(wrong)


async def test_what_was_sent_wrongly_is_not_repeated(lab: Cloud, path: Path) -> None:
    """A 400 quotes it; it may have been a secret in the wrong place."""
    answer = await lab.ask("POST", "/console/v1/consoles/ours/down", "member", json={"who": "hunter2" * 20})
    assert "hunter2" in answer.body["badRequest"]["message"]
    await eventually(lambda: events(path, "refused"))
    assert "hunter2" not in text(path)


async def test_logins(tmp_path: Path, path: Path) -> None:
    """Who came in and went, and who only said they were somebody; no password."""
    async with cloud(write_users(tmp_path, alice={"lab": ["member"]})) as lab:
        await audited(lab, path)
        token = await lab.login("alice", "lab")
        await lab.ask("POST", "/identity/v3/auth/tokens", json=credentials("alice", "lab", "hunter2"))
        await lab.ask("DELETE", "/identity/v3/auth/tokens", token, headers={"X-Subject-Token": token})
        await eventually(lambda: events(path, "logout"))
    (login,), (refused,), (logout,) = (events(path, name) for name in ("login", "refused", "logout"))
    assert (login["claimed"], login["project"], login["user"]) == ("alice", LAB, logout["user"])
    assert (refused["claimed"], refused["status"], refused["what"]) == ("alice", 401, "login")
    assert "user" not in refused
    written = text(path)
    assert not any(secret in written for secret in (PASSWORD, "hunter2", token))


def test_input_of_a_call_is_one_fact_of_it() -> None:
    """However many pieces it goes out in; input of nobody's is nobody's."""
    witnesses = Witnesses(Audit())
    witnesses.typed(Typist(), b"nobody's")
    deed = Deed("typed")
    mark = DEED.set(deed)
    witnesses.typed(Typist(), b"abc")
    witnesses.typed(Typist(), b"de")
    DEED.reset(mark)
    assert deed.facts == {"bytes": 5}


async def test_a_call_without_a_word_is_written_as_the_call_it_was(
    lab: Cloud, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is added to the API and forgotten here."""
    monkeypatch.delitem(cast("dict[tuple[str, str], Deed]", DEEDS), ("POST", "/console/v1/consoles/{id}/up"))
    back = await done(lab, path, "POST", "/console/v1/consoles/ours/up", json={})
    assert back == {"event": "call", **WHERE, "call": "POST /console/v1/consoles/ours/up"}
