"""Going over to another configuration: who notices, and what of it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.access import Address, IdentityBuiltin, IdentityStatic
from consolesvc.config.linespec import EmulatedSpec, Pace, SerialSpec
from consolesvc.config.model import Api, Limits, Tokens
from consolesvc.config.passwords import hash_password
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.errors import ConfigurationError
from tests.lines.devices import Device, eventually
from tests.proxy.world import BASE, NODE, World, closed, received, world
from tests.web.world import with_log


def fake(name: str, guest: str = "echo") -> ServerConfig:
    """A fake server's configuration."""
    return ServerConfig(default_id(name), name, BASE.defaults.project_id, EmulatedSpec(guest, speed="max"))


async def change(lab: World, **fields: Any) -> list[str]:
    """Reload with fields of the one server changed."""
    config = lab.service.config
    entry = dataclasses.replace(config.servers[0], **fields)
    return await lab.service.reload(dataclasses.replace(config, servers=(entry, *config.servers[1:])))


async def said(ws: aiohttp.ClientWebSocketResponse, text: bytes) -> bytes:
    """All that comes until this has come, notices and all."""
    got = b""
    while text not in got:
        message = await ws.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.BINARY, (message, got)
        got += message.data
    return got


async def test_it_adds_removes_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    """A viewer of an untouched server notices nothing; of a removed one it is told."""
    async with world(tmp_path) as lab:
        service, before = lab.service, lab.service.config
        await service.reload(dataclasses.replace(before, servers=(*before.servers, fake("added"))))
        added = service.inventory.find("added")
        await eventually(lambda: added.console.connected)
        untouched = await lab.attach()
        watching = await lab.http.ws_connect(await lab.url(server_id=added.id))

        assert await service.reload(before) == []
        assert await closed(watching) == (4002, "server removed")
        assert [server.name for server in service.inventory] == ["node"]
        await lab.device.say(b"still here")
        assert await received(untouched, 10) == b"still here"
        await untouched.close()


async def test_another_line_keeps_who_is_there_and_the_stream(tmp_path: Path) -> None:
    """They are told that it is lost, and back; offsets go on; what they type reaches the new machine."""
    other = Device(tmp_path / "ttyUSB1")
    other.plug()
    async with world(tmp_path, with_log(tmp_path)) as lab:
        ws, url = await lab.attach(), await lab.url()
        await lab.said(b"old machine. ")
        stream = lab.console.stream
        await received(ws, 13)
        assert await change(lab, line=SerialSpec(str(other.path), pace=Pace.parse("1000 c/s"))) == []
        notices = await said(ws, b"line back after")
        assert b"line lost" in notices
        assert b": changed in the configuration; waiting" in notices
        await other.say(b"new machine")
        assert (await said(ws, b"new machine")).endswith(b"new machine")
        await ws.send_bytes(b"typed")
        assert await other.heard(5) == b"typed"
        assert (lab.console.stream, lab.console.ring.end) == (stream, 24)
        assert lab.console.input.pace is not None
        assert str(lab.service.inventory.get(NODE).config.line).startswith(str(other.path))
        async with lab.http.ws_connect(url):
            pass  # a token from before is good still
        await lab.flushed()
        assert (tmp_path / "logs/node.log").read_bytes() == b"old machine. new machine"
        await ws.close()
    other.pull()


async def test_two_servers_change_places(tmp_path: Path) -> None:
    """Each device is given up before anybody opens it anew."""
    other = Device(tmp_path / "ttyUSB1")
    other.plug()
    async with world(tmp_path) as lab:
        second = ServerConfig(default_id("b"), "b", BASE.defaults.project_id, SerialSpec(str(other.path)))
        first = lab.service.config.servers[0]
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=(first, second)))
        console = lab.service.inventory.find("b").console
        await eventually(lambda: console.connected)
        swapped = (dataclasses.replace(first, line=second.line), dataclasses.replace(second, line=first.line))
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=swapped))
        await eventually(lambda: console.connected and lab.console.connected)
        await other.say(b"for node")
        await lab.device.say(b"for b")
        await eventually(lambda: (lab.console.ring.end, console.ring.end) == (8, 5))
    other.pull()


async def test_another_line_while_the_port_is_lent(tmp_path: Path) -> None:
    """The loan is kept; the new line is opened when it is over."""
    other = Device(tmp_path / "ttyUSB1")
    other.plug()
    async with world(tmp_path) as lab:
        async with lab.http.post(f"{lab.api}/console/v1/consoles/node/down", json={}) as answer:
            assert answer.status == 200, await answer.text()
        await change(lab, line=SerialSpec(str(other.path)))
        assert lab.console.reconnecting.state == "lent"
        assert lab.console.lending.take_back()
        await eventually(lambda: lab.console.connected)
        await other.say(b"here")
        await eventually(lambda: lab.console.ring.end == 4)
    other.pull()


@pytest.mark.parametrize(("size", "kept"), [(4096, 4096), (64 * 1024, 10_000)])
async def test_another_ring_keeps_what_it_has_room_for(tmp_path: Path, size: int, kept: int) -> None:
    """Nobody is cut; what has to go is on disk first."""
    async with world(tmp_path, with_log(tmp_path), ring=16 * 1024) as lab:
        ws = await lab.attach()
        text = b"".join(b"%09d\n" % number for number in range(1000))
        await lab.said(text)
        await change(lab, ring=size)
        ring = lab.console.ring
        assert (ring.capacity, ring.end - ring.start, ring.end) == (size, kept, len(text))
        assert ring.read(ring.start, size) == text[-kept:]
        assert lab.console.log.offset >= ring.start
        assert lab.console.reconnecting.read_limit <= size // 4
        await lab.said(text)
        assert await received(ws, 2 * len(text)) == 2 * text
        async with lab.http.ws_connect(await lab.url({"since": "0"}), protocols=("binary",)) as late:
            assert await received(late, 2 * len(text)) == 2 * text
        await ws.close()


async def test_another_rule_of_typing_is_told(tmp_path: Path) -> None:
    """Everybody stays, hears what holds now, and it does."""
    async with world(tmp_path) as lab:
        first, second = await lab.attach(), await lab.attach()
        await change(lab, input="exclusive", replay=7)
        for ws in (first, second):
            await said(ws, b"one at a time types into node now]")
        await first.send_bytes(b"a")
        assert await lab.device.heard(1) == b"a"
        await second.send_bytes(b"b")
        await said(second, b"holds the input of node")
        await change(lab, input="shared")
        await said(second, b"everybody may type into node now]")
        await second.send_bytes(b"c")
        assert await lab.device.heard(1) == b"c"
        await first.close()
        await second.close()


async def test_another_project_ends_the_rights_and_keeps_the_line(tmp_path: Path) -> None:
    """Whoever could see it may not be in the new project: tokens end, sessions with the reason."""
    async with world(tmp_path) as lab:
        ws, url = await lab.attach(), await lab.url()
        await change(lab, project_id="1" * 32)
        assert await closed(ws) == (4003, "server moved to another project")
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert await closed(refused) == (1008, "token unknown")
        assert lab.console.reconnecting.opened == 1


async def test_another_numbering_has_them_come_back(tmp_path: Path) -> None:
    """A name is its log's: sessions are cut for a moment, and their resume secrets bring them to the new stream."""
    async with world(tmp_path, with_log(tmp_path)) as lab:
        ws = await lab.http.ws_connect(await lab.url(), protocols=("consolesvc.v1",))
        hello = json.loads((await ws.receive(timeout=5)).data)
        await lab.said(b"as node")
        await change(lab, name="renamed")
        assert await v1_closed(ws) == (1012, "server changed: come back")
        url = (await lab.url()).split("?")[0]
        query = f"resume={hello['resume']}&since=7&stream={hello['stream']}"
        async with lab.http.ws_connect(f"{url}?{query}", protocols=("consolesvc.v1",)) as back:
            again = json.loads((await back.receive(timeout=5)).data)
        assert again["name"] == "renamed"
        assert again["stream"] == lab.console.stream != hello["stream"]
        await eventually(lambda: lab.console.connected)
        assert (tmp_path / "logs/node.log").read_bytes() == b"as node"
        assert (tmp_path / "logs/renamed.log").exists()


async def test_limits_and_tokens_hold_from_now_on_and_what_needs_a_restart_is_named(tmp_path: Path) -> None:
    """Listening elsewhere needs one, says so each time, and no URL leads there before."""
    async with world(tmp_path) as lab:
        elsewhere = Api(listen=Address("127.0.0.1", 1))
        proxy = dataclasses.replace(lab.service.config.proxy, listen=Address("127.0.0.2", 0))
        config = dataclasses.replace(
            lab.service.config, api=elsewhere, proxy=proxy, limits=Limits(sessions=1), tokens=Tokens(ttl=5)
        )
        for _ in range(2):
            assert await lab.service.reload(config) == [
                "api.listen is now 127.0.0.1:1: restart to listen there",
                "proxy.listen is now 127.0.0.2:0: restart to listen there",
            ]
        url = await lab.url()
        ws = await lab.http.ws_connect(url)
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert (await closed(refused))[0] == 1013
        await ws.close()
        lab.clock.now += 5
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert await closed(refused) == (1008, "token expired")


async def test_bounds_of_the_logs_hold_from_now_on(tmp_path: Path) -> None:
    """What is too much by the new ones goes at once; the next segments have the new size."""
    async with world(tmp_path, with_log(tmp_path, segment_size=4096)) as lab:
        await lab.said(b"x" * 20_000)
        await lab.flushed()
        rotated = sorted((tmp_path / "logs").glob("node-*.log"))
        assert len(rotated) == 4
        log = dataclasses.replace(lab.service.config.log, keep=2, segment_size=8192)
        assert await lab.service.reload(dataclasses.replace(lab.service.config, log=log)) == []
        await eventually(lambda: sorted((tmp_path / "logs").glob("node-*.log")) == rotated[-2:])
        await lab.said(b"y" * 20_000)
        await lab.flushed()
        newest = max((tmp_path / "logs").glob("node-*.log"))
        assert newest.stat().st_size == 8192


async def test_another_identity_counts_at_once(tmp_path: Path) -> None:
    """From nobody asked to users with passwords, whose Keystone face is there then, and back."""
    users = tmp_path / "users.yaml"
    users.write_text(
        f'users:\n  - {{name: alice, password_hash: "{hash_password("alice")}", project: lab, roles: [member]}}\n'
    )
    project = dataclasses.replace(BASE.defaults, project_id="a" * 32)
    async with world(tmp_path) as lab:
        attached = await lab.attach()
        assert await statuses(lab) == (200, 404)
        config = lab.service.config
        assert await lab.service.reload(dataclasses.replace(config, identity=IdentityBuiltin(str(users)))) == []
        assert await statuses(lab) == (401, 300)
        async with lab.http.post(f"{lab.api}/identity/v3/auth/tokens", json=login("alice")) as answer:
            assert answer.status == 201
            token = answer.headers["X-Subject-Token"]
        assert await statuses(lab, token) == (200, 300)
        kept = dataclasses.replace(lab.service.config, limits=Limits(sessions=9))
        await lab.service.reload(kept)
        assert await statuses(lab, token) == (200, 300), "the same identity keeps the tokens that it gave out"
        await lab.service.reload(dataclasses.replace(kept, defaults=project))
        assert await statuses(lab, token) == (401, 300), "another default project is another realm"
        await lab.service.reload(config)
        assert await statuses(lab) == (200, 404)
        await lab.device.say(b"there")
        assert await received(attached, 5) == b"there"
        await attached.close()


async def test_an_identity_that_cannot_be_made_changes_nothing(tmp_path: Path) -> None:
    """A bad file keeps the old configuration, all of it."""
    async with world(tmp_path) as lab:
        before, bad = lab.service.config, tmp_path / "tokens.yaml"
        bad.write_text("tokens: [{sha256: nonsense}]")
        config = dataclasses.replace(before, identity=IdentityStatic(str(bad)), servers=(), limits=Limits(sessions=1))
        with pytest.raises(ConfigurationError, match=r"tokens\.yaml"):
            await lab.service.reload(config)
        assert lab.service.config is before
        assert await statuses(lab) == (200, 404)
        assert lab.console.connected


async def test_many_reloads_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    """The last one counts, and nothing is left behind by those before (leaks are checked)."""
    async with world(tmp_path) as lab:
        base = lab.service.config
        rounds = [tuple(fake(f"f{number}") for number in range(size)) for size in (8, 0, 5, 9, 3)]
        await asyncio.gather(
            *(lab.service.reload(dataclasses.replace(base, servers=(*base.servers, *fakes))) for fakes in rounds)
        )
        assert sorted(server.name for server in lab.service.inventory) == ["f0", "f1", "f2", "node"]
        await eventually(lambda: all(server.console.connected for server in lab.service.inventory))


async def test_a_stop_in_the_middle_of_a_reload(tmp_path: Path) -> None:
    """It is given up, and the stop is in time."""
    async with world(tmp_path) as lab:
        config = lab.service.config
        fakes = tuple(fake(f"f{number}") for number in range(40))
        reload = asyncio.create_task(lab.service.reload(dataclasses.replace(config, servers=(*config.servers, *fakes))))
        await asyncio.sleep(0.01)
        await asyncio.wait_for(lab.service.stop(), 5)
        await asyncio.wait([reload])


def login(name: str) -> dict[str, Any]:
    """The body of a login by password, into project `lab`."""
    user = {"name": name, "domain": {"id": "default"}, "password": name}
    scope = {"project": {"name": "lab", "domain": {"id": "default"}}}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}


async def statuses(lab: World, token: str = "") -> tuple[int, int]:
    """How the list of consoles is answered, without a token or with one, and the Keystone face."""
    async with (
        lab.http.get(f"{lab.api}/console/v1/consoles", headers={"X-Auth-Token": token}) as listed,
        lab.http.get(f"{lab.api}/identity") as face,
    ):
        return listed.status, face.status


async def v1_closed(ws: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """The close code and reason that end a session of consolesvc.v1."""
    while (message := await ws.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
        assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
    return int(message.data), str(message.extra)
