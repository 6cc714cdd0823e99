"""What is said over the websocket once it is open: bytes, notices, gaps, many at a time (DESIGN 5.4)."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.model import Tokens
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, closed, received, world


async def test_binary_out_binary_and_text_in(lab: World) -> None:
    """Frames out are BINARY; in, both kinds are bytes for the machine."""
    async with await lab.attach() as ws:
        assert ws.protocol == "binary"
        await lab.device.say(b"login: ")
        assert await received(ws, 7) == b"login: "
        await ws.send_bytes(b"ro\xff")
        await ws.send_str("öt\r")
        assert await lab.device.heard(7) == b"ro\xff" + "öt\r".encode()


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
