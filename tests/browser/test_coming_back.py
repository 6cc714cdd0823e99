"""The terminal in the browser, when what is between it and the machine goes away: it comes back to the byte."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from consolesvc.config.model import Tokens
from consolesvc.config.operators import Log
from consolesvc.console.viewer import KICKED
from tests.browser.cable import cable
from tests.browser.tab import Tab, marks, tab_at
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, world
from tests.scenarios.process import service
from tests.tokens.redis_server import HAS_REDIS, redis_server
from tests.web.world import with_log

pytestmark = marks

NO_NETWORK = ("net::ERR_", "WebSocket connection to")
"""What a browser's console says of a network that is away."""


@pytest_asyncio.fixture(loop_scope="package")
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


def lines(start: int, end: int) -> bytes:
    """Numbered lines, so that a byte lost or shown twice shows."""
    return b"".join(b"line %05d of the machine's output\r\n" % number for number in range(start, end))


async def has_each_line_once(tab: Tab, end: int) -> None:
    """The terminal holds the lines up to `end`, each once, in order."""
    await tab.shows(f"line {end - 1:05d} of")
    shown = [line for line in (await tab.text()).split("\n") if line]
    assert shown == lines(0, end).decode().replace("\r", "").split("\n")[:-1]


async def test_a_cut_network(browser: Browser, lab: World) -> None:
    """Reset in the middle of output: said in words, then each byte is there once, and typing works again."""
    async with cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, *NO_NETWORK) as tab:
            await lab.said(lines(0, 50))
            await tab.shows("line 00049")
            wire.cut()
            await lab.said(lines(50, 400))
            await tab.has("#trouble", "No connection The network or the service is away.")
            await tab.has("#state-text", "reconnecting")
            await tab.page.keyboard.type("lost")
            await tab.has("#toasts", "There is no connection: what you type goes nowhere.")
            await tab.press("Try now")
            wire.plugged = True
            await tab.lacks("#trouble")
            await lab.said(lines(400, 450))
            await has_each_line_once(tab, 450)
            await tab.page.keyboard.type("back")
            assert await lab.device.heard(4) == b"back"


async def test_a_paste_does_not_outlive_its_connection(browser: Browser, lab: World) -> None:
    """It stops where it was, and says where; the machine is told that the paste is over once it can be told."""
    await lab.said(b"\x1b[?2004h$ ")
    async with cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, *NO_NETWORK) as tab:
            await tab.shows("$ ")
            await tab.press("Paste")
            await tab.page.locator("#paste-text").fill("one\ntwo\nthree\n")
            await tab.page.locator("#paste-pace").select_option("2l")
            await tab.press("Type it")
            assert await lab.device.heard(10) == b"\x1b[200~one\r"
            wire.cut()
            wire.plugged = True
            stopped = "The paste stopped after 4 of 14 characters, 1 of 3 lines: the connection was lost."
            await tab.has("#pasting-text", stopped)
            await tab.has("#state-text", "connected")
            assert await lab.device.heard(6) == b"\x1b[201~"
            await tab.page.wait_for_timeout(700)  # for which the next line would have waited
            await tab.page.locator("#terminal").click()
            await tab.page.keyboard.type("x")
            assert await lab.device.heard(1) == b"x"


async def test_a_network_that_says_nothing(browser: Browser, lab: World) -> None:
    """No reset, no bytes: the service has let go meanwhile, and the page finds out by asking it another way."""
    lab.service.proxy.ping = 0.2
    async with cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, *NO_NETWORK) as tab:
            await lab.said(lines(0, 10))
            await tab.shows("line 00009")
            dead = lab.service.sessions
            wire.freeze()
            await eventually(lambda: not dead)
            await lab.said(lines(10, 20))
            # What a browser says when a network has come back, or a lid was opened.
            await tab.page.evaluate("dispatchEvent(new Event('online'))")
            await has_each_line_once(tab, 20)


async def test_a_service_that_is_restarted(browser: Browser, tmp_path: Path) -> None:
    """An upgrade: the page comes back to the same byte of the same stream, by the secret that outlives it."""
    words = ("--state-dir", str(tmp_path / "state"), "--fake", "echo=1")
    with service(tmp_path / "first", *words) as first:
        ports = [url.rstrip("/").rpartition(":")[2] for url in (first.api_url, first.proxy_url)]
        async with tab_at(browser, first.console_url("echo1"), *NO_NETWORK) as tab:
            await tab.has("#state-text", "connected")
            await tab.page.keyboard.type("before")
            await tab.shows("before")
            offset = await tab.page.evaluate("session.offset")
            await asyncio.to_thread(first.stop)
            await tab.has("#trouble", "No connection")
            same = ("--set", f"api.listen=127.0.0.1:{ports[0]}", "--set", f"proxy.listen=127.0.0.1:{ports[1]}")
            with service(tmp_path / "second", *words, *same):
                await tab.has("#state-text", "connected", 20)
                assert await tab.page.evaluate("session.offset") >= offset
                await tab.page.keyboard.type(" after")
                await tab.shows("before")
                await tab.shows(" after")
                assert "missing" not in await tab.text()


async def test_a_service_that_hangs(browser: Browser, tmp_path: Path) -> None:
    """Stopped by a signal and continued: nothing is lost, and nobody has to do anything."""
    with service(tmp_path / "run", "--fake", "chatter=1") as running:
        async with tab_at(browser, running.console_url("chatter1"), *NO_NETWORK) as tab:
            await tab.shows("chatter1 00000003")
            running.signal(signal.SIGSTOP)
            await asyncio.sleep(0.5)
            running.signal(signal.SIGCONT)
            await tab.shows("chatter1 00000012")
            numbers = [int(line.split()[1]) for line in (await tab.text()).split("\n") if line.count(" ") > 5]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_bytes_that_nobody_has_any_more_are_told(browser: Browser, tmp_path: Path) -> None:
    """Without a log and with a small ring, a page that was away too long is told what it missed, in its place."""
    config = dataclasses.replace(BASE, log=Log(enabled=False))
    async with world(tmp_path, config, ring=4096) as lab, cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, *NO_NETWORK) as tab:
            await lab.said(b"before\r\n")
            await tab.shows("before")
            wire.cut()
            await lab.said(bytes(10_000) + b"after")
            wire.plugged = True
            await tab.shows("after")
            assert "consolesvc: bytes 8..5917 are missing here" in await tab.text()
            await tab.page.locator("#panel-button").click()
            await tab.has("#events li", "Bytes 8 to 5917 are missing: the service has them no more.")


async def test_a_numbering_that_begins_anew_is_told(browser: Browser, lab: World) -> None:
    """After a restart without a log, offsets mean other bytes: the page does not take them for its own."""
    await lab.said(b"before\r\n")
    async with cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, *NO_NETWORK) as tab:
            await tab.shows("before")
            wire.cut()
            lab.console.stream = "00000000-0000-4000-8000-000000000000"
            wire.plugged = True
            await tab.shows("the service counts this output anew")
            await lab.said(b"after")
            await tab.shows("after")


@HAS_REDIS
async def test_a_store_of_tokens_that_is_away(browser: Browser, tmp_path: Path) -> None:
    """Who is there goes on, also where the page asks whether its connection lives; who was cut comes back after it."""
    with redis_server(tmp_path) as store:
        config = dataclasses.replace(with_log(tmp_path), tokens=Tokens(store=store.url))
        async with world(tmp_path, config) as lab, cable(lab.service.ports.proxy.port) as wire:
            url = (await lab.url()).replace(str(lab.service.ports.proxy.port), str(wire.port))
            async with tab_at(browser, url, *NO_NETWORK, "status of 503") as tab:
                await tab.has("#state-text", "connected")
                store.hang()
                await tab.page.evaluate("window.first = connection.ws; connection.now()")
                await tab.until("!connection.asking")
                assert await tab.page.evaluate("connection.ws === first && connection.state === 'open'")
                await tab.page.keyboard.type("x")
                assert await lab.device.heard(1) == b"x"
                wire.cut()
                wire.plugged = True
                await tab.has("#trouble", "Not now")
                store.go_on()
                await tab.has("#state-text", "connected", 20)
                await lab.said(b"after")
                await tab.shows("after")


async def test_an_end_is_said_and_not_argued_with(browser: Browser, lab: World) -> None:
    """Sent away, or the server removed: the title, what the service said, no further try, and no secret kept."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        lab.service.sessions.end_all(KICKED, "kicked by alice: lunch")
        await tab.has("#trouble", "You were sent away Kicked by alice: lunch.")
        assert await tab.page.evaluate("[connection.state, sessionStorage.length]") == ["ended", 0]
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.has("#state-text", "connected")
        await lab.service.remove(NODE, "server removed")
        await tab.has("#trouble", "The server is gone Server removed.")
        await tab.has("#state-text", "ended")
