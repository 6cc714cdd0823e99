"""What is typed at a real terminal, as the audit tells it: commands, and no password."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.linespec import CommandSpec, EmulatedSpec, LineSpec
from consolesvc.config.model import Config
from consolesvc.config.operators import Audit
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.service import Service
from tests.audit.records import events, text
from tests.lines.devices import eventually
from tests.proxy.world import BASE, serving

ASKS = (
    "stty sane -echo; printf 'Password: '; read secret; stty echo; echo; echo hello $secret; PS1='ready> ' exec sh -i"
)
"""A program that asks for a password as programs do, on a real terminal, and then says what it was."""
TIMEOUT = aiohttp.ClientTimeout(total=20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def config(path: Path, spec: LineSpec, *, everywhere: bool = False, here: bool | None = True) -> Config:
    server = ServerConfig(default_id("node"), "node", BASE.defaults.project_id, spec, audit_keys=here)
    return dataclasses.replace(BASE, servers=(server,), audit=Audit(str(path), keys=everywhere))


class Person:
    """Somebody at a console, who reads before they type."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._seen = b""

    async def reads(self, wanted: bytes) -> None:
        async with asyncio.timeout(20):
            while wanted not in self._seen:
                self._seen += (await self._ws.receive()).data
        self._seen = self._seen.partition(wanted)[2]

    async def types(self, text: str) -> None:
        """Key by key, no faster than one reads one's own words."""
        for key in text:
            await self._ws.send_bytes(key.encode())
            await asyncio.sleep(0.01)


async def attached(service: Service, http: aiohttp.ClientSession) -> AsyncIterator[Person]:
    body = {"os-getSerialConsole": {"type": "serial"}}
    server = service.inventory.find("node")
    await eventually(lambda: server.console.connected)
    async with http.post(f"http://{service.ports.api}/v2.1/servers/{server.id}/action", json=body) as answer:
        url = (await answer.json())["console"]["url"]
    async with http.ws_connect(url) as ws:
        yield Person(ws)


def keys(path: Path) -> str:
    return "".join(record.get("keys", "") for record in events(path, "typed"))


async def test_a_login_on_a_fake_machine(path: Path) -> None:
    """The user and what they do stand there; the password does not, nor any part of it."""
    spec = EmulatedSpec("linux", speed="max")
    async with serving(config(path, spec)) as service, aiohttp.ClientSession(timeout=TIMEOUT) as http:
        async for person in attached(service, http):
            await person.reads(b"login: ")
            await person.types("root\r")
            await person.reads(b"Password: ")
            await person.types("wrong-one\r")
            await person.reads(b"login: ")
            await person.types("\r")
            await person.reads(b"login: ")
        await eventually(lambda: events(path, "detached"))
    assert keys(path).startswith("root\r")
    written = text(path)
    assert not any(part in written for part in ("wrong-one", "wrong", "one\\r"))
    assert sum(record["unechoed"] for record in events(path, "typed")) >= len("wrong-one\r")


async def test_a_password_that_the_machine_repeats_later(path: Path) -> None:
    """A real terminal without echo, whose program then prints the secret: that is no echo. With echo, it is."""
    spec = CommandSpec(argv=("sh", "-c", ASKS))
    async with serving(config(path, spec)) as service, aiohttp.ClientSession(timeout=TIMEOUT) as http:
        async for person in attached(service, http):
            await person.reads(b"Password: ")
            await person.types("hunter2\r")
            await person.reads(b"hello hunter2")
            await person.reads(b"ready> ")
            await person.types("echo o''k\r")
            await person.reads(b"ok\r\n")
        await eventually(lambda: events(path, "detached"))
    assert "hunter2" not in text(path)
    assert keys(path).endswith("echo o''k\r")


@pytest.mark.parametrize(
    ("everywhere", "here", "written"), [(False, None, False), (True, None, True), (True, False, False)]
)
async def test_who_says_nothing_has_what_holds_for_all(
    path: Path, everywhere: bool, here: bool | None, written: bool
) -> None:
    """`audit.keys`, unless the server says otherwise; and off unless somebody says so."""
    spec = EmulatedSpec("echo", speed="max")
    made = config(path, spec, everywhere=everywhere, here=here)
    async with serving(made) as service, aiohttp.ClientSession(timeout=TIMEOUT) as http:
        async for person in attached(service, http):
            await person.types("abc")
            await person.reads(b"abc")
        await eventually(lambda: events(path, "detached"))
    assert [("keys" in record, record["bytes"]) for record in events(path, "typed")] == [(written, 3)]


async def test_a_paste_is_told_by_its_size(path: Path) -> None:
    """What is larger than anybody types is not looked through."""
    spec = EmulatedSpec("echo", speed="max")
    async with serving(config(path, spec)) as service, aiohttp.ClientSession(timeout=TIMEOUT) as http:
        async for person in attached(service, http):
            await person._ws.send_bytes(b"x" * 100_000)
            await eventually(lambda: events(path, "typed"))
    (record,) = events(path, "typed")
    assert (record["bytes"], record.get("keys", "")) == (100_000, "")
