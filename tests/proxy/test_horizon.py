"""Horizon's console page (2026-07), reproduced frame for frame (nova-contract 4): no browser, the same bytes.

Its page offers `binary` and `base64`, sends a CR on open, each key as a message of one byte per UTF-16 unit, and
decodes each message by itself.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.model import Proxy
from consolesvc.proxy import pump
from tests.proxy.world import BASE, LOOPBACK, World, world

DROPPING = dataclasses.replace(
    BASE, proxy=Proxy(listen=LOOPBACK, allowed_origins=("dashboard.lab",), drop_first_cr=True)
)
DASHBOARD = {"Origin": "https://dashboard.lab"}


class Page:
    """The page's script: what it sends, and what it shows."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.shown = ""

    @classmethod
    async def open(cls, lab: World, headers: Mapping[str, str] = DASHBOARD) -> Page:
        """Connect as the page does, and do what it does on open."""
        ws = await lab.http.ws_connect(await lab.url(), protocols=("binary", "base64"), headers=headers)
        page = cls(ws)
        await page.typed("\r")
        return page

    async def typed(self, keys: str) -> None:
        """Send keys: a byte for each UTF-16 unit, of which only the low eight bits are left."""
        units = keys.encode("utf-16-le")
        await self.ws.send_bytes(units[::2])

    async def show(self, until: str) -> str:
        """Decode messages, each alone as a Blob is read, until the text has come."""
        while until not in self.shown:
            message = await self.ws.receive(timeout=5)
            assert message.type is aiohttp.WSMsgType.BINARY, message
            self.shown += message.data.decode("utf-8", "replace")
        return self.shown


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, DROPPING) as running:
        yield running


async def test_its_handshake_gets_binary(lab: World) -> None:
    """Of what the page offers it is given `binary`, from an Origin that is allowed."""
    page = await Page.open(lab)
    assert page.ws.protocol == "binary"
    await page.ws.close()


async def test_its_cr_on_open_reaches_no_machine(lab: World) -> None:
    """A countdown in front of the page runs on; what is typed then arrives, each later CR too."""
    page = await Page.open(lab)
    await page.typed("\r")
    await page.typed("x")
    await page.typed("\r")
    assert await lab.device.heard(3) == b"\rx\r"
    await page.ws.close()


async def test_keys_are_bytes_of_latin_1(lab: World) -> None:
    """What the page makes of a key is what the machine gets: bytes above 127 as they are, the rest cut by the page."""
    page = await Page.open(lab)
    await page.typed("é")
    await page.typed("ÿ\x03")
    await page.typed("€")  # U+20AC: the page itself keeps only AC
    assert await lab.device.heard(4) == b"\xe9\xff\x03\xac"
    await page.ws.close()


async def test_each_message_is_text_by_itself(lab: World) -> None:
    """However the machine's bytes come, no message ends inside a character: the page would show two marks for it."""
    page = await Page.open(lab)
    for byte in "Größe: 5 € 🖥\r\n".encode():
        await lab.device.say(bytes((byte,)))
        await asyncio.sleep(0.002)
    assert await page.show("\r\n") == "Größe: 5 € 🖥\r\n"
    await page.ws.close()


@pytest.mark.parametrize("first", ["\r\r", "\n", "a\r", "a"])
async def test_only_a_lone_cr_is_dropped(lab: World, first: str) -> None:
    """Any other first message is somebody's."""
    ws = await lab.http.ws_connect(await lab.url(), protocols=("binary",), headers=DASHBOARD)
    page = Page(ws)
    await page.typed(first)
    await page.typed("\r")
    assert await lab.device.heard(len(first) + 1) == first.encode() + b"\r"
    await ws.close()


async def test_a_cr_that_comes_later_is_typed(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page sends its own at once; after that, Enter is Enter."""
    monkeypatch.setattr(pump, "FIRST_CR_WAIT", 0.0)
    page = await Page.open(lab)
    assert await lab.device.heard(1) == b"\r"
    await page.ws.close()


async def test_a_client_that_is_no_page_types_what_it_sends(lab: World) -> None:
    """Scripts and commands send no Origin, and their first CR is meant."""
    page = await Page.open(lab, headers={})
    assert await lab.device.heard(1) == b"\r"
    await page.ws.close()


async def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    """By default every byte is delivered."""
    async with world(tmp_path) as lab:
        page = await Page.open(lab, headers={"Origin": "http://127.0.0.1"})
        assert await lab.device.heard(1) == b"\r"
        await page.ws.close()


async def test_opening_it_takes_no_input(tmp_path: Path) -> None:
    """Where one holds the input, the page's own CR makes nobody that one; a key does."""
    async with world(tmp_path, input="exclusive") as lab:
        page = await Page.open(lab, headers={"Origin": "http://127.0.0.1"})
        await page.typed("x")
        assert await lab.device.heard(1) == b"x"
        other = await Page.open(lab, headers={"Origin": "http://127.0.0.1"})
        await other.typed("y")
        assert "holds the input of node" in await other.show("]")
        await page.ws.close()
        await other.ws.close()
