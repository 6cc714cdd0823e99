"""Fakes that are told to look busy: every fault of nova-contract 1.5, provoked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.compute.cloud import FAKE, REAL, Cloud, cloud
from tests.lines.devices import eventually
from tests.proxy.world import closed

SERIAL = {"type": "serial"}


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Cloud]:
    async with cloud(tmp_path) as running:
        yield running


async def test_states_are_what_they_are_told(lab: Cloud) -> None:
    """By id or name; what is not said follows, and what a client sees is that."""
    answer = await lab.tell("fake", vm_state="building", task_state="spawning")
    assert answer.body["server"] == {
        "id": FAKE,
        "name": "fake",
        "vm_state": "building",
        "task_state": "spawning",
        "status": "BUILD",
        "power_state": 0,
        "console": True,
        "expired_tokens": 0,
    }
    shown = (await lab.show(FAKE)).body["server"]
    assert (shown["status"], shown["OS-EXT-STS:task_state"]) == ("BUILD", "spawning")
    await lab.tell(FAKE, task_state=None, status="UNKNOWN")
    assert (await lab.show(FAKE)).body["server"]["status"] == "UNKNOWN"
    assert (await lab.tell(FAKE, vm_state="active")).body["server"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("told", "status", "message"),
    [
        ({"vm_state": "building"}, 409, f"Instance {FAKE} is not ready"),
        ({"task_state": "deleting"}, 409, "task_state deleting"),
        ({"task_state": "migrating"}, 409, "task_state migrating"),
    ],
)
async def test_faults_of_a_console_url(lab: Cloud, told: dict[str, Any], status: int, message: str) -> None:
    """A fake told so answers as nova does, until it is told to be well."""
    await lab.tell(FAKE, **told)
    answer = await lab.act(FAKE, "os-getSerialConsole", SERIAL)
    assert (answer.status, message in answer.message) == (status, True)
    await lab.tell(FAKE, vm_state="active", task_state=None, console=True)
    assert (await lab.act(FAKE, "os-getSerialConsole", SERIAL)).status == 200


async def test_a_new_server_is_told_by_its_metadata(lab: Cloud) -> None:
    """It is made that way, and stays so although its machine runs."""
    server = await lab.made(metadata={"consolesvc:vm_state": "error", "consolesvc:console": "false", "other": "x"})
    assert (server.status, server.vm_state, server.power_state) == ("ERROR", "error", 0)
    assert not server.console_type_available
    assert server.metadata["other"] == "x"
    deleting = await lab.made(metadata={"consolesvc:task_state": "deleting"})
    assert (deleting.status, deleting.task_state) == ("ACTIVE", "deleting")
    plain = await lab.made(metadata={"consolesvc:task_state": "none"})
    await eventually(lambda: plain.status == "ACTIVE")


async def test_a_token_that_expires_now(lab: Cloud) -> None:
    """Refused as one whose time is over, and only this server's."""
    url = await lab.url(FAKE)
    other = await lab.made()
    kept = await lab.url(other.id)
    assert (await lab.tell(FAKE, expire_tokens=True)).body["server"]["expired_tokens"] == 1
    assert (await lab.tell(FAKE, expire_tokens=True)).body["server"]["expired_tokens"] == 0
    refused = await lab.http.ws_connect(url, headers={"Origin": lab.api})
    assert await closed(refused) == (1008, "token expired")
    await (await lab.http.ws_connect(kept)).close()
    await (await lab.attach(FAKE)).close()


async def test_a_real_machine_is_what_it_is(lab: Cloud) -> None:
    """409: nobody is to be told that a machine runs which does not."""
    answer = await lab.tell(REAL, vm_state="error")
    assert (answer.status, *answer.body) == (409, "conflictingRequest")
    assert (await lab.tell("nobody", vm_state="error")).status == 404


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"vm_state": "x"}, "vm_state: found 'x', expected one of active, building, "),
        ({"vm_state": None}, "vm_state: found None, expected one of "),
        ({"task_state": "X\n"}, "task_state: found 'X\\n', expected null, or a task such as "),
        ({"task_state": 1}, "task_state: found 1, expected null"),
        ({"status": "fine"}, "status: found 'fine', expected one of ACTIVE, "),
        ({"console": 1}, "console: found 1, expected true, false, "),
        ({"expire_tokens": "yes"}, "expire_tokens: found 'yes', expected true or false"),
        ({"a" * 1000: 1}, "unknown key 'aaa"),
    ],
)
async def test_what_cannot_be_told(lab: Cloud, told: dict[str, Any], message: str) -> None:
    """400 that names the key, the value and what was expected; nothing is changed by half."""
    answer = await lab.tell(FAKE, **{"vm_state": "error", **told})
    assert (answer.status, answer.message.startswith(message), len(answer.message) < 400) == (400, True, True)
    assert lab.service.inventory.get(FAKE).status == "ACTIVE"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
async def test_bodies_that_are_no_object(lab: Cloud, body: bytes) -> None:
    """400, whatever they are."""
    path = f"{lab.api}/console/v1/servers/{FAKE}/state"
    async with lab.http.post(path, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    async with lab.http.post(path, data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
        assert (answer.status, *await answer.json()) == (415, "badMediaType")
