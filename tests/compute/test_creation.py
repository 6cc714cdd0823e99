"""Servers that are made over the API, and deleted."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.compute.creation import GUESTS, guest_for
from consolesvc.compute.creation_body import read_order
from consolesvc.compute.microversion import Version
from consolesvc.config.model import Emulator
from consolesvc.emulator.guests import GUESTS as THERE_ARE
from tests.compute.cloud import FAKE, ORDER, PROJECT, REAL, Cloud, cloud
from tests.compute.test_bodies import JSON
from tests.lines.devices import eventually
from tests.proxy.world import closed, received

FIELD = "Invalid input for field/attribute"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Cloud]:
    async with cloud(tmp_path) as running:
        yield running


async def test_a_server_is_made(lab: Cloud) -> None:
    """202, what clients read of it, and soon a machine that answers on its console."""
    answer = await lab.create()
    server = answer.body["server"]
    assert answer.status == 202
    assert set(server) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert uuid.UUID(server["id"]).version == 4
    assert answer.headers["Location"] == server["links"][0]["href"] == f"{lab.api}/v2.1/servers/{server['id']}"
    assert len(server["adminPass"]) >= 12
    shown = (await lab.show(server["id"])).body["server"]
    assert (shown["name"], shown["status"] in ("BUILD", "ACTIVE")) == ("made", True)
    found = lab.service.inventory.get(server["id"])
    await eventually(lambda: found.status == "ACTIVE")
    assert (found.vm_state, found.task_state, found.power_state) == ("active", None, 1)
    await eventually(lambda: found.console.connected)
    ws = await lab.attach(server["id"])
    await ws.send_bytes(b"hello")
    assert await received(ws, 5) == b"hello"
    await ws.close()


async def test_where_it_is_made(lab: Cloud) -> None:
    """Links keep the project of the path, and the server is that project's; a path without one takes the default."""
    project = "ab" * 16
    answer = await lab.ask("POST", f"/{project}/servers", {"server": ORDER})
    server = lab.service.inventory.get(answer.body["server"]["id"])
    assert answer.headers["Location"] == f"{lab.api}/v2.1/{project}/servers/{server.id}"
    assert (server.project_id, server.user_id) == (project, "admin")
    assert (await lab.made()).project_id == PROJECT


async def test_what_is_given_is_kept(lab: Cloud) -> None:
    """Metadata, image and flavor are the server's; a password given is the one answered."""
    answer = await lab.create(metadata={"a": "b"}, adminPass="secret", flavorRef=42, security_groups=[{"name": "g"}])
    server = lab.service.inventory.get(answer.body["server"]["id"])
    assert answer.body["server"]["adminPass"] == "secret"
    assert answer.body["server"]["security_groups"] == [{"name": "g"}]
    assert (server.metadata, server.image, server.flavor) == ({"a": "b"}, "echo", "42")


@pytest.mark.parametrize(
    ("image", "name", "guest"),
    [
        ("uboot", "x", "uboot"),
        ("Fake-U-Boot", "x", "linux"),
        ("my-UBOOT-2026", "switch1", "uboot"),
        ("", "switch-7", "switch"),
        ("155d900f-4e14-4e4c-a73d-069cbf4541e6", "Echo", "echo"),
        ("", "web", "linux"),
        ("replay", "replay1", "linux"),
        ("", "", "linux"),
    ],
)
def test_the_guest_is_picked_by_image_then_name(image: str, name: str, guest: str) -> None:
    """Whatever else they say, there is a guest."""
    assert guest_for(image, name) == guest


def test_every_guest_can_be_had() -> None:
    """All that need nothing but themselves."""
    assert set(GUESTS) == set(THERE_ARE) - {"replay"}


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/",
        "..",
        ".",
        "a/b",
        "%s%n{0}",
        "-rf",
        "имя",
        "机器",
        "a" * 255,
        "fake",
        FAKE,
        "x; rm",
        "'\"`$(",
    ],
)
async def test_any_name(lab: Cloud, name: str) -> None:
    """A name is text that is shown, found by, and nothing else: its machine works like any other's."""
    for image in ("echo", "linux", "switch", "uboot", "chatter"):
        server = await lab.made(name=name, imageRef=image)
        assert (server.name, (await lab.show(server.id)).body["server"]["name"]) == (name, name)
        await eventually(lambda: server.status == "ACTIVE")  # noqa: B023 - awaited in the same turn
        await (await lab.attach(server.id)).close()
    listed = await lab.ask("GET", "/console/v1/consoles")
    assert [console["name"] for console in listed.body["consoles"]].count(name) >= 5


async def test_a_name_that_several_bear_is_told(lab: Cloud) -> None:
    """By its name none of them is found, and the answer says by which ids they are; an id is never taken for a name."""
    one, other = await lab.made(name="twin"), await lab.made(name="twin")
    answer = await lab.ask("GET", "/console/v1/consoles/twin")
    assert (answer.status, *answer.body) == (409, "conflictingRequest")
    assert answer.message == f"2 servers have the name 'twin'; say which by its id: {one.id}, {other.id}"
    await lab.made(name=FAKE)
    assert (await lab.ask("GET", f"/console/v1/consoles/{FAKE}")).body["console"]["name"] == "fake"


async def test_a_server_made_again_inherits_nothing(lab: Cloud) -> None:
    """Neither id nor tokens nor output nor stream of the one before."""
    old = await lab.made(name="again")
    url = await lab.url(old.id)
    ws = await lab.attach(old.id)
    await ws.send_bytes(b"old")
    await received(ws, 3)
    assert (await lab.ask("DELETE", f"/servers/{old.id}")).status == 204
    assert await closed(ws) == (4002, "server deleted")
    new = await lab.made(name="again")
    assert new.id != old.id
    assert new.console.stream != old.console.stream
    assert new.console.ring.end == 0
    async with lab.http.get(url.replace("ws", "http"), headers=UPGRADE) as refused:
        assert refused.status == 401


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


async def test_delete(lab: Cloud) -> None:
    """204 without a body, then 404 everywhere; its device is gone."""
    server = await lab.made()
    assert server.fake is not None
    answer = await lab.ask("DELETE", f"/{PROJECT}/servers/{server.id}")
    assert (answer.status, answer.body) == (204, None)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/action")):
        body = {"os-start": None} if path else None
        assert (await lab.ask(method, f"/servers/{server.id}{path}", body)).status == 404
    assert server.fake.path is None
    assert server.id not in lab.service.made


async def test_delete_of_a_fake_and_of_a_real_line(lab: Cloud) -> None:
    """Any fake goes; a real machine stays, and the answer says what to do."""
    assert (await lab.ask("DELETE", f"/servers/{FAKE}")).status == 204
    answer = await lab.ask("DELETE", f"/servers/{REAL}")
    assert (answer.status, *answer.body) == (409, "conflictingRequest")
    assert "take it out of the configuration" in answer.message
    assert (await lab.ask("DELETE", "/servers/fake")).status == 404


async def test_delete_needs_no_content_type(lab: Cloud) -> None:
    """Clients say what they like of a body that they don't send."""
    server = await lab.made()
    answer = await lab.ask("DELETE", f"/servers/{server.id}", **{"Content-Type": "application/octet-stream"})
    assert answer.status == 204


async def test_a_reload_leaves_made_servers_alone(lab: Cloud) -> None:
    """The configuration knows nothing of them, and takes nothing from them."""
    server = await lab.made()
    await lab.service.reload(dataclasses.replace(lab.service.config, emulator=Emulator(allow_create=False)))
    assert lab.service.inventory.get(server.id) is server
    assert (await lab.create()).status == 403


async def test_off_unless_allowed(tmp_path: Path) -> None:
    """A plain sentence that names the switch; a wrong body is still a wrong body."""
    async with cloud(tmp_path, Emulator()) as lab:
        answer = await lab.create()
        assert (answer.status, *answer.body) == (403, "forbidden")
        assert "emulator.allow_create" in answer.message
        assert (await lab.create(name="")).status == 400


async def test_quota(tmp_path: Path) -> None:
    """Nova's sentence; a deleted server makes room."""
    async with cloud(tmp_path, Emulator(allow_create=True, max=3)) as lab:
        first = await lab.made()
        answer = await lab.create(min_count=3)
        assert answer.body["forbidden"] == {
            "code": 403,
            "message": "Quota exceeded for instances: Requested 3, but already used 1 of 3 instances",
        }
        # As many as there is room for, where that is enough.
        assert (await lab.create(name="n", min_count=1, max_count="999999999")).status == 202
        assert sorted(server.name for server in lab.service.inventory) == ["fake", "made", "n-1", "n-2", "real"]
        assert (await lab.create()).status == 403
        await lab.ask("DELETE", f"/servers/{first.id}")
        assert (await lab.create(return_reservation_id=True)).body["reservation_id"].startswith("r-")


def body(**server: Any) -> dict[str, Any]:
    return {"server": {**ORDER, **server}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "'server' is a required property"),
        ({"server": {}}, f"{FIELD} server. Value: {{}}. 'name' is a required property"),
        ({"server": {"name": "x"}}, f"{FIELD} server. Value: {{'name': 'x'}}. 'flavorRef' is a required property"),
        (body(name=None), f"{FIELD} name. Value: None. None is not of type 'string'"),
        (body(name=""), f"{FIELD} name. Value: . '' is too short"),
        (body(name="a" * 256), f"{FIELD} name. Value: "),
        (body(name=" a"), f"{FIELD} name. Value: ' a'. A name has no control characters, and no space at either end"),
        (body(name="a\nb"), rf"{FIELD} name. Value: 'a\nb'. A name has"),
        (body(name="a\x00"), rf"{FIELD} name. Value: 'a\x00'. A name has"),
        (body(name="\x1b[2J"), rf"{FIELD} name. Value: '\x1b[2J'. A name has"),
        (body(flavorRef=""), f"{FIELD} flavorRef. Value: . '' is too short"),
        (body(imageRef=1), f"{FIELD} imageRef. Value: 1. 1 is not of type 'string'"),
        (body(networks="auto"), f"{FIELD} networks. Value: auto. 'auto' is not of type 'array'"),
        (body(metadata={"a": 1}), f"{FIELD} a. Value: 1. 1 is not of type 'string'"),
        (body(metadata={"a/b": "c"}), f"{FIELD} metadata. Value: a/b. Additional properties are not allowed"),
        (body(metadata={"a": "b" * 256}), f"{FIELD} a. Value: "),
        (body(metadata={str(i): "" for i in range(200)}), f"{FIELD} metadata. Value: ..."),
        (body(min_count=0), f"{FIELD} min_count. Value: 0. 0 is less than the minimum of 1"),
        (body(max_count=-1), f"{FIELD} max_count. Value: -1. -1 is less than the minimum of 1"),
        (body(min_count="x"), f"{FIELD} min_count. Value: x. 'x' does not match"),
        (body(min_count=2, max_count=1), "min_count must be <= max_count"),
        (body(security_groups=["default"]), f"{FIELD} security_groups. Value: ['default']. expected"),
        (body(tags=[]), f"{FIELD} server. Value: "),
        (
            body(metadata={"consolesvc:vm_state": "x"}),
            f"{FIELD} metadata. consolesvc:vm_state: found 'x', expected one of",
        ),
        (body(metadata={"consolesvc:x": "x"}), f"{FIELD} metadata. consolesvc:unknown key 'x', expected some of"),
    ],
)
async def test_wrong_bodies(lab: Cloud, wrong: Any, message: str) -> None:
    """Each has its sentence, and makes nothing."""
    answer = await lab.ask("POST", "/servers", wrong)
    assert (answer.status, *answer.body) == (400, "badRequest")
    assert answer.message.startswith(message)
    assert not lab.service.made


def test_keys_come_and_go_with_versions() -> None:
    """As nova has them."""
    for key, value, version in (
        ("description", None, Version(2, 19)),
        ("networks", "auto", Version(2, 37)),
        ("tags", ["a"], Version(2, 52)),
        ("trusted_image_certificates", None, Version(2, 63)),
        ("host", "h", Version(2, 74)),
        ("hostname", "h", Version(2, 90)),
    ):
        wanted = body(networks="none") if version > Version(2, 37) else body()
        wanted["server"][key] = value
        read_order(wanted, version)
        with pytest.raises(ValueError, match=r"Additional properties|'array'|required"):
            read_order(wanted, Version(2, version.minor - 1))
    with pytest.raises(ValueError, match="'networks' is a required property"):
        read_order(body(), Version(2, 37))
    with pytest.raises(ValueError, match="does not match"):
        read_order(body(networks="some"), Version(2, 37))
    read_order(body(personality=[]), Version(2, 36))
    with pytest.raises(ValueError, match="personality"):
        read_order(body(personality=[], networks="auto"), Version(2, 57))


@given(order=st.dictionaries(st.sampled_from([*sorted(ORDER), "metadata", "min_count", "networks", "x"]), JSON))
def test_any_order(order: dict[str, Any]) -> None:
    """Whatever is ordered is read or refused with a sentence: no other error."""
    with contextlib.suppress(ValueError):
        assert read_order({"server": ORDER | order}, Version(2, 1)).least >= 1
