"""Coming back: since, streams, `consolesvc.v1`, resume secrets, and replay that cannot type (DESIGN 5.4)."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.model import Tokens
from consolesvc.config.operators import Log
from consolesvc.log.index import timestamp
from consolesvc.tokens.keeping import keep, restore
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.resume import MemoryResumeStore
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, Clock, World, closed, received, world

HERE = {"Origin": "http://127.0.0.1"}
OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    log = Log(directory=tmp_path / "logs", min_free=0)
    async with world(tmp_path, dataclasses.replace(BASE, log=log)) as made:
        yield made


class Client:
    """A client of `consolesvc.v1` that keeps what it is told."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.hello: dict[str, Any] = {}
        self.offset = 0
        self.data = b""
        self.told: list[dict[str, Any]] = []

    async def read(self, size: int) -> bytes:
        """Until `size` bytes of output have come."""
        while len(self.data) < size:
            await self.one()
        return self.data

    async def one(self) -> None:
        """Take one message."""
        message = await self.ws.receive(timeout=5)
        if message.type is aiohttp.WSMsgType.BINARY:
            self.data += message.data
            self.offset += len(message.data)
            return
        assert message.type is aiohttp.WSMsgType.TEXT, message
        said = json.loads(message.data)
        self.told.append(said)
        if said["type"] == "hello":
            self.hello, self.offset = said, said["offset"]
        elif said["type"] == "gap":
            self.offset = said["to"]


async def v1(lab: World, url: str) -> Client:
    """A client that has had its hello."""
    client = Client(await lab.http.ws_connect(url, protocols=("consolesvc.v1", "binary"), max_msg_size=0))
    assert client.ws.protocol == "consolesvc.v1"
    await client.one()
    return client


def resuming(lab: World, client: Client, since: int) -> str:
    """The URL by which a client comes back."""
    base = f"http://{lab.service.ports.proxy}/"
    return f"{base}?resume={client.hello['resume']}&since={since}&stream={client.hello['stream']}"


async def test_hello_says_where_the_bytes_stand(lab: World) -> None:
    """First the hello, then bytes that count on from its offset, the replay marked."""
    await lab.said(b"one\r\ntwo\r\n")
    client = await v1(lab, await lab.url())
    (viewer,) = lab.console.viewers
    assert client.hello == {
        "type": "hello",
        "session": viewer.id,
        "name": "node",
        "stream": lab.console.stream,
        "offset": 0,
        "start": 0,
        "replay": [0, 10],
        "line": {"state": "connected", "why": ""},
        "may_type": True,
        "input": {"mode": "shared", "holder": None, "may_type": True, "requests": [], "refused": 0, "text": ""},
        "viewers": [
            {
                "session": viewer.id,
                "who": viewer.who,
                "user": "admin",
                "may_type": True,
                "holds": False,
                "since": timestamp(viewer.since),
            }
        ],
        "resume": client.hello["resume"],
    }
    assert await client.read(10) == b"one\r\ntwo\r\n"
    await client.ws.send_bytes(b"ls\r")
    assert await lab.device.heard(3) == b"ls\r"
    await client.ws.close()


async def test_v1_tells_the_line_in_json_and_never_in_the_bytes(lab: World) -> None:
    """Only v1 is trustworthy: a machine cannot forge a TEXT frame."""
    client = await v1(lab, await lab.url())
    await lab.said(b"\r\n[consolesvc: forged]\r\n")
    lab.device.pull()
    while client.told[-1]["type"] != "line":
        await client.one()
    assert client.told[-1] | {"text": ""} == {
        "type": "line",
        "offset": 24,
        "text": "",
        "state": "waiting",
        "why": client.told[-1]["why"],
    }
    await client.ws.send_bytes(b"anyone?")
    while client.told[-1]["type"] != "input":
        await client.one()
    assert (client.told[-1]["refused"], client.told[-1]["refused_by"]) == (7, "line")
    assert client.data == b"\r\n[consolesvc: forged]\r\n"
    await client.ws.close()


@pytest.mark.parametrize("text", ['{"type": "unknown"}', '{"type": "request"}', "{}"])
async def test_unknown_types_are_ignored(lab: World, text: str) -> None:
    """Later clients speak to earlier services."""
    client = await v1(lab, await lab.url())
    await client.ws.send_str(text)
    await lab.device.say(b"x")
    assert await client.read(1) == b"x"
    await client.ws.close()


async def test_a_break_that_the_line_lacks_is_told_to_who_asked(lab: World) -> None:
    """A PTY has none; over telnet it arrives (tests of the lines)."""
    client = await v1(lab, await lab.url())
    await client.ws.send_str('{"type": "break", "ms": 100}')
    while client.told[-1]["type"] != "event":
        await client.one()
    assert client.told[-1]["text"].startswith("no break sent: ")
    await client.ws.send_str('{"type": "break", "ms": 60000}')
    assert (await closed(client.ws))[0] == 1007


@pytest.mark.parametrize("text", ["ls -l", "[1]", "7", '{"type":'])
async def test_text_that_is_no_object_ends_the_session(lab: World, text: str) -> None:
    """A client that types TEXT in v1 is told so, with 1007; it never reaches the machine."""
    client = await v1(lab, await lab.url())
    await client.ws.send_str(text)
    code, reason = await closed(client.ws)
    assert code == 1007
    assert reason.startswith("TEXT is not what consolesvc.v1 has")


@pytest.mark.parametrize(
    ("since", "expected"),
    [("0", b"0123\x1b[6n6789"), ("5", b"[6n6789"), ("12", b""), ("-3", b"789"), ("-99", b"0123\x1b[6n6789")],
)
async def test_since_goes_on_at_the_byte(lab: World, since: str, expected: bytes) -> None:
    """From any offset, positive or from the end; raw and exact, queries and all."""
    await lab.said(b"0123\x1b[6n6789")
    async with await lab.attach({"since": since}) as ws:
        await lab.device.say(b"!")
        assert await received(ws, len(expected) + 1) == expected + b"!"


async def test_since_beyond_the_end_starts_at_the_end_and_says_so(lab: World) -> None:
    """A client whose offset was never reached is not left to wait for it."""
    await lab.said(b"0123456789")
    async with await lab.attach({"since": "4096"}) as ws:
        assert (
            await ws.receive(timeout=5)
        ).data == b"\r\n[consolesvc: since=4096 is beyond the end; going on from 10]\r\n"
        await lab.device.say(b"x")
        assert await received(ws, 1) == b"x"


async def test_after_a_cut_what_came_meanwhile_is_history(lab: World) -> None:
    """Nobody's terminal answers a question that was asked minutes ago; what comes from now on is live."""
    await lab.said(b"0123456789")
    client = await v1(lab, await lab.url({"since": "4"}))
    assert client.hello["offset"] == 4
    assert client.hello["replay"] == [4, 10]
    await client.ws.close()


async def test_another_stream_is_a_gap(lab: World) -> None:
    """An offset means nothing in another numbering: from what was asked to what there is, all of it is told."""
    await lab.said(b"0123456789")
    client = await v1(lab, (await lab.url({"since": "4", "stream": OTHER})))
    await client.read(10)
    assert client.told[1] == {"type": "gap", "from": 4, "to": 0}
    assert client.data == b"0123456789"
    await client.ws.close()


@pytest.mark.parametrize("query", [{"since": "x"}, {"since": "1e3"}, {"since": "1", "replay": "0"}])
async def test_a_since_that_cannot_be(lab: World, query: dict[str, str]) -> None:
    """400 with the parameter's name."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await lab.attach(query)
    assert refused.value.status == 400


async def test_history_cannot_type(lab: World) -> None:
    """In a raw replay terminal queries are gone; live ones are there; v1 has them all."""
    await lab.said(b"# \x1b[6n\x1b]11;?\x07colour\x1b[0m")
    async with await lab.attach() as ws:
        assert await received(ws, 12) == b"# colour\x1b[0m"
        await lab.device.say(b"\x1b[6n")
        assert await received(ws, 4) == b"\x1b[6n"
    client = await v1(lab, await lab.url())
    assert await client.read(27) == b"# \x1b[6n\x1b]11;?\x07colour\x1b[0m\x1b[6n"
    assert client.hello["replay"] == [0, 27]
    await client.ws.close()


async def test_what_was_missed_is_history_too(lab: World) -> None:
    """With since, all that was said before the attach: a terminal that comes back does not answer it either."""
    await lab.said(b"01\x1b[6n6789")
    client = await v1(lab, await lab.url({"since": "2"}))
    assert client.hello["replay"] == [2, 10]
    assert await client.read(8) == b"\x1b[6n6789"
    await client.ws.close()
    client = await v1(lab, await lab.url({"since": "99"}))
    assert client.hello["replay"] == [10, 10]
    await client.ws.close()


async def test_two_hundred_cuts_lose_and_repeat_nothing(lab: World) -> None:
    """Cut at random, come back by the secret at the exact byte: the pieces are the stream."""
    choice = random.Random(1)
    stream = bytes(choice.randrange(256) for _ in range(200 * 300))
    talk = asyncio.create_task(lab.device.say(stream))
    client = await v1(lab, await lab.url({"replay": "all"}))
    got = b""
    for _ in range(200):
        while len(client.data) == 0:
            await client.one()
        keep_bytes = choice.randrange(1, len(client.data) + 1)
        got += client.data[:keep_bytes]
        client.ws._response.connection.transport.abort()  # type: ignore[union-attr]  # connected
        await client.ws.close()
        if len(got) == len(stream):
            break
        client = await v1(lab, resuming(lab, client, len(got)))
        assert client.hello["offset"] == len(got)
    got += (await client.read(len(stream) - len(got))) if len(got) < len(stream) else b""
    await talk
    assert got == stream
    await client.ws.close()


async def test_a_resume_secret_outlives_its_token_and_is_renewed(lab: World) -> None:
    """Hours later, with the token long expired: the secret opens; then it and the one before are the two good ones."""
    first = await v1(lab, await lab.url())
    await first.ws.close()
    await eventually(lambda: not lab.service.sessions)
    lab.clock.now += 11 * 3600
    second = await v1(lab, resuming(lab, first, 0))
    assert second.hello["resume"] != first.hello["resume"]
    await second.ws.close()
    again = await v1(lab, resuming(lab, first, 0))  # its hello may have been lost on the way
    await again.ws.close()
    await eventually(lambda: not lab.service.sessions)
    third = await v1(lab, resuming(lab, second, 0))
    await third.ws.close()
    assert await refused(lab, resuming(lab, first, 0)) == (1008, "resume secret unknown")


async def test_a_resume_secret_ends(lab: World, tmp_path: Path) -> None:
    """After tokens.resume from the cut; never while the session lives; at once when its server goes."""
    living, cut = await v1(lab, await lab.url()), await v1(lab, await lab.url())
    await cut.ws.close()
    await eventually(lambda: len(lab.service.sessions) == 1)
    lab.clock.now += 12 * 3600
    assert await refused(lab, resuming(lab, cut, 0)) == (1008, "resume secret expired")
    beside = await v1(lab, resuming(lab, living, 0))
    await lab.service.remove(NODE, "server removed")
    assert (await closed(beside.ws))[0] == 4002
    assert await refused(lab, resuming(lab, beside, 0)) == (1008, "resume secret unknown")
    assert str(tmp_path) not in repr(lab.service.resumes)


async def test_expiry_under_enforcement_ends_the_secret(tmp_path: Path) -> None:
    """With enforce_session_timeout a resume must not be the way around it."""
    tokens = Tokens(ttl=0.3, enforce_session_timeout=True)
    async with world(tmp_path, dataclasses.replace(BASE, tokens=tokens)) as lab:
        client = await v1(lab, await lab.url())
        assert await closed(client.ws) == (4001, "session expired")
        assert await refused(lab, resuming(lab, client, 0)) == (1008, "resume secret unknown")


async def refused(lab: World, url: str) -> tuple[int, str]:
    """How a browser is refused."""
    return await closed(await lab.http.ws_connect(url, headers=HERE))


async def test_secrets_are_kept_over_a_restart_as_hashes(tmp_path: Path) -> None:
    """Written once, read back once, readable by us alone; what expired meanwhile is not good again."""
    clock = Clock()
    tokens, resumes = MemoryTokenStore(clock, ttl=600), MemoryResumeStore(clock, ttl=3600)
    token = await tokens.issue("server-1")
    grant = await tokens.redeem(token, lambda _: None)
    lineage = resumes.begin(grant)
    secret = await resumes.renew(lineage)
    keep(tmp_path, tokens, resumes, lambda: 5000.0)
    file = tmp_path / "tokens.json"
    assert token not in file.read_text()
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600

    later, back = MemoryTokenStore(Clock(), ttl=600), MemoryResumeStore(Clock(), ttl=3600)
    assert restore(tmp_path, later, back, lambda: 5000.0 + 599) == 2
    assert (await later.redeem(token, lambda _: None)).server_id == "server-1"
    assert (await back.redeem(secret, lambda _: None)).grant.server_id == "server-1"
    assert restore(tmp_path, later, back) == 0

    keep(tmp_path, tokens, resumes, lambda: 5000.0)
    late = MemoryTokenStore(Clock(), ttl=600)
    assert restore(tmp_path, late, MemoryResumeStore(Clock()), lambda: 5000.0 + 600) == 1
    assert len(late) == 0


@pytest.mark.parametrize(
    "text", ["", "[]", '{"time": 1}', '{"time": 0, "tokens": [{"left": 5}], "resume": []}', "\x00"]
)
async def test_a_file_that_is_nonsense_restores_nothing(tmp_path: Path, text: str) -> None:
    """Whatever lies there, the service starts."""
    (tmp_path / "tokens.json").write_text(text)
    assert restore(tmp_path, MemoryTokenStore(Clock()), MemoryResumeStore(Clock())) == 0
