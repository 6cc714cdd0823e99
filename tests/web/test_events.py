"""`GET /console/v1/events` on a running service: what happens, as it happens, to those who may see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.access import IdentityKeystone
from consolesvc.config.model import Limits
from consolesvc.config.telling import Events
from consolesvc.feed import MEMORY, Feed
from consolesvc.identity.keystone import GOOD_FOR, Keystone
from consolesvc.web import events as sse
from tests.identity.forwarder import forwarder
from tests.identity.world import ATTIC, LAB, PASSWORD, Clock, cloud, write_tokens, write_users
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, world
from tests.test_feed import item
from tests.web.world import FAKE, with_fake

PANIC = b"\r\nKernel panic - not syncing: x\r\n"
LINUX = b"\r\n[    0.000000] Linux version 6.1\r\n"


@dataclass
class Block:
    """What stands between two empty lines."""

    id: str = ""
    event: str = ""
    data: Any = None
    comment: str = ""


@dataclass
class Stream:
    """A client, as simple as one may be."""

    answer: aiohttp.ClientResponse
    blocks: list[Block] = field(default_factory=list)
    ended: bool = False

    async def read(self) -> None:
        block = Block()
        async for raw in self.answer.content:
            name, _, value = raw.decode().rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            if name in ("id", "event"):
                setattr(block, name, value)
            elif name == "data":
                block.data = json.loads(value)
            elif value and not name:
                block.comment = value
            elif not name:
                self.blocks.append(block)
                block = Block()
        self.ended = True

    @property
    def said(self) -> list[Block]:
        """The blocks that tell something."""
        return [block for block in self.blocks if block.event]

    async def until(self, *events: str) -> list[Block]:
        """All that was told, once it is these events and no others."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: [block.event for block in self.said] == list(events))
        assert [block.event for block in self.said] == list(events)
        return self.said


@contextlib.asynccontextmanager
async def reading(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> AsyncIterator[Stream]:
    """A client of the stream, its first block read."""
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        stream = Stream(answer)
        task = asyncio.create_task(stream.read())
        try:
            await eventually(lambda: stream.blocks)
            yield stream
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def following(lab: World, query: str = "", last: str | None = None) -> contextlib.AbstractAsyncContextManager[Stream]:
    """The same on the one service, perhaps back with the last event that it had."""
    headers = {} if last is None else {"Last-Event-ID": last}
    return reading(lab.http, f"{lab.api}/console/v1/events{query}", headers)


async def refused(lab: World, query: str) -> tuple[int, str]:
    async with lab.http.get(f"{lab.api}/console/v1/events{query}") as answer:
        (content,) = (await answer.json()).values()
        return answer.status, content["message"]


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, events=Events(patterns=(("fsck", "INCONSISTENCY"),))) as made:
        await with_fake(made)
        yield made


async def test_what_happens_is_told(lab: World) -> None:
    """With all that a program wants to know of it, at once, in order."""
    async with following(lab) as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        assert stream.answer.headers["Cache-Control"] == "no-store"
        await lab.said(PANIC + b"INCONSISTENCY\r\n")
        lab.device.pull()
        panic, _, lost = await stream.until("panic", "fsck", "lost")
    assert panic.data == {
        "console": "node",
        "id": NODE,
        "event": "panic",
        "offset": 2,
        "stream": lab.console.stream,
        "time": panic.data["time"],
        "text": "node panic: Kernel panic - not syncing: x",
        "facts": {"what": "panic", "line": "Kernel panic - not syncing: x"},
    }
    assert lost.data["text"].startswith("node line lost ")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?console=node", ["panic", "boot"]),
        (f"?console={NODE}", ["panic", "boot"]),
        ("?console=no*", ["panic", "boot"]),
        ("?console=fa*", []),
        ("?console=fake,node", ["panic", "boot"]),
        ("?console=fake&console=n*", ["panic", "boot"]),
        (f"?console={FAKE}", []),
        ("?event=panic", ["panic"]),
        ("?event=login,boot", ["boot"]),
        ("?event=login&event=panic", ["panic"]),
        ("?console=node&event=boot", ["boot"]),
        ("?event=fsck", []),
    ],
)
async def test_filters(lab: World, query: str, told: list[str]) -> None:
    """By consoles, by their id, name or pattern, and by events; several of either."""
    async with following(lab, query) as stream, following(lab) as everything:
        await lab.said(PANIC + LINUX)
        await everything.until("panic", "boot")
        await stream.until(*told)


async def test_wrong_filters(lab: World) -> None:
    """A slip would be silence for ever: it is said."""
    seen = "boot, bootloader, login, panic, reset-loop, silence, silence-over"
    known = f"some of {seen}, lost, back, break, mark, power, fsck"
    assert await refused(lab, "?event=panik") == (400, f"event: found 'panik', expected {known}")
    assert await refused(lab, "?console=nix") == (404, "Instance nix could not be found.")
    assert await refused(lab, "?since=1") == (400, "unknown parameter 'since', expected console, event, follow")


async def test_a_client_comes_back(lab: World) -> None:
    """With the last event it had, it is given what it missed, and no more."""
    async with following(lab) as stream:
        first = stream.blocks[0].id
        await lab.said(PANIC)
        (panic,) = await stream.until("panic")
    await lab.said(LINUX)
    await eventually(lambda: lab.service.watching.feed.end == 3)
    async with following(lab, last=panic.id) as stream:
        await stream.until("boot")
    async with following(lab, last=first) as stream:
        await stream.until("panic", "boot")


async def test_what_is_remembered_and_no_more(lab: World) -> None:
    """From the oldest on, or behind the last that somebody had; then it ends, in order."""
    await lab.said(PANIC + LINUX)
    await eventually(lambda: lab.service.watching.feed.end == 3)
    async with following(lab, "?follow=0") as stream:
        panic, _ = await stream.until("panic", "boot")
        await eventually(lambda: stream.ended)
    async with following(lab, "?follow=0", panic.id) as stream:
        await stream.until("boot")
        await eventually(lambda: stream.ended)
    async with following(lab, "?follow=0&event=login") as stream:
        await eventually(lambda: stream.ended)
        assert stream.said == []
    assert await refused(lab, "?follow=maybe") == (400, "follow: found 'maybe', expected 1 or 0")


async def test_one_caller_has_so_many(tmp_path: Path) -> None:
    """Of events and of output that is followed together; who goes frees theirs, and a reload counts at once."""
    async with world(tmp_path, replace(BASE, limits=Limits(streams_per_caller=2))) as lab:
        output = f"{lab.api}/console/v1/consoles/node/output?follow=1"
        full = (429, "limit reached: limits.streams_per_caller is 2")
        raw = {"Accept": "application/octet-stream"}
        async with following(lab), lab.http.get(output, headers=raw) as answer:
            assert answer.status == 200
            assert await refused(lab, "") == full
            for headers in (raw, {}):
                async with lab.http.get(output, headers=headers) as third:
                    assert third.status == 429
            await lab.service.reload(replace(lab.service.config, limits=Limits(streams_per_caller=0)))
            async with following(lab), following(lab):
                pass
            await lab.service.reload(replace(lab.service.config, limits=Limits(streams_per_caller=2)))
        await eventually(lambda: not lab.service.streams._held)
        async with following(lab), following(lab) as stream:
            await lab.said(PANIC)
            await stream.until("panic")
            assert (await refused(lab, ""))[0] == 429


async def test_a_gap_is_told(lab: World) -> None:
    """What is not remembered any more; and of another start nobody knows how much that is."""
    feed = lab.service.watching.feed
    for number in range(MEMORY + 5):
        feed.publish(lambda event_id, n=number: item(event_id, "panic", f"n{n}"))  # type: ignore[misc]  # bound now
    async with following(lab, last=feed.id_of(2)) as stream:
        await eventually(lambda: len(stream.said) == MEMORY + 1)
        gap, panic = stream.said[:2]
        assert (gap.event, gap.data) == ("gap", {"from": feed.id_of(2), "to": feed.id_of(6), "missed": 3})
        assert (gap.id, panic.id, panic.data["console"]) == (feed.id_of(5), feed.id_of(6), "n5")
    async with following(lab, last="another-17") as stream:
        await eventually(lambda: len(stream.said) == MEMORY + 1)
        assert stream.said[0].data == {"from": "another-17", "to": feed.id_of(6), "missed": None}


async def test_a_slow_reader_is_bounded_and_told(lab: World) -> None:
    """It costs nobody a thing, and what it missed is a number."""
    feed = lab.service.watching.feed
    reader, writer = await asyncio.open_connection(lab.service.ports.api.host, lab.service.ports.api.port, limit=1024)
    writer.write(b"GET /console/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
    await eventually(lambda: feed._generation._waiters)
    text = "x" * 4000
    for number in range(4 * MEMORY):
        feed.publish(lambda event_id, n=number: item(event_id, "panic", f"n{n}")._replace(text=text))  # type: ignore[misc]  # bound now
        if number % 50 == 0:
            await asyncio.sleep(0)
    said = b""
    async with asyncio.timeout(20):
        while feed.id_of(feed.end - 1).encode() not in said[-8000:]:
            said += await reader.read(64 * 1024)
    writer.close()
    events = said.count(b"event: panic\n")
    gaps = [json.loads(line[6:]) for line in said.splitlines() if line.startswith(b'data: {"from"')]
    assert gaps
    assert events + sum(gap["missed"] for gap in gaps) == 4 * MEMORY


async def test_a_reader_that_takes_nothing_is_let_go(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time, whatever waits for it."""
    monkeypatch.setattr(sse, "PATIENCE", 0.3)
    feed = lab.service.watching.feed
    reader, writer = await asyncio.open_connection(lab.service.ports.api.host, lab.service.ports.api.port, limit=1024)
    writer.write(b"GET /console/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
    await eventually(lambda: feed._generation._waiters)
    text = "x" * 100_000
    for _ in range(200):
        feed.publish(lambda event_id: item(event_id)._replace(text=text))
    await asyncio.sleep(1)
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while await reader.read(64 * 1024):
                pass
    writer.close()


async def test_a_silent_stream_shows_that_it_is_alive(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By comments, which carry how far the client has come, also past what it did not ask for."""
    monkeypatch.setattr(sse, "BEAT", 0.1)
    async with following(lab, "?event=login") as stream:
        await lab.said(PANIC)
        await eventually(lambda: stream.blocks[-1].id == lab.service.watching.feed.id_of(1))
        assert stream.blocks[-1].comment == "every 0.1 s"
        assert stream.said == []


def publish(feed: Feed, event: str, project: str) -> None:
    """Something happens to a console of a project."""
    feed.publish(lambda event_id: item(event_id, event, f"of {project}", project))


async def test_a_caller_sees_their_own_project_as_long_as_they_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happens to other consoles is not told; and a token that is withdrawn reads no further."""
    monkeypatch.setattr(sse, "BEAT", 0.2)
    monkeypatch.setattr(sse, "ASK_AGAIN", 0.2)
    member, admin = {"roles": ["member"]}, {"roles": ["admin"]}
    async with cloud(write_tokens(tmp_path, member=member, root=admin)) as lab:
        url, feed = f"{lab.api}/console/v1/events", lab.service.watching.feed
        assert (await lab.ask("GET", "/console/v1/events")).status == 401
        assert (await lab.ask("GET", "/console/v1/events?console=theirs", "member")).status == 404
        async with (
            reading(lab.http, url, {"X-Auth-Token": "member"}) as own,
            reading(lab.http, url, {"X-Auth-Token": "root"}) as all_of_it,
        ):
            for project in (ATTIC, LAB):
                publish(feed, "panic", project)
            await all_of_it.until("panic", "panic")
            (panic,) = await own.until("panic")
            assert panic.data["console"] == f"of {LAB}"
            write_tokens(tmp_path, root=admin)
            await eventually(lambda: own.ended)
            publish(feed, "boot", LAB)
            await all_of_it.until("panic", "panic", "boot")
            assert len(own.said) == 1


async def test_while_keystone_is_away_who_reads_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night of the crash is when it is away; who was let in is told of it."""
    monkeypatch.setattr(sse, "BEAT", 0.2)
    monkeypatch.setattr(sse, "ASK_AGAIN", 0.2)
    users = write_users(tmp_path, alice={"lab": ["member"]}, svc={"lab": ["admin"]})
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    async with cloud(users) as far, forwarder(far.api) as between:
        token, clock = await far.login("alice", "lab"), Clock()
        config = IdentityKeystone(f"{between.url}/identity/v3", "svc", str(tmp_path / "password"), "lab")
        keystone = Keystone(config, clock=clock, wall=Clock(time.time()), timeout=1)
        async with (
            cloud(config, identity=keystone) as lab,
            reading(lab.http, f"{lab.api}/console/v1/events", {"X-Auth-Token": token}) as stream,
        ):
            between.instead = (502, b"a proxy's words")
            clock.now += 2 * GOOD_FOR
            await asyncio.sleep(0.6)
            publish(lab.service.watching.feed, "panic", LAB)
            await stream.until("panic")
            assert not stream.ended


async def test_it_ends_with_the_service(tmp_path: Path) -> None:
    """In order, so that a client knows to come back."""
    async with world(tmp_path) as lab, following(lab) as stream:
        await lab.service.stop()
        await eventually(lambda: stream.ended)
