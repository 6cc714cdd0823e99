"""The pages against who means harm: what a machine says, and what another site wants."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser

from tests.browser.tab import Tab, context_of, marks, tab_at
from tests.proxy.world import NODE, World, world
from tests.web.world import with_log

pytestmark = marks

HOSTILE = {
    "a title": b"\x1b]0;evil\x07\x1b]2;evil\x1b\\\x1b[22;0t\x1b[21t",
    "the clipboard": b"\x1b]52;c;ZXZpbA==\x07\x1b]52;c;?\x07",
    "the window": b"\x1b[8;5;5t\x1b[3;0;0t\x1b[2t\x1b[9;1t\x1b[4;1;1t\x1b[11t\x1b[14t\x1b[18t",
    "a link with code": b"\x1b]8;;javascript:document.title='evil'\x07click\x1b]8;;\x07 javascript:alert(1)",
    "markup": b"<img src=x onerror=\"document.title='evil'\"><script>document.title='evil'</script>",
    "great numbers": b"x" + b"".join(b"\x1b[999999999%c" % final for final in b"@ABCDEFGHILMPSTXZ`abdefjk"),
    "greater numbers": b"x\x1b[99999999999b\x1b[;99999999999H\x1b[99999999999L\x1b[99999999999'}\x1b[99999999999 @",
    "many great numbers": b"x\x1b[1000b\x1b[1000S\x1b[1000T\x1b[1000L\x1b[1000M\x1b[1000I\x1b[1000Z" * 1000,
    "many parameters": b"\x1b[" + b"1;" * 5000 + b"m\x1b[" + b"9:" * 5000 + b"m",
    "no end": b"\x1b]0;" + b"A" * 300_000 + b"\x1b\\\x1bP" + b"q" * 300_000 + b"\x1b\\\x1b_" + b"x" * 99_999 + b"\x9c",
    "keys that are answers": b'\x1b[?1000h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[?9001h\x1bP$q"p\x1b\\',
    "no keys": b"\x1b[2h\x1b[?2h\x1b[?25l\x1b[?7l\x1b[?6h\x1b[5;1r\x1b(0\x0e\x1b[?47h\x1b[?1049h\x1b[?3h",
    "broken characters": b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80\xae"
    + "\u202e\u200b\u0301".encode() * 999,
    "noise": random.Random(7).randbytes(200_000),
}

TITLE = "node \u2013 console"

# What a page of another site tries with an address that it has come by.
ATTEMPTS = """async (address) => {
  const page = address.replace('ws:', 'http:');
  const at = new URL(page);
  const closed = await new Promise((done) => {
    const socket = new WebSocket(address, 'consolesvc.v1');
    socket.onmessage = () => done(['a message']);
    socket.onclose = (event) => done([event.code, event.reason]);
  });
  const output = `${at.origin}/console/t/output${at.search}`;
  const read = await fetch(output).then((answer) => answer.text(), (error) => error.name);
  const frame = document.createElement('iframe');
  frame.src = page;
  await new Promise((done) => { frame.onload = done; document.body.append(frame); });
  const opened = window.open(page);
  await new Promise((done) => setTimeout(done, 500));
  let seen;
  try { seen = opened.session.resume; } catch (error) { seen = error.name; }
  return { closed, read, frames: frame.contentWindow.length, seen };
}"""


@pytest_asyncio.fixture(loop_scope="package")
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


@contextlib.asynccontextmanager
async def another_site() -> AsyncIterator[str]:
    """A page under another host's name."""

    async def empty(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>x</title><link rel=icon href=data:,>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://localhost:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize("name", HOSTILE)
async def test_bytes_that_are_meant_to_hurt(browser: Browser, lab: World, name: str) -> None:
    """As history and live: the title, the clipboard and the window stay ours, and the terminal works on."""
    await lab.said(HOSTILE[name])
    async with context_of(browser, permissions=["clipboard-read", "clipboard-write"]) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.has("#state-text", "connected")
        await tab.page.evaluate("navigator.clipboard.writeText('mine')")
        size = await tab.page.evaluate("[innerWidth, innerHeight, term.cols, term.rows]")
        await lab.said(HOSTILE[name] + b"\x1b\\\x1bc\x1b[!palive")
        await tab.shows("alive")
        assert await tab.page.title() == TITLE
        assert await tab.page.evaluate("navigator.clipboard.readText()") == "mine"
        assert await tab.page.evaluate("[innerWidth, innerHeight, term.cols, term.rows]") == size
        assert await tab.page.evaluate("document.querySelectorAll('img, script:not([src])').length") == 0
        assert len(context.pages) == 1
        await tab.page.keyboard.type("key")
        heard = b""
        while not heard.endswith(b"key"):
            heard += await lab.device.heard(1)
        assert b"evil" not in heard
        assert b"\r" not in heard
        assert tab.complaints == []


async def test_a_link_with_code_does_not_run(browser: Browser, lab: World) -> None:
    """Shown for what it is; it opens nothing, whatever is pressed."""
    await lab.said(HOSTILE["a link with code"])
    async with context_of(browser) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.shows("click")
        await tab.page.mouse.move(20, 60)
        await tab.page.wait_for_timeout(200)
        await tab.page.mouse.click(20, 60)
        if await tab.page.locator("#link").is_visible():
            await tab.page.locator("#link-open").click()
        await tab.page.mouse.click(120, 60)
        assert await tab.page.title() == TITLE
        assert len(context.pages) == 1
        assert tab.complaints == []


async def test_output_is_text_in_the_list(browser: Browser, lab: World) -> None:
    """Markup is shown, and not obeyed; control characters are neither."""
    await lab.said(HOSTILE["markup"] + b"\r\n" + HOSTILE["a title"] + HOSTILE["a link with code"])
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await tab.has(".card", "<img src=x onerror=")
        title = await tab.page.title()
        assert "evil" not in title
        assert await tab.page.locator(".card img, .card script, .card a[href^=javascript]").count() == 0


async def test_another_site(browser: Browser, lab: World) -> None:
    """With a good token in its hands: no session, no output, no frame, no way into a tab that it opens."""
    await lab.said(b"secret")
    async with another_site() as site, context_of(browser) as context:
        page = await context.new_page()
        await page.goto(site)
        found = await page.evaluate(ATTEMPTS, await lab.url())
        assert found["closed"][0] == 1008
        assert found["closed"][1].startswith("foreign Origin")
        assert found["read"] == "TypeError"
        assert found["frames"] == 0
        assert found["seen"] in ("SecurityError", "TypeError")


async def test_a_share_link_after_its_end(browser: Browser, lab: World) -> None:
    """Who looks on is told that it is over, and is not let in again, by the link or by what the page keeps."""
    async with lab.http.post(f"{lab.api}/console/v1/consoles/{NODE}/share", json={"ttl": 2}) as answer:
        share = (await answer.json())["share"]
    async with tab_at(browser, share["page"]) as guest:
        await guest.has("#typing", "looking on")
        lab.clock.now += 3
        await guest.has("#trouble", "Your time is over Share link expired.")
        await guest.lacks("#trouble-now")
        assert await guest.page.evaluate("[connection.state, sessionStorage.length]") == ["ended", 0]
        await guest.page.reload()
        await guest.has("#trouble", "There is no token in this address any more.")
        await guest.page.goto(share["page"])
        await guest.has("#trouble", "This address has expired")
    assert len(lab.service.sessions) == 0
