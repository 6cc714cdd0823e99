"""`POST …/share`: a link to look by, for a while."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.model import Tokens
from consolesvc.http.urls import page_url
from tests.identity.world import cloud, write_tokens
from tests.lines.devices import eventually
from tests.proxy.people import Person
from tests.proxy.world import BASE, World, world
from tests.web.world import FAKE, call, refusal, with_fake

HERE = {"Origin": "http://127.0.0.1"}


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def link(lab: World, name: str = "node", **body: object) -> dict[str, Any]:
    """A share link."""
    status, document = await call(lab, "POST", f"{name}/share", json=body)
    assert status == 200, document
    return dict(document["share"])


async def visitor(lab: World, url: str, protocol: str = "consolesvc.v1") -> Person:
    """Somebody who follows a link."""
    someone = Person(await lab.http.ws_connect(url, protocols=(protocol,), headers=HERE))
    if someone.ws.protocol == "consolesvc.v1":
        await someone.one()
    return someone


async def test_a_link_shows_and_types_nothing(lab: World) -> None:
    """Any number of times; it says where its page is, and when it ends."""
    share = await link(lab)
    assert share.keys() == {"url", "page", "expires", "may_type"}
    assert share["may_type"] is False
    assert share["url"].startswith(f"ws://{lab.service.ports.proxy}/?token=")
    assert share["page"] == share["url"].replace("ws:", "http:")
    assert datetime.fromisoformat(share["expires"]).timestamp() == pytest.approx(time.time() + 3600, abs=5)
    await lab.said(b"login: ")
    for _ in range(2):
        one, two = await visitor(lab, share["url"]), await visitor(lab, share["url"], "binary")
        for each in (one, two):
            await each.reads(b"login: ")
            await each.type(b"root\r")
            await each.hears("input refused (5 bytes): this session may only look")
        assert one.told[0]["may_type"] is False
        assert [each["user"] for each in one.told[0]["viewers"]][-1] == "admin"
        await one.ws.close()
        await two.ws.close()
    assert lab.console.typed == 0


async def test_its_sessions_end_with_it(lab: World) -> None:
    """4001, with the reason, as a notice as well to who is raw; then neither link nor secret open anything."""
    share = await link(lab, ttl=1)
    v1, raw = await visitor(lab, share["url"]), await visitor(lab, share["url"], "binary")
    lab.clock.now += 1  # the sessions' own end is by the loop's clock, a second later
    assert await v1.ended() == (4001, "share link expired")
    assert await raw.ended() == (4001, "share link expired")
    assert raw.notices == ["share link expired"]
    assert (await (await visitor(lab, share["url"])).ended())[1] == "token expired"
    secret = share["url"].partition("?")[0] + f"?resume={v1.told[0]['resume']}"
    assert (await (await visitor(lab, secret)).ended())[1] == "resume secret unknown"


async def test_a_secret_brings_back_one_who_looks(lab: World) -> None:
    """While the link lasts; as one who looks, and until the link ends."""
    share = await link(lab, ttl=100)
    first = await visitor(lab, share["url"])
    await first.ws.close()
    await eventually(lambda: not lab.console.viewers)
    base = share["url"].partition("?")[0]
    second = await visitor(lab, f"{base}?resume={first.told[0]['resume']}")
    await second.type(b"x")
    await second.hears("this session may only look")
    await second.ws.close()
    lab.clock.now += 100
    third = await visitor(lab, f"{base}?resume={second.told[0]['resume']}")
    assert await third.ended() == (1008, "resume secret expired")


async def test_other_sessions_outlive_it(lab: World) -> None:
    """A link's end is its own sessions' end; who came with a token of their own stays."""
    share = await link(lab, ttl=1)
    looking, working = await visitor(lab, share["url"]), await visitor(lab, await lab.url(), "binary")
    await looking.ended()
    await working.type(b"x")
    assert await lab.device.heard(1) == b"x"
    await working.ws.close()


async def test_links_are_taken_back(lab: World) -> None:
    """All of a console's, and their sessions, at once: 4003. Other tokens and other sessions are left alone."""
    shares = [await link(lab), await link(lab, ttl=60)]
    url = await lab.url()
    looking = [await visitor(lab, share["url"]) for share in shares]
    working = await visitor(lab, url, "binary")
    assert await call(lab, "DELETE", "node/share") == (200, {"withdrawn": 2})
    for each in looking:
        assert await each.ended() == (4003, "share link withdrawn")
    for share in shares:
        assert await (await visitor(lab, share["url"])).ended() == (1008, "token unknown")
    assert await call(lab, "DELETE", "node/share") == (200, {"withdrawn": 0})
    await working.type(b"x")
    assert await lab.device.heard(1) == b"x"
    await working.ws.close()
    again = await visitor(lab, url, "binary")
    assert again.closed is None
    await again.ws.close()


async def test_a_fake_told_to_expire_its_tokens_expires_its_links(lab: World) -> None:
    """With their sessions, and the secrets of those that were cut before."""
    await with_fake(lab)
    share = await link(lab, "fake")
    cut, stays = await visitor(lab, share["url"]), await visitor(lab, share["url"])
    await cut.ws.close()
    async with lab.http.post(f"{lab.api}/console/v1/servers/{FAKE}/state", json={"expire_tokens": True}) as answer:
        assert (await answer.json())["server"]["expired_tokens"] == 1
    assert await stays.ended() == (4001, "share link expired")
    secret = share["url"].partition("?")[0] + f"?resume={cut.told[0]['resume']}"
    assert await (await visitor(lab, secret)).ended() == (1008, "resume secret expired")


async def test_single_use_is_for_links_too(tmp_path: Path) -> None:
    """`tokens.single_use` says one connection of every token."""
    async with world(tmp_path, dataclasses.replace(BASE, tokens=Tokens(single_use=True))) as lab:
        share = await link(lab)
        first = await visitor(lab, share["url"])
        assert await (await visitor(lab, share["url"])).ended() == (1008, "token used")
        await first.ws.close()


async def test_who_may_make_links(tmp_path: Path) -> None:
    """Readers, too, of their project's consoles; a reader takes none back. The link's sessions are under their name."""
    tokens = write_tokens(
        tmp_path,
        rea={"roles": ["reader"]},
        ann={"roles": ["member"]},
        eve={"roles": ["reader"], "project_id": "0c5e1ab0000000000000000000000009"},
    )
    async with cloud(tokens) as lab:
        path = "/console/v1/consoles/ours/share"
        share = (await lab.ask("POST", path, "rea")).body["share"]
        async with lab.http.ws_connect(share["url"].replace("ws:", "http:")):
            (session,) = (await lab.ask("GET", "/console/v1/consoles/ours/sessions", "rea")).body["sessions"]
            assert (session["user"], session["may_type"]) == ("rea", False)
        assert (await lab.ask("POST", path, "eve")).status == 404
        assert (await lab.ask("DELETE", path, "rea")).status == 403
        assert (await lab.ask("DELETE", path, "ann")).body == {"withdrawn": 1}


@pytest.mark.parametrize("ttl", [0, 0.5, -1, 30 * 24 * 3600 + 1, "1h", True, None])
async def test_bad_times(lab: World, ttl: object) -> None:
    """400, with the key, its value and what was expected."""
    status, message = await refusal(lab, "POST", "node/share", json={"ttl": ttl})
    assert (status, message) == (400, f"ttl: found {ttl!r}, expected a number of seconds from 1 to 2.592e+06")


async def test_bad_calls(lab: World) -> None:
    """Unknown keys, an unknown console, another type."""
    assert (await refusal(lab, "POST", "node/share", json={"time": 5}))[0] == 400
    assert (await refusal(lab, "POST", "nobody/share", json={}))[0] == 404
    assert (await refusal(lab, "DELETE", "nobody/share"))[0] == 404
    assert (await refusal(lab, "POST", "node/share", data=b"ttl=5"))[0] == 415


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("ws://127.0.0.1:6083/?token=x", "http://127.0.0.1:6083/?token=x"),
        ("wss://console.lab/c/?token=x", "https://console.lab/c/?token=x"),
        ("ws://[::1]:6083/?token=x", "http://[::1]:6083/?token=x"),
    ],
)
def test_the_page_of_a_url(url: str, page: str) -> None:
    """http for ws, https for wss, and nothing else changes."""
    assert page_url(url) == page


async def test_a_link_opens_by_a_page_of_a_foreign_site_no_more_than_any_token(lab: World) -> None:
    """Origin counts as ever."""
    share = await link(lab)
    async with lab.http.ws_connect(share["url"], headers={"Origin": "http://evil.example"}) as ws:
        message = await ws.receive(5)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == 1008
