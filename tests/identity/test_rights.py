"""Rights that are lost: the sessions, tokens and secrets that came of them end (DESIGN 5.4, close code 4003)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.access import IdentityNone
from consolesvc.identity.caller import Caller
from consolesvc.identity.none import NoIdentity
from consolesvc.tokens.store import Minter
from tests.identity.world import OURS, SERIAL, Cloud, cheap_hash, cloud, write_tokens, write_users
from tests.lines.devices import eventually

HERE = {"Origin": "http://127.0.0.1"}
WITHDRAWN = (4003, "right withdrawn")
MEMBER: dict[str, Any] = {"roles": ["member"]}


class At:
    """Somebody at the console `ours`, by a URL of their own."""

    def __init__(self, url: str, ws: aiohttp.ClientWebSocketResponse, hello: dict[str, Any]) -> None:
        self.url, self.ws, self.hello = url, ws, hello

    async def ended(self) -> tuple[int, str]:
        """How they are ended, whatever they are shown before."""
        while True:
            message = await self.ws.receive(5)
            if message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data), str(message.extra)
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message


async def at(lab: Cloud, token: str | None, *, link: bool = False) -> At:
    """Mint a URL with an identity token, and attach by it."""
    if link:
        answer = await lab.ask("POST", "/console/v1/consoles/ours/share", token, json={})
        url = answer.body["share"]["url"]
    else:
        answer = await lab.ask("POST", f"/v2.1/servers/{OURS}/action", token, json=SERIAL)
        url = answer.body["console"]["url"]
    url = url.replace("ws:", "http:")
    ws = await lab.http.ws_connect(url, protocols=("consolesvc.v1",))
    return At(url, ws, json.loads((await ws.receive(5)).data))


def read(path: str) -> Any:
    """What a file of ours says."""
    return json.loads(Path(path).read_text())


def write(path: str, text: str) -> None:
    """Have a file say something else."""
    Path(path).write_text(text)


async def nothing_opens(lab: Cloud, who: At, why: str = "") -> None:
    """Neither the URL nor the secret; nor is output read by them."""
    root = who.url.partition("?")[0]
    token, secret = who.url.rpartition("=")[2], who.hello["resume"]
    for url in (who.url, f"{root}?resume={secret}"):
        ws = await lab.http.ws_connect(url, headers=HERE)
        message = await ws.receive(5)
        assert message.data == 1008
        assert str(message.extra).endswith(why)
    for header in ({"Console-Token": token}, {"Console-Resume": secret}):
        async with lab.http.get(f"{root}console/t/output?start=0", headers=header) as answer:
            assert answer.status == 401


async def test_a_static_token_that_is_removed(tmp_path: Path) -> None:
    """Its sessions end within seconds, links that it made as well; nothing of it opens again. Others go on."""
    async with cloud(write_tokens(tmp_path, alice=MEMBER, bob=MEMBER)) as lab:
        alice, looker, bob = await at(lab, "alice"), await at(lab, "alice", link=True), await at(lab, "bob")
        gone = await at(lab, "alice")
        await gone.ws.close()
        write_tokens(tmp_path, bob=MEMBER)
        assert await alice.ended() == await looker.ended() == WITHDRAWN
        for each in (alice, looker, gone):
            await nothing_opens(lab, each)
        assert len(lab.service.sessions) == 1
        async with lab.http.ws_connect(bob.url):
            pass
        await bob.ws.close()


async def test_what_is_shown_before_the_next_look_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is quick, and whatever a store still has: the right is asked for at the door."""
    monkeypatch.setattr("consolesvc.proxy.rights.LOOK_EVERY", 3600.0)
    async with cloud(write_tokens(tmp_path, alice=MEMBER)) as lab:
        alice = await at(lab, "alice")
        await alice.ws.close()
        write_tokens(tmp_path, bob=MEMBER)
        await eventually(lambda: lab.service.identity.changes == 1)
        await nothing_opens(lab, alice, "withdrawn")


async def test_a_member_who_only_reads_now(tmp_path: Path) -> None:
    """What types ends; a link to look on is a reader's right, and stays. Another project is no right at all."""
    async with cloud(write_tokens(tmp_path, alice=MEMBER)) as lab:
        typing, looking = await at(lab, "alice"), await at(lab, "alice", link=True)
        write_tokens(tmp_path, alice={"roles": ["reader"]})
        assert await typing.ended() == WITHDRAWN
        await nothing_opens(lab, typing)
        async with lab.http.ws_connect(looking.url):
            await eventually(lambda: len(lab.service.sessions) == 2)
        write_tokens(tmp_path, alice={"roles": ["member"], "project_id": "0c5e1ab0000000000000000000000009"})
        assert await looking.ended() == WITHDRAWN


@pytest.mark.parametrize("how", ["user", "password", "role", "nothing"])
async def test_a_builtin_user(tmp_path: Path, how: str) -> None:
    """Gone from the file, with another password, or without the role: all the same. A file that is touched is none."""
    asked = write_users(tmp_path, alice={"lab": ["member"]}, bob={"lab": ["member"], "attic": ["reader"]})
    document = read(asked.users)
    async with cloud(asked) as lab:
        alice, bob = await at(lab, await lab.login("alice", "lab")), await at(lab, await lab.login("bob", "lab"))
        if how == "user":
            document["users"] = document["users"][1:]
        elif how == "password":
            document["users"][0]["password_hash"] = cheap_hash("another one")
        elif how == "role":
            document["users"][0]["assignments"] = [{"project": "lab", "roles": ["reader"]}]
        else:
            document["users"][1]["assignments"].append({"project": "cellar", "roles": ["reader"]})
        write(asked.users, json.dumps(document))
        await eventually(lambda: lab.service.identity.changes == 1)
        if how == "nothing":
            await lab.service.rights.recheck()
            assert len(lab.service.sessions) == 2
            await alice.ws.close()
        else:
            assert await alice.ended() == WITHDRAWN
            await nothing_opens(lab, alice)
        assert bob.hello["session"] in [session.viewer.id for session in lab.service.sessions]
        await bob.ws.close()


async def test_a_wrong_file_ends_nobody(tmp_path: Path) -> None:
    """What it said before still counts, as for calls."""
    asked = write_tokens(tmp_path, alice=MEMBER)
    async with cloud(asked) as lab:
        alice = await at(lab, "alice")
        write(asked.tokens, "tokens: [")
        await eventually(lambda: lab.service.identity.changes == 0)
        await lab.service.rights.recheck()
        assert len(lab.service.sessions) == 1
        await alice.ws.close()


async def test_going_over_to_another_identity(tmp_path: Path) -> None:
    """Who had asked nobody has no right under one that asks; root's, by the local socket, need none."""
    async with cloud(write_tokens(tmp_path, alice=MEMBER)) as lab:
        before = lab.service.config
        await lab.service.reload(dataclasses.replace(before, identity=IdentityNone()))
        token = await lab.service.tokens.issue(OURS, minter=Caller("admin", "", frozenset({"admin"})).minter)
        root = await lab.service.tokens.issue(OURS, minter=Caller("root", "", frozenset(), credential=None).minter)
        url = f"http://{lab.service.ports.proxy}/?token="
        nobody, local = await lab.http.ws_connect(url + token), await lab.http.ws_connect(url + root)
        await lab.service.reload(before)
        assert await At("", nobody, {}).ended() == WITHDRAWN
        assert [session.viewer.ended.done() for session in lab.service.sessions if session.grant.minter is None] == [
            False
        ]
        await local.close()


def test_nobody_loses_what_nobody_gave() -> None:
    """Under identity none."""
    assert not NoIdentity().lost(Minter("admin", "", ""), lambda _caller: False)
