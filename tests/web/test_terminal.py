"""The terminal's page at the proxy's root, and the output call beside its websocket (DESIGN 5.3)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.config.access import Address
from consolesvc.config.model import Tokens
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.web import pages
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, received, world
from tests.web.world import with_log

OUTPUT = "console/t/output"
RAW = "application/octet-stream"


@pytest.fixture(params=["two ports", "one port"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[World]:
    config = with_log(tmp_path)
    if request.param == "one port":
        here = Address("127.0.0.1", unused_tcp_port)
        config = dataclasses.replace(config, api=dataclasses.replace(config.api, listen=here))
        config = dataclasses.replace(config, proxy=dataclasses.replace(config.proxy, listen=here))
    async with world(tmp_path, config) as made:
        yield made


async def get(lab: World, path: str, method: str = "GET", **options: Any) -> tuple[aiohttp.ClientResponse, bytes]:
    """An answer from the proxy's port, and its body."""
    url = f"http://{lab.service.ports.proxy}/{path}"
    async with lab.http.request(method, url, allow_redirects=False, **options) as answer:
        return answer, await answer.read()


async def token_of(lab: World) -> str:
    """A fresh token."""
    return (await lab.url()).partition("token=")[2]


async def test_the_page_is_at_the_root_with_a_token_or_a_resume_secret(lab: World) -> None:
    """The same page whatever the secret, good or not: it is its script that finds out. It redeems nothing."""
    bodies = set()
    for query in ("token=nonsense", "resume=nonsense", "resume", "token=", f"token={await token_of(lab)}"):
        answer, body = await get(lab, f"?{query}")
        assert answer.status == 200, query
        assert answer.content_type == "text/html"
        bodies.add(re.sub(rb'data-nonce="[^"]*"', b"", body))
    assert len(bodies) == 1
    assert b"nonsense" not in bodies.pop()
    assert len(lab.service.sessions) == 0
    assert isinstance(lab.service.tokens, MemoryTokenStore)
    assert len(lab.service.tokens) == 1


async def test_the_page_says_what_it_may_do(lab: World) -> None:
    """No script, style, frame or connection but its own; nothing kept, nothing told to others; a fresh nonce each."""
    nonces = set()
    for _ in range(2):
        answer, body = await get(lab, "?token=x")
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        host = str(lab.service.ports.proxy)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["connect-src"] == f"'self' ws://{host} wss://{host}"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        found = re.fullmatch(r"'self' 'nonce-([A-Za-z0-9_-]{20,})'", policy["style-src"])
        assert found
        assert f'data-nonce="{found[1]}"'.encode() in body
        nonces.add(found[1])
        assert {name: answer.headers[name] for name in pages.HEADERS} == pages.HEADERS
        assert "Set-Cookie" not in answer.headers
    assert len(nonces) == 2


async def test_other_requests_of_the_root(lab: World) -> None:
    """HEAD as GET; `//` is nowhere, which a browser would take for another host; a foreign Host is refused."""
    answer, body = await get(lab, "?token=x", "HEAD")
    assert (answer.status, body) == (200, b"")
    for path in ("/?token=x", "/evil.example/?token=x", "x?token=x", "?Token=x"):
        answer, _ = await get(lab, path)
        assert answer.status in (404, 405) or (path == "?Token=x" and lab.service.ports.shared), path
        assert "Location" not in answer.headers
    answer, _ = await get(lab, "?token=x", headers={"Host": "rebound.example"})
    assert answer.status == 403
    answer, _ = await get(lab, "?token=x", "POST")
    assert answer.status == 404


async def test_a_plain_get_without_a_token_is_as_it_was(lab: World) -> None:
    """Nova's 405 on a port of the proxy's own; the API's versions where the ports are one."""
    answer, body = await get(lab, "")
    if lab.service.ports.shared:
        assert (answer.status, body.startswith(b'{"versions": ')) == (200, True)
    else:
        assert answer.status == 405


async def test_a_websocket_is_one_wherever_pages_are(lab: World) -> None:
    """Any path: also that of a file, and of the page."""
    token = await token_of(lab)
    for path in ("", "console/t/terminal.js", OUTPUT):
        async with lab.http.ws_connect(f"http://{lab.service.ports.proxy}/{path}?token={token}") as ws:
            await lab.device.say(b"x")
            assert await received(ws, 1)


async def test_output_for_who_has_a_token(lab: World) -> None:
    """By header or query, JSON or raw, and the token stays good for the websocket."""
    await lab.said(b"one\r\ntwo\r\n")
    token = await token_of(lab)
    answer, body = await get(lab, f"{OUTPUT}?start=5", headers={"Console-Token": token, "Accept": RAW})
    assert (answer.status, body) == (200, b"two\r\n")
    assert answer.headers["Console-Start"] == "5"
    assert "Console-Attached" not in answer.headers
    answer, _ = await get(lab, f"{OUTPUT}?token={token}&start=-5")
    document = await answer.json()
    assert (document["contents"], document["start"], document["end"]) == ("two\r\n", 5, 10)
    async with await lab.attach():
        pass


async def test_output_for_who_has_a_session(lab: World) -> None:
    """The resume secret opens it without being used up, also when the token is long gone; and tells of the session."""
    await lab.said(b"0123456789")
    ws = await lab.http.ws_connect(await lab.url(), protocols=("consolesvc.v1",))
    secret = (await ws.receive_json())["resume"]
    lab.clock.now += 3600
    for _ in range(2):
        answer, _ = await get(lab, OUTPUT, headers={"Console-Resume": secret})
        assert (await answer.json())["contents"] == "0123456789"
        assert answer.headers["Console-Attached"] == "1"
    await ws.close()
    await eventually(lambda: not lab.service.sessions)
    answer, _ = await get(lab, f"{OUTPUT}?resume={secret}")
    assert answer.headers["Console-Attached"] == "0"
    again = await lab.http.ws_connect(
        f"http://{lab.service.ports.proxy}/?resume={secret}", protocols=("consolesvc.v1",)
    )
    assert (await again.receive_json())["type"] == "hello"
    await again.close()


async def test_output_is_refused_with_the_reason(lab: World) -> None:
    """401 without a good secret, 404 for a server that went, 400 for a query that cannot be; no message repeats one."""
    token = await token_of(lab)
    refusals = {
        "": (401, "token missing"),
        "?token=nonsense": (401, "token unknown"),
        "?resume=nonsense": (401, "resume secret unknown"),
        f"?token={token}&start=x": (
            400,
            "start: found 'x', expected an offset, or a negative number to count from the end",
        ),
        f"?token={token}&follow=1": (400, "unknown parameter 'follow', expected start, limit, stream, encoding"),
        f"?token={token}&limit=0": (400, "limit: found '0', expected a number of bytes from 1 to 1048576"),
    }
    for query, expected in refusals.items():
        answer, _ = await get(lab, OUTPUT + query)
        (fault,) = (await answer.json()).values()
        assert (answer.status, fault["message"]) == expected
    await lab.service.remove(NODE, "server removed")
    answer, _ = await get(lab, f"{OUTPUT}?token={token}")
    assert answer.status == 401


async def test_output_of_a_used_token_is_refused(tmp_path: Path) -> None:
    """Single use is single use: then the session's secret is what counts."""
    async with world(tmp_path, dataclasses.replace(BASE, tokens=Tokens(single_use=True))) as lab:
        url = await lab.url()
        async with lab.http.ws_connect(url):
            answer, body = await get(lab, f"{OUTPUT}?token={url.partition('token=')[2]}")
        assert (answer.status, b"token used" in body) == (401, True)


async def test_without_its_files_the_page_says_that_it_was_not_built(
    lab: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation made with CONSOLESVC_SKIP_WEB has all else."""
    monkeypatch.setattr(pages, "VENDOR", tmp_path / "none")
    answer, body = await get(lab, "?token=x")
    assert answer.status == 501
    assert b"The browser terminal was not built" in body
    assert answer.headers["Content-Security-Policy"] == pages.policy()
    async with await lab.attach() as ws:
        await lab.device.say(b"x")
        assert await received(ws, 1) == b"x"
