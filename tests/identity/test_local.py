"""Who the local socket lets in: told by the kernel, of real processes of other users."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.http.peers import Peer
from consolesvc.identity.local import admits
from consolesvc.service import Service
from tests.lines.devices import eventually
from tests.proxy.world import BASE, received

STRANGER = 61234
"""A user and a group that nothing here belongs to."""

_CLIENT = """
import os, socket, sys
os.setgroups({groups}); os.setgid({gid}); os.setuid({uid})
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(b"GET /v2.1/servers HTTP/1.0\\r\\n\\r\\n")
print(s.makefile("rb").read().decode())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that other users may enter, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="consolesvc-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
async def service(folder: Path) -> AsyncIterator[Service]:
    server = ServerConfig(default_id("fake"), "fake", BASE.defaults.project_id, EmulatedSpec("echo", speed="max"))
    config = dataclasses.replace(BASE, servers=(server,))
    running = Service(config, local_path=folder / "api.sock")
    await running.start()
    fake = running.inventory.get(default_id("fake"))
    await eventually(lambda: fake.console.connected)
    yield running
    await running.stop()


async def asked_by(path: Path, uid: int, gid: int, groups: list[int]) -> str:
    """What the socket answers to a process of this user, with these groups."""
    code = _CLIENT.format(uid=uid, gid=gid, groups=groups)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return out.decode() or err.decode().splitlines()[-1]


@pytest.mark.parametrize(
    ("peer", "let_in"),
    [
        (Peer(0, 5, frozenset()), True),
        (Peer(990, 5, frozenset()), True),
        (Peer(1000, 991, frozenset()), True),
        (Peer(1000, 1000, frozenset({27, 991})), True),
        (Peer(1000, 1000, frozenset({0, 27, 990})), False),
        (Peer(991, 990, frozenset()), False),
    ],
)
def test_the_rule(peer: Peer, let_in: bool) -> None:
    """Root, the user, the group in any way one is in it; a number is no user where it is a group's."""
    assert admits(peer, 990, 991) is let_in


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("uid", "gid", "groups", "status"),
    [
        (0, 0, [], "200 OK"),
        (STRANGER, os.getegid(), [], "200 OK"),
        (STRANGER, STRANGER, [os.getegid()], "200 OK"),
        (STRANGER, STRANGER, [STRANGER + 1], "403 Forbidden"),
    ],
)
@pytest.mark.usefixtures("service")
async def test_real_users(folder: Path, uid: int, gid: int, groups: list[int], status: str) -> None:
    """By what the kernel says of each; the mode of the socket is out of the way here."""
    (folder / "api.sock").chmod(0o666)
    answer = await asked_by(folder / "api.sock", uid, gid, groups)
    assert answer.startswith(f"HTTP/1.0 {status}"), answer
    body = json.loads(answer.partition("\r\n\r\n")[2])
    if status == "200 OK":
        assert [server["name"] for server in body["servers"]] == ["fake"]
    else:
        assert body["forbidden"]["message"] == (
            "The local socket is for root, and for the user and the group that consolesvc runs as; "
            f"you are uid {STRANGER}."
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_the_mode_keeps_others_out(service: Service, folder: Path) -> None:
    """A stranger does not get as far as to be refused."""
    assert service.ports.local is not None
    assert "Permission denied" in await asked_by(folder / "api.sock", STRANGER, STRANGER, [])


async def test_no_host_and_no_origin_is_asked_for(service: Service, folder: Path) -> None:
    """There is no browser that could come this way: any Host, and any Origin, will do."""
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(folder / "api.sock"))) as http:
        headers = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
        path = f"http://x/v2.1/servers/{default_id('fake')}/action"
        async with http.post(path, json={"os-getSerialConsole": {"type": "serial"}}, headers=headers) as answer:
            assert answer.status == 200
            url = (await answer.json())["console"]["url"]
        assert url.startswith(f"ws://127.0.0.1:{service.ports.proxy.port}/?token=")
        query = url.partition("?")[2]
        ws = await http.ws_connect(f"ws://x/?{query}", protocols=("binary",), headers=headers)
        await ws.send_bytes(b"hello")
        assert await received(ws, 5) == b"hello"
        await ws.close()
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(url, protocols=("binary",))  # and so does the URL itself
        await ws.close()


async def test_a_service_that_stops_takes_it_along(service: Service, folder: Path) -> None:
    """The socket is gone with the first of the stop; a second stop is none."""
    await service.stop()
    assert not (folder / "api.sock").exists()
