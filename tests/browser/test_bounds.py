"""The terminal in the browser, in numbers: how soon, how much, how often (DESIGN 5.3)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from consolesvc.config.linespec import TcpSpec
from tests.browser.cable import cable
from tests.browser.tab import Tab, marks, tab_at
from tests.lines.devices import eventually
from tests.lines.peers import Peer, peer
from tests.proxy.world import World, world
from tests.web.world import with_log

pytestmark = marks

FIRST_BYTE = 1.0
"""Seconds from asking for the page to the machine's words on it."""
ECHO = 0.1
"""Seconds from a key to its echo, once a flood is over."""
FLOOD = b"".join(b"flood %07d flood flood flood\r\n" % number for number in range(600_000))
"""20 MB."""
GROWTH = 192 * 1024 * 1024
"""Bytes that a page may grow by in a flood: 20,000 lines of scrollback, what is kept to be shown anew, and waste."""
CUTS = 200

# From the key to the first painting of what came back.
_ECHO = """() => {
  let pressed = 0;
  window.echoed = new Promise((done) => {
    document.addEventListener('keydown', () => (pressed = performance.now()), { capture: true, once: true });
    const watch = term.onRender(() => {
      const buffer = term.buffer.active;
      if (pressed === 0 || !buffer.getLine(buffer.baseY + buffer.cursorY).translateToString(true).endsWith('k')) return;
      watch.dispose();
      done(performance.now() - pressed);
    });
  });
}"""

# What the page takes off the wire; and somebody who presses "Try now" all the time.
_IMPATIENT = """() => {
  const took = session.took.bind(session);
  window.taken = [];
  session.took = (bytes) => {
    taken.push(...bytes);
    return took(bytes);
  };
  window.setInterval(() => {
    if (connection.state === 'waiting') connection.now();
  }, 5);
}"""
_TAKEN = """async () => {
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(taken));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}"""


@contextlib.asynccontextmanager
async def talker(tmp_path: Path) -> AsyncIterator[tuple[World, Peer]]:
    """A console on a machine that says what a test writes to it."""
    async with peer() as machine:
        line = TcpSpec("127.0.0.1", machine.port)
        async with world(tmp_path, with_log(tmp_path), line=line) as lab:
            yield lab, machine


async def memory(browser: Browser) -> int:
    """Bytes that all pages of a browser have of their own, after a collection of garbage in each."""
    for context in browser.contexts:
        for page in context.pages:
            session = await context.new_cdp_session(page)
            await session.send("HeapProfiler.collectGarbage")
            await session.detach()
    system = await browser.new_browser_cdp_session()
    found = (await system.send("SystemInfo.getProcessInfo"))["processInfo"]
    await system.detach()
    pages = [process["id"] for process in found if process["type"] == "renderer"]
    return sum(_anonymous(pid) for pid in pages)


def _anonymous(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError):  # one that is gone has none
        words = Path(f"/proc/{pid}/status").read_text().partition("RssAnon:")[2].split()
        return int(words[0]) * 1024
    return 0


@pytest.mark.alone
async def test_the_first_byte_is_soon_there(browser: Browser, tmp_path: Path) -> None:
    """From asking for the page, with nothing of it kept from before; the best of three, for a host has other work."""
    async with talker(tmp_path) as (lab, machine):
        (await machine.connected()).write(b"node login: ")
        await eventually(lambda: lab.console.ring.end)
        took = []
        for _ in range(3):
            async with tab_at(browser, await lab.url()) as tab:
                await tab.shows("node login: ")
                entered = "term.buffer.active.getLine(0).translateToString(true).startsWith('node login:')"
                seen = await tab.page.wait_for_function(f"() => {entered} && performance.now()")
                took.append(await seen.json_value() / 1000)
        assert min(took) <= FIRST_BYTE, took


@pytest.mark.alone
async def test_a_flood_leaves_the_page_usable(browser: Browser, tmp_path: Path) -> None:
    """20 MB at once, twice: keys get through meanwhile, what is left out is said, the end is there, and it is quick."""
    async with talker(tmp_path) as (lab, machine), tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        before, sizes = await memory(browser), []
        for name in (b"first", b"second"):
            machine.echo = False
            machine.heard.clear()
            (await machine.connected()).write(FLOOD + b"the end of the " + name + b"\r\n")
            await tab.page.keyboard.press("Control+C")
            await eventually(lambda: machine.heard == b"\x03")
            await tab.shows(f"the end of the {name.decode()}", 40)
            sizes.append(await memory(browser) - before)
        assert max(sizes) < GROWTH, sizes
        machine.echo = True
        took = []
        for _ in range(10):
            await tab.page.evaluate(_ECHO)
            await tab.page.keyboard.press("k")
            took.append(await tab.page.evaluate("echoed") / 1000)
            await tab.page.keyboard.press("Enter")
            await tab.until("term.buffer.active.cursorX === 0")
        assert sorted(took)[len(took) // 2] <= ECHO, took


async def test_two_hundred_cuts(browser: Browser, tmp_path: Path) -> None:
    """At any moment, the handshake's included, while the machine talks: no byte is lost, and none is there twice."""
    dice = random.Random(20)
    said = b"".join(b"%05d %s\r\n" % (n, b"x" * dice.randrange(60)) for n in range(15_000))
    async with talker(tmp_path) as (lab, machine), cable(lab.service.ports.proxy.port) as wire:
        url = (await lab.url({"replay": "all"})).replace(str(lab.service.ports.proxy.port), str(wire.port))
        async with tab_at(browser, url, "net::ERR_", "WebSocket connection to", "WebSocket is closed") as tab:
            await tab.has("#state-text", "connected")
            await tab.page.evaluate(_IMPATIENT)
            writer, at, cuts = await machine.connected(), 0, 0
            while cuts < CUTS:
                end = at + dice.randrange(2 * len(said) // CUTS // 3)
                writer.write(said[at:end])
                at = min(end, len(said))
                await asyncio.sleep(dice.random() * 0.06)
                cuts += wire.cut() > 0
                writer.write(said[at : at + 100])
                at = min(at + 100, len(said))
                wire.plugged = True
            writer.write(said[at:])
            await tab.until(f"session.offset === {len(said)}", 20)
            assert await tab.page.evaluate(_TAKEN) == hashlib.sha256(said).hexdigest()
            await tab.shows("14999 x", 20)
            await has_no_more_than(tab, said)


async def has_no_more_than(tab: Tab, said: bytes) -> None:
    """The terminal holds what was said, and not a word of ours among it."""
    assert (await tab.text()).rstrip("\n").split("\n") == said.decode().rstrip().split("\r\n")
