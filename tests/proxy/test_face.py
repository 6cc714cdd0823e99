"""The websocket's door as clients see it: who gets in, and what is said to who does not (DESIGN 5.4)."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.access import Address
from consolesvc.config.model import Api, Config, Limits, Proxy, Tokens
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, closed, received, world

ELSEWHERE = {"Origin": "http://evil.example"}
HERE = {"Origin": "http://127.0.0.1:9999"}


async def refusal(lab: World, url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """How a connection is refused: an HTTP status and message, or a close code and reason."""
    try:
        ws = await lab.http.ws_connect(url, headers=headers)
    except aiohttp.WSServerHandshakeError as error:
        return error.status, error.message
    return await closed(ws)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("binary",), "binary"), (("base64", "binary"), "binary"), (("base64",), None), (("chat",), None)],
)
async def test_subprotocols(lab: World, offered: tuple[str, ...], chosen: str | None) -> None:
    """`binary` wherever it stands in the offer; other offers get none, and work."""
    async with lab.http.ws_connect(await lab.url(), protocols=offered) as ws:
        assert ws.protocol == chosen
        await lab.device.say(b"x")
        assert await received(ws, 1) == b"x"


async def test_never_compressed(lab: World) -> None:
    """An offer of permessage-deflate is declined: it costs eleven times the CPU."""
    async with lab.http.ws_connect(await lab.url(), compress=15) as ws:
        assert ws.compress == 0


async def test_the_answer_names_stream_and_offset(lab: World) -> None:
    """The 101 says which numbering this is and where the first byte stands."""
    await lab.said(b"0123456789")
    async with await lab.attach({"replay": "0"}) as ws:
        headers = ws._response.headers
        assert headers["Console-Offset"] == "10"
        assert headers["Console-Stream"] == lab.console.stream
        await lab.device.say(b"x")
        assert await received(ws, 1) == b"x"


@pytest.mark.parametrize("path", ["/", "/websockify", "//evil/%2F..", "/a/b/c"])
async def test_any_path(lab: World, path: str) -> None:
    """The path is not looked at."""
    token = (await lab.url()).partition("?token=")[2]
    async with lab.http.ws_connect(f"http://{lab.service.ports.proxy}{path}?token={token}") as ws:
        assert not ws.closed


async def test_token_from_query_or_cookie_and_the_last_one_counts(lab: World) -> None:
    """Query before cookie; of two in the query the last (nova-contract 3.1)."""
    base, _, token = (await lab.url()).partition("?token=")
    good = [
        (f"{base}?token=wrong&token={token}", {}),
        (base, {"Cookie": f"a=b; token={token}"}),
        (f"{base}?token={token}", {"Cookie": "token=wrong"}),
        (base, {"Cookie": f"bad[]=1; token={token}"}),
    ]
    for url, headers in good:
        async with lab.http.ws_connect(url, headers=headers) as ws:
            assert not ws.closed
    assert (await refusal(lab, f"{base}?token={token}&token=wrong"))[0] == 401


async def test_every_refusal_has_a_status_or_a_close_code_with_the_reason(lab: World) -> None:
    """DESIGN 5.4's table: HTTP without an Origin, 101 and a close with one."""
    url = await lab.url()
    base = url.partition("?")[0]
    assert (await refusal(lab, base))[0] == 401
    assert await refusal(lab, base, HERE) == (1008, "token missing")
    assert await refusal(lab, f"{base}?token=", HERE) == (1008, "token missing")
    assert await refusal(lab, f"{base}?token=nonsense", HERE) == (1008, "token unknown")
    code, reason = await refusal(lab, url, ELSEWHERE)
    assert (code, reason.partition(":")[0]) == (1008, "foreign Origin")
    for origin in ("null", "", "127.0.0.1", "http://"):
        assert (await refusal(lab, url, {"Origin": origin}))[0] == 1008
    assert (await refusal(lab, url, {"Host": "rebound.example"}))[0] == 403
    assert (await refusal(lab, url, {"Host": "rebound.example", "Origin": "http://rebound.example"}))[0] == 1008
    lab.clock.now += 600
    assert (await refusal(lab, url))[0] == 401
    assert await refusal(lab, url, HERE) == (1008, "token expired")


async def test_refusals_over_http_are_nova_faults(lab: World) -> None:
    """A client that prints the body prints the reason."""
    base = (await lab.url()).partition("?")[0].replace("ws:", "http:")
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    async with lab.http.get(
        f"{base}?token=nope", headers={**key, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    ) as answer:
        assert answer.status == 401
        assert await answer.json() == {"unauthorized": {"code": 401, "message": "token unknown"}}


async def test_a_token_of_a_removed_server_finds_nothing(lab: World) -> None:
    """Removal ends the tokens; one issued meanwhile finds no server."""
    token = await lab.service.tokens.issue("00000000-0000-4000-8000-000000000000")
    base = (await lab.url()).partition("?")[0]
    assert (await refusal(lab, f"{base}?token={token}"))[0] == 404
    code, reason = await refusal(lab, f"{base}?token={token}", HERE)
    assert (code, reason) == (1008, "Instance 00000000-0000-4000-8000-000000000000 could not be found.")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1", True),
        ("https://127.0.0.1:8443", True),  # neither scheme nor port is compared
        ("http://dashboard.lab:8080", True),
        ("http://dashboard.lab.evil.example", False),
        ("http://localhost", False),
    ],
)
async def test_origins(tmp_path: Path, origin: str, allowed: bool) -> None:
    """Our own host by name, and those in `proxy.allowed_origins`."""
    proxy = dataclasses.replace(BASE.proxy, allowed_origins=("dashboard.lab",))
    async with world(tmp_path, dataclasses.replace(BASE, proxy=proxy)) as lab:
        ws = await lab.http.ws_connect(await lab.url(), headers={"Origin": origin})
        if allowed:
            await lab.device.say(b"x")
            assert await received(ws, 1) == b"x"
            await ws.close()
        else:
            assert (await closed(ws))[0] == 1008


@pytest.mark.parametrize(
    ("limits", "connections"),
    [
        (Limits(sessions=2), 2),
        (Limits(sessions_per_console=3), 3),
        (Limits(sessions_per_token=1), 1),
        (Limits(sessions=0, sessions_per_console=0, sessions_per_token=0), 5),
    ],
)
async def test_limits(tmp_path: Path, limits: Limits, connections: int) -> None:
    """One more than a cap is refused with 429, or 1013 for a browser, and a place that is left is free again."""
    async with world(tmp_path, dataclasses.replace(BASE, limits=limits)) as lab:
        url = await lab.url()
        open_ones = [await lab.http.ws_connect(url) for _ in range(connections)]
        if limits.sessions_per_token:
            assert (await refusal(lab, url))[0] == 429
            code, reason = await refusal(lab, url, HERE)
            assert (code, reason.partition(":")[0]) == (1013, "limit reached")
        await open_ones.pop().close()
        await eventually(lambda: len(lab.service.sessions) == connections - 1)
        open_ones.append(await lab.http.ws_connect(url))
        for ws in open_ones:
            await ws.close()


async def test_single_use(tmp_path: Path) -> None:
    """The second connection is refused with the reason; the first goes on."""
    config = dataclasses.replace(BASE, tokens=Tokens(single_use=True))
    async with world(tmp_path, config) as lab:
        url = await lab.url()
        async with lab.http.ws_connect(url) as ws:
            assert await refusal(lab, url, HERE) == (1008, "token used")
            await lab.device.say(b"x")
            assert await received(ws, 1) == b"x"


async def test_a_session_outlives_its_token_unless_told_otherwise(tmp_path: Path) -> None:
    """The TTL bounds connecting; with enforce_session_timeout the session ends with 4001."""
    for enforce in (False, True):
        tokens = Tokens(ttl=0.2, enforce_session_timeout=enforce)
        async with world(tmp_path, dataclasses.replace(BASE, tokens=tokens)) as lab, await lab.attach() as ws:
            await asyncio.sleep(0.4)
            lab.clock.now += 1
            if enforce:
                assert await closed(ws) == (4001, "session expired")
            else:
                await lab.device.say(b"x")
                assert await received(ws, 1) == b"x"


@pytest.mark.parametrize("query", [{"replay": "-1"}, {"replay": "some"}, {"replay": "1e9"}, {"notices": "yes"}])
async def test_parameters_that_cannot_be_are_refused_by_name(lab: World, query: dict[str, str]) -> None:
    """400, naming the parameter and what was expected; the token stays good."""
    (name,) = query
    code, reason = await refusal(lab, await lab.url(query), HERE)
    assert code == 1008
    assert reason.startswith(f"{name}=")
    assert "expected" in reason
    assert (await refusal(lab, await lab.url(query)))[0] == 400


async def test_one_port_serves_both(tmp_path: Path) -> None:
    """The same listen text: upgrades go to the proxy on any path, all else is the API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = Address("127.0.0.1", free.getsockname()[1])
    config = Config(api=Api(listen=listen), proxy=Proxy(listen=listen))
    async with world(tmp_path, config) as lab:
        assert lab.service.ports.api == lab.service.ports.proxy
        async with await lab.attach() as ws:
            await lab.device.say(b"x")
            assert await received(ws, 1) == b"x"
        assert (await refusal(lab, (await lab.url()).partition("?")[0]))[0] == 401


async def test_plain_http_on_the_proxy_port(lab: World) -> None:
    """Nothing is served here, nothing redirects, and every answer is a fault in JSON."""
    base = f"http://{lab.service.ports.proxy}"
    expected = {
        ("GET", "/"): 405,
        ("HEAD", "/"): 405,
        ("GET", "//x"): 404,
        ("GET", "/etc/passwd"): 404,
        ("POST", "/"): 404,
    }
    for (method, path), status in expected.items():
        async with lab.http.request(method, base + path, allow_redirects=False) as answer:
            assert answer.status == status, (method, path)
            assert answer.content_type == "application/json"
