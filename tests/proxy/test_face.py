"""The websocket as clients see it: who gets in, who is told what, and how sessions end (DESIGN 5.4)."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.access import Address
from consolesvc.config.model import Api, Config, Limits, Proxy, Tokens
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, closed, received, world

ELSEWHERE = {"Origin": "http://evil.example"}
HERE = {"Origin": "http://127.0.0.1:9999"}


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def refusal(lab: World, url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """How a connection is refused: an HTTP status and message, or a close code and reason."""
    try:
        ws = await lab.http.ws_connect(url, headers=headers)
    except aiohttp.WSServerHandshakeError as error:
        return error.status, error.message
    return await closed(ws)


async def test_binary_out_binary_and_text_in(lab: World) -> None:
    """Frames out are BINARY; in, both kinds are bytes for the machine."""
    async with await lab.attach() as ws:
        assert ws.protocol == "binary"
        await lab.device.say(b"login: ")
        assert await received(ws, 7) == b"login: "
        await ws.send_bytes(b"ro\xff")
        await ws.send_str("öt\r")
        assert await lab.device.heard(7) == b"ro\xff" + "öt\r".encode()


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


async def test_replay(lab: World) -> None:
    """What was said before the attach, from the start of a line; `replay=` says how much."""
    lines = b"".join(b"line %04d\r\n" % number for number in range(4000))
    await lab.said(lines)
    expected = {
        "": lines[-32 * 1024 :].partition(b"\n")[2],
        "all": lines,
        "100": lines[-100:].partition(b"\n")[2],
        "1KiB": lines[-1024:].partition(b"\n")[2],
        "11": lines[-11:],
    }
    for replay, data in expected.items():
        query = {"replay": replay} if replay else {}
        async with await lab.attach(query) as ws:
            assert await received(ws, len(data)) == data
    async with await lab.attach({"replay": "0"}) as ws:
        await lab.device.say(b"new")
        assert await received(ws, 3) == b"new"


@pytest.mark.parametrize("query", [{"replay": "-1"}, {"replay": "some"}, {"replay": "1e9"}, {"notices": "yes"}])
async def test_parameters_that_cannot_be_are_refused_by_name(lab: World, query: dict[str, str]) -> None:
    """400, naming the parameter and what was expected; the token stays good."""
    (name,) = query
    code, reason = await refusal(lab, await lab.url(query), HERE)
    assert code == 1008
    assert reason.startswith(f"{name}=")
    assert "expected" in reason
    assert (await refusal(lab, await lab.url(query)))[0] == 400


async def test_messages_end_between_characters(lab: World) -> None:
    """However the machine's bytes come, each message decodes alone (Horizon, novaconsole)."""
    text = "größe 漢字 😀 " * 50
    async with await lab.attach() as ws:
        talk = asyncio.create_task(drip(lab, text.encode()))
        got = ""
        while len(got) < len(text):
            message = await ws.receive(timeout=5)
            got += message.data.decode()
        await talk
    assert got == text


async def drip(lab: World, data: bytes) -> None:
    """Say bytes one by one."""
    for byte in data:
        await lab.device.say(bytes([byte]))
        if byte % 7 == 0:
            await asyncio.sleep(0.001)


async def test_unplug_and_replug_are_told_and_nobody_is_cut(lab: World) -> None:
    """A notice is a message of its own, exactly framed, printable ASCII."""
    async with await lab.attach() as ws:
        lab.device.pull()
        lost = (await ws.receive(timeout=5)).data
        lab.device.plug()
        back = (await ws.receive(timeout=5)).data
        await eventually(lambda: lab.console.connected)
        await lab.device.say(b"hi")
        assert await received(ws, 2) == b"hi"
    assert lost.startswith(b"\r\n[consolesvc: node line lost ")
    assert lost.endswith(b": device unplugged; waiting]\r\n")
    assert back.startswith(b"\r\n[consolesvc: node line back after ")
    assert back.endswith(b" s; what it sent meanwhile is unknown]\r\n")


async def test_notices_off(lab: World) -> None:
    """Nothing but the machine's bytes; input to the lost line is refused in silence, and counted."""
    async with await lab.attach({"notices": "0"}) as ws:
        lab.device.pull()
        await eventually(lambda: not lab.console.connected)
        await ws.send_bytes(b"anyone?")
        await eventually(lambda: lab.console.refused == 7)
        lab.device.plug()
        await eventually(lambda: lab.console.connected)
        await lab.device.say(b"hi")
        assert await received(ws, 2) == b"hi"


async def test_a_gap_is_told_or_ends_the_session(tmp_path: Path) -> None:
    """A viewer that was too slow reads which bytes it lost; with notices off it is closed with 4008."""
    async with world(tmp_path, ring=64 * 1024) as lab:
        told, cut = await lab.attach(), await lab.attach({"notices": "0"})
        for ws in (told, cut):
            ws._response.connection.transport.pause_reading()  # type: ignore[union-attr]  # connected
        flood = 40 * 1024 * 1024  # beyond what two sockets' buffers hold
        await lab.device.say(bytes(flood))
        await eventually(lambda: lab.console.ring.end == flood, patience=30)
        for ws in (told, cut):
            ws._response.connection.transport.resume_reading()  # type: ignore[union-attr]  # connected
        code, reason = await closed(cut)
        assert code == 4008
        assert reason.startswith("bytes ")
        got, notice = 0, b""
        while not notice:
            data = (await told.receive(timeout=5)).data
            notice = data if data.startswith(b"\r\n[consolesvc: bytes ") else b""
            got += 0 if notice else len(data)
        start, end = (int(n) for n in notice.split()[2].split(b".."))
        assert start == got
        rest = await received(told, flood - end)
        assert len(rest) == flood - end
        await told.close()


async def test_a_console_is_shared(lab: World) -> None:
    """Three viewers, each sees all output; each one's input arrives."""
    viewers = [await lab.attach() for _ in range(3)]
    for number, ws in enumerate(viewers):
        await ws.send_bytes(b"%d" % number)
    assert sorted(await lab.device.heard(3)) == [ord("0"), ord("1"), ord("2")]
    await lab.device.say(b"everyone")
    for ws in viewers:
        assert await received(ws, 8) == b"everyone"
        await ws.close()


async def test_a_viewer_that_stops_reading_costs_the_others_nothing_but_a_moment(lab: World) -> None:
    """Nine of ten get every byte of 32 MiB."""
    viewers = [await lab.attach() for _ in range(10)]
    stalled = viewers[0]
    stalled._response.connection.transport.pause_reading()  # type: ignore[union-attr]  # connected
    flood = 32 * 1024 * 1024
    talk = asyncio.create_task(lab.device.say(b"\xaa" * flood))
    sizes = await asyncio.gather(*(drain(ws, flood) for ws in viewers[1:]))
    await talk
    assert sizes == [flood] * 9
    for ws in viewers[1:]:
        await ws.close()
    stalled._response.connection.transport.abort()  # type: ignore[union-attr]  # connected


async def drain(ws: aiohttp.ClientWebSocketResponse, size: int) -> int:
    """Count bytes up to `size`; a notice fails the count."""
    got = 0
    while got < size:
        data = (await ws.receive(timeout=20)).data
        assert data.count(b"\xaa") == len(data)
        got += len(data)
    return got


async def test_oversized_messages_are_closed_with_1009(lab: World) -> None:
    """More than a mebibyte in one message is no typing."""
    async with await lab.attach() as ws:
        await ws.send_bytes(bytes(1024 * 1024 + 1))
        assert (await closed(ws))[0] == 1009


async def test_a_paste_into_a_stalled_line_kills_nobody(tmp_path: Path) -> None:
    """256 KiB wait; then reading from that viewer stops, its ping clock too, and all of it arrives in the end."""
    async with world(tmp_path) as lab:
        lab.service.proxy.ping = 0.6
        paste = bytes(range(256)) * 8192
        async with await lab.attach() as ws:
            # It reads all the while, as terminals do: only who reads answers a ping that comes once all is typed.
            reading = asyncio.create_task(ws.receive_bytes())
            sending = asyncio.create_task(send_in_pieces(ws, paste))
            await asyncio.sleep(2.0)  # three pings' time: the machine reads nothing
            assert await lab.device.heard(len(paste)) == paste
            await sending
            await lab.device.say(b"still here")
            assert await asyncio.wait_for(reading, 10) == b"still here"


async def send_in_pieces(ws: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
    """Send as a terminal pastes."""
    for start in range(0, len(data), 32768):
        await ws.send_bytes(data[start : start + 32768])


async def test_a_client_without_a_sign_of_life_is_let_go(tmp_path: Path) -> None:
    """Silent through two pings: gone. One that answers pings stays."""
    async with world(tmp_path) as lab:
        lab.service.proxy.ping = 0.1
        url = await lab.url()
        alive = await lab.http.ws_connect(url)
        dead = await lab.http.ws_connect(url, autoping=False)
        answering = asyncio.create_task(alive.receive())
        await eventually(lambda: len(lab.service.sessions) == 1)
        await asyncio.sleep(0.5)
        assert len(lab.service.sessions) == 1
        answering.cancel()
        await alive.close()
        await dead.close()


async def test_removal_ends_the_sessions_with_the_reason(lab: World) -> None:
    """4002, and the viewer reads why."""
    async with await lab.attach() as ws:
        await lab.service.remove(NODE, "server removed")
        assert await closed(ws) == (4002, "server removed")


@pytest.mark.parametrize("how", ["stop", "remove", "expire"])
async def test_a_viewer_behind_a_full_socket_is_told_why_it_ends(tmp_path: Path, how: str) -> None:
    """It reads slowly and its buffer is full at that moment: the close frame with the reason follows what was sent."""
    tokens = Tokens(ttl=1.0, enforce_session_timeout=how == "expire")
    async with world(tmp_path, dataclasses.replace(BASE, tokens=tokens)) as lab:
        ws = await lab.attach()
        transport = ws._response.connection.transport  # type: ignore[union-attr]  # connected
        transport.pause_reading()  # type: ignore[union-attr]  # connected
        flood = asyncio.create_task(lab.device.say(bytes(16 * 1024 * 1024)))
        (session,) = lab.service.sessions
        await eventually(lambda: session.viewer.received > 1024 * 1024)
        await asyncio.sleep(0.3)  # full: it takes no more
        ending: asyncio.Future[None] = asyncio.ensure_future(_end(lab, how))
        await asyncio.sleep(0.2 if how != "expire" else 1.0)
        transport.resume_reading()  # type: ignore[union-attr]  # connected
        expected = {"stop": 1001, "remove": 4002, "expire": 4001}[how]
        assert (await closed(ws))[0] == expected
        await ending
        flood.cancel()


async def _end(lab: World, how: str) -> None:
    """End the sessions of the one console; an expiry comes by itself."""
    if how == "stop":
        await lab.service.stop()
    elif how == "remove":
        await lab.service.remove(NODE, "server removed")


async def test_stopping_ends_the_sessions_with_1001(tmp_path: Path) -> None:
    """Going away, said; also beside a client that reads nothing, within the time allowed."""
    async with world(tmp_path) as lab:
        ws, stuck = await lab.attach(), await lab.attach()
        stuck._response.connection.transport.pause_reading()  # type: ignore[union-attr]  # connected
        stopping = asyncio.create_task(lab.service.stop())
        assert await closed(ws) == (1001, "consolesvc is stopping")
        await asyncio.wait_for(stopping, 5)
        stuck._response.connection.transport.abort()  # type: ignore[union-attr]  # connected


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
