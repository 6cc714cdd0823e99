"""`POST …/{id}/fault`: what a fake suffers reaches its viewers as a real machine's trouble would."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.identity.world import write_tokens
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, received, world
from tests.web.world import FAKE, call, refusal, with_fake


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        await with_fake(made)
        yield made


async def test_a_viewer_sees_an_unplug(lab: World) -> None:
    """Line lost, line back: the session goes on."""
    async with await lab.http.ws_connect(await lab.url(server_id=FAKE)) as ws:
        assert (await call(lab, "POST", "fake/fault", json={"fault": "unplug", "seconds": 0.2})) == (
            200,
            {"fault": {"fault": "unplug", "seconds": 0.2}},
        )
        said = await received(ws, 60)
        assert b"line lost" in said
        said += await received(ws, 60)
        assert b"line back" in said
        await ws.send_bytes(b"alive")
        assert await received(ws, 5) == b"alive"


async def test_it_is_shown_and_can_be_ended(lab: World) -> None:
    """Which fault, and the time that is left; a second one is refused until then."""
    await call(lab, "POST", "fake/fault", json={"fault": "silence", "seconds": 60})
    shown = (await call(lab, "GET", "fake"))[1]["console"]["fault"]
    assert shown["fault"] == "silence"
    assert 58 < shown["seconds"] <= 60
    status, message = await refusal(lab, "POST", "fake/fault", json={"fault": "hang"})
    assert status == 409
    assert message.startswith("fake: silence goes on for ")
    assert await call(lab, "DELETE", "fake/fault") == (200, {"fault": None})
    assert (await call(lab, "GET", "fake"))[1]["console"]["fault"] is None
    console = lab.service.inventory.get(FAKE).console
    await call(lab, "POST", "fake/fault", json={"fault": "flood", "seconds": 0.1})
    await eventually(lambda: console.ring.end > 10_000)


async def test_only_fakes(lab: World) -> None:
    """A real machine's line is left alone; a guest without a kernel cannot panic."""
    assert await refusal(lab, "POST", "node/fault", json={"fault": "hang"}) == (
        409,
        "node is a real machine: only a fake can be told to suffer a fault.",
    )
    assert await refusal(lab, "POST", "fake/fault", json={"fault": "panic"}) == (
        409,
        "fake: its guest has no kernel that could panic",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "fault: found None, expected one of unplug, hang, flood, garble, silence, panic"),
        ({"fault": ["hang"]}, "fault: found ['hang']"),
        ({"fault": "hang", "seconds": 0}, "seconds: found 0, expected a number of seconds from 0.05 to 3600"),
        ({"fault": "hang", "seconds": "1"}, "seconds: found '1'"),
        ({"fault": "garble", "seed": -1}, "seed: found -1"),
        ({"fault": "garble", "seed": 1.5}, "seed: found 1.5"),
        ({"fault": "hang", "for": 5}, "unknown parameter 'for', expected fault, seconds, seed"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected."""
    status, message = await refusal(lab, "POST", "fake/fault", json=body)
    assert status == 400
    assert message.startswith(said)


async def test_a_reader_may_look_and_not_touch(tmp_path: Path) -> None:
    """Another project's console does not exist; in one's own, a reader is refused."""
    project, elsewhere = BASE.defaults.project_id, "0" * 32
    identity = write_tokens(
        tmp_path,
        reader={"project_id": project, "roles": ["reader"]},
        stranger={"project_id": elsewhere, "roles": ["member"]},
        member={"project_id": project, "roles": ["member"]},
    )
    async with world(tmp_path, dataclasses.replace(BASE, identity=identity)) as lab:
        for token, status in (("reader", 403), ("stranger", 404), ("member", 409)):
            headers = {"X-Auth-Token": token}
            for path, body in (("node/fault", {"fault": "hang"}), ("node/down", {}), ("node/up", {})):
                expected = 200 if status == 409 and "fault" not in path else status
                assert (await call(lab, "POST", path, json=body, headers=headers))[0] == expected
            seen = await call(lab, "GET", "node/output", headers=headers)
            assert seen[0] == (404 if status == 404 else 200)
