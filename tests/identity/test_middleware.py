"""Which requests have a caller, and what others get."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.access import IdentityNone
from consolesvc.identity.caller import ANONYMOUS, CALLER
from tests.identity.world import LAB, OURS, SERIAL, UNAUTHENTICATED, Cloud, cloud, write_tokens


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Cloud]:
    async with cloud(write_tokens(tmp_path, good={"roles": ["member"]})) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/v2.1", 200), ("/v2.1/", 200), ("/healthcheck", 200), ("/identity/v3", 404), ("/nothing", 404)],
)
async def test_what_needs_no_token(lab: Cloud, path: str, status: int) -> None:
    """Version documents and the health check answer anybody, with a bad token too."""
    assert (await lab.ask("GET", path)).status == status
    assert (await lab.ask("GET", path, "bad")).status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2.1/servers"),
        ("GET", f"/v2.1/{LAB}"),
        ("GET", f"/v2.1/{LAB}/"),
        ("GET", f"/v2.1/{LAB}/servers/detail"),
        ("GET", f"/v2.1/servers/{OURS}"),
        ("POST", f"/v2.1/servers/{OURS}/action"),
        ("POST", f"/v2.1/{LAB}/servers/{OURS}/action"),
        ("POST", "/v2.1"),
        ("GET", "/v2.1/nothing"),
        ("GET", "/v2/servers"),
        ("GET", "/console/v1/consoles"),
        ("GET", "/console/v1/consoles/ours"),
        ("GET", "/console/v1/nothing"),
    ],
)
async def test_what_needs_a_token(lab: Cloud, method: str, path: str) -> None:
    """Nova and the native API ask who is calling before anything else, also where there is no such call."""
    for token in (None, "bad"):
        answer = await lab.ask(method, path, token, json=SERIAL if method == "POST" else None)
        assert (answer.status, answer.body) == (401, UNAUTHENTICATED)
    assert (await lab.ask(method, path, "good", json=SERIAL if method == "POST" else None)).status != 401


@pytest.mark.parametrize(
    "path",
    [
        "/%76%32%2e%31/servers",
        "/v2%2E1/servers",
        "//v2.1/servers",
        "/v2.1//servers",
        "/./v2.1/servers",
        "/v2.1/../v2.1/servers",
        "/v2.1/%2e%2e/v2.1/servers",
        "/v2.1/?/servers",
        "/V2.1/servers",
        "/console/v1/consoles/",
        "/console/v1%2Fconsoles",
        "/%63onsole/v1/consoles",
        "/console/v1/./consoles",
        "/v2.1;x/servers",
        "/v2.1/servers;x",
    ],
)
async def test_no_other_way_to_write_a_path_gets_by(lab: Cloud, path: str) -> None:
    """The route that is found decides: however a path is written, without a token it shows no server."""
    status, body = await asyncio.to_thread(raw_get, lab.service.ports.api.port, path)
    assert status in (401, 404) or "version" in body, (status, body)
    assert "ours" not in body


async def test_an_absolute_request_target_gets_no_further(lab: Cloud) -> None:
    """`GET http://host/path`, as proxies are asked."""
    port = lab.service.ports.api.port
    assert (await asyncio.to_thread(raw_get, port, f"http://127.0.0.1:{port}/v2.1/servers"))[0] == 401


def raw_get(port: int, target: str) -> tuple[int, str]:
    """The status and the body of a GET whose target is sent as it stands here."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        data = b""
        while more := sock.recv(65536):
            data += more
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


async def test_a_401_has_a_request_id_and_is_no_version(lab: Cloud) -> None:
    """As from keystonemiddleware, which stands before nova's own checks: no microversion, not even a bad one's 406."""
    answer = await lab.ask("GET", "/v2.1/servers", headers={"OpenStack-API-Version": "compute 2.999"})
    assert answer.status == 401
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    assert "OpenStack-API-Version" not in answer.headers


async def test_none_ignores_every_header() -> None:
    """Clients send `notused`, or whatever they have; nobody is asked."""
    async with cloud(IdentityNone()) as lab:
        for token in (None, "", "notused", "x" * 4000):
            assert await lab.seen(token) == ["ours", "theirs"]
        minted = await lab.ask("POST", f"/v2.1/{LAB}/servers/{OURS}/action", "notused", json=SERIAL)
        assert minted.status == 200


async def test_callers_do_not_mix(lab: Cloud) -> None:
    """Each request has its own caller, and nothing is left of it."""
    outside = CALLER.get()
    seen = await asyncio.gather(*(lab.ask("GET", "/v2.1/servers", "good" if i % 2 else "bad") for i in range(40)))
    assert [answer.status for answer in seen] == [401, 200] * 20
    assert CALLER.get() is outside


def test_an_anonymous_caller_may_do_nothing() -> None:
    """A call that forgets to ask for a token shows nothing."""
    assert (ANONYMOUS.is_admin, ANONYMOUS.may_type, ANONYMOUS.may_read) == (False, False, False)
    assert not ANONYMOUS.sees(ANONYMOUS.project_id)
