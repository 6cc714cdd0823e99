"""The terminal in the browser, read: searched, scrolled back, downloaded, in any light and size, without a mouse."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

from consolesvc.config.linespec import TelnetSpec
from tests.browser.tab import PHONE, Tab, context_of, marks, tab_at
from tests.lines.devices import eventually
from tests.lines.peers import peer
from tests.proxy.world import World, world
from tests.web.world import with_log

pytestmark = marks

BOOT = b"".join(b"[%5d.%06d] \x1b[32munit %05d\x1b[0m started\r\n" % (n // 9, n, n) for n in range(6000))
"""Some 250 KiB: more than a replay shows, and more than the ring of these tests holds."""


@pytest_asyncio.fixture(loop_scope="package")
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path), ring=64 * 1024) as made:
        yield made


_LAST_ROW = """(document.querySelector('#terminal .xterm-screen').getBoundingClientRect().bottom
  - document.querySelector('#terminal').getBoundingClientRect().bottom)"""
"""By how many pixels the last row sticks out."""


async def wheel_up(page: Page) -> None:
    """Scroll back at the top, as somebody who wants more."""
    await page.mouse.move(300, 300)
    await page.mouse.wheel(0, -300)


async def top_line(tab: Tab) -> str:
    """The line at the top of the screen."""
    script = "term.buffer.active.getLine(term.buffer.active.viewportY).translateToString(true)"
    found: str = await tab.page.evaluate(script)
    return found


async def test_scrolling_back_goes_on_into_the_log(browser: Browser, lab: World) -> None:
    """At the top older output is put in front, in order, and what was read stays where it was."""
    await lab.said(BOOT + b"\x1b[6nnode login: ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("node login: ")
        await tab.page.keyboard.press("Shift+PageUp")
        await tab.has("#newest")
        await tab.page.evaluate("term.scrollToTop()")
        await tab.has("#older", "Load older output (")
        before = await top_line(tab)
        await wheel_up(tab.page)
        await tab.until("!older.loading && term.buffer.active.length > 5000")
        assert await top_line(tab) == before
        await tab.page.evaluate("term.scrollToTop()")
        shown = re.findall(r"unit (\d{5})", await tab.text())
        assert shown == [f"{n:05d}" for n in range(int(shown[0]), 6000)]
        while await tab.page.locator("#older").is_visible():
            await tab.press("Load older output", exact=False)
            await tab.until("!older.loading")
            await tab.page.evaluate("term.scrollToTop()")
        shown = re.findall(r"unit (\d{5})", await tab.text())
        assert shown == [f"{n:05d}" for n in range(6000)]
        await tab.press("Go to the newest")
        await lab.said(b"\x1b[6nnow")
        await tab.shows("node login: now")
        await tab.page.keyboard.type("!")
        reply = await lab.device.heard(9)
        assert re.fullmatch(rb"\x1b\[\d\d;13R!", reply), reply  # to the live question alone


async def test_search(browser: Browser, lab: World) -> None:
    """By keys alone: counted, from the newest on, in what is loaded and in what can be."""
    await lab.said(BOOT + b"node login: ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("node login: ")
        await tab.page.keyboard.press("Control+Shift+F")
        await tab.page.keyboard.type("UNIT 0599")
        await tab.has("#search-count", "10 of 10")
        await tab.page.keyboard.press("Enter")
        await tab.has("#search-count", "9 of 10")
        await tab.page.keyboard.press("Shift+Enter")
        await tab.has("#search-count", "10 of 10")
        assert await tab.page.evaluate("term.getSelection()") == "unit 0599"
        await tab.page.get_by_label("Match case").check()
        await tab.has("#search-count", "not found")
        await tab.page.get_by_label("Pattern").check()
        await tab.page.get_by_label("Text to look for").fill("unit 0(0001|5999)")
        await tab.has("#search-count", "1 of 1")
        await tab.page.get_by_label("Text to look for").fill("unit (")
        await tab.has("#search-count", "no pattern")
        await tab.page.get_by_label("Text to look for").fill("unit 02000")
        await tab.has("#search-count", "not found")
        await tab.press("Load older output", within="#search")
        await tab.has("#search-count", "1 of 1")
        await tab.page.keyboard.press("Escape")
        await tab.lacks("#search")
        await tab.page.get_by_label("Terminal input").focus()
        await tab.page.keyboard.type("ok")
        assert await lab.device.heard(2) == b"ok"


async def test_the_log_is_downloaded_byte_by_byte(browser: Browser, lab: World) -> None:
    """What left memory long ago, too; in a file, not through the address."""
    await lab.said(BOOT * 5 + b"\xff\x00 end")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("end")
        await tab.press("Log")
        await tab.has("#download-text", "1.3 MiB of output, every byte as the machine sent it.")
        async with tab.page.expect_download() as begun:
            await tab.page.keyboard.press("Enter")
        file = await begun.value
        assert (await file.path()).read_bytes() == BOOT * 5 + b"\xff\x00 end"
        assert file.suggested_filename.endswith(".log")
        assert file.url.startswith("blob:")
        await tab.has("#download-text", "Done.")
        await tab.press("Close")


async def test_a_break_and_the_key_after_it(browser: Browser, tmp_path: Path) -> None:
    """Confirmed first; the key follows once the service has said that the break is out, and everybody is told."""
    async with peer() as machine:
        machine.echo = False
        line = TelnetSpec("127.0.0.1", machine.port)
        async with world(tmp_path, with_log(tmp_path), line=line) as lab, tab_at(browser, await lab.url()) as tab:
            await tab.has("#state-text", "connected")
            await tab.press("Break")
            await tab.page.get_by_label("Then the key").select_option("b")
            await tab.has("#break-warning", "The machine restarts at once")
            await tab.press("Send the break, then “b”")
            await eventually(lambda: machine.heard.endswith(b"b"))
            assert machine.heard.index(b"\xff\xf3") < machine.heard.rindex(b"b")  # telnet's BREAK
            await tab.has("#toasts", "break of 250 ms sent by ")


async def test_a_break_that_the_line_cannot_send(browser: Browser, lab: World) -> None:
    """Said, and the key is not typed into whatever runs there."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        await tab.press("Break")
        await tab.page.get_by_label("Then the key").select_option("b")
        await tab.page.keyboard.press("Escape")
        await tab.lacks("#break")
        await tab.press("Break")
        await tab.page.get_by_label("Then the key").select_option("h")
        await tab.press("Send the break, then “h”")
        await tab.has("#toasts", "no break sent: this line cannot send a break")
        await tab.page.keyboard.type("x")
        assert await lab.device.heard(1) == b"x"


async def test_light_and_dark(browser: Browser, lab: World) -> None:
    """As the system has it, until somebody chooses; seen in the pixels of the terminal and of the bar."""
    await lab.said(b"some words")
    async with tab_at(browser, await lab.url(), color_scheme="light") as tab:
        await tab.shows("some words")
        assert await tab.ground("#terminal") == "255,255,255"
        await tab.page.emulate_media(color_scheme="dark")
        await tab.until("document.documentElement.dataset.theme === 'dark'")
        assert await tab.ground("#terminal") == "17,21,26"
        assert await tab.ground("header") == "21,26,32"
        await tab.press("Settings")
        await tab.page.get_by_label("Colours").select_option("light")
        await tab.press("Done", within="#settings")
        await tab.page.reload()
        await tab.shows("some words")
        assert await tab.ground("header") == "255,255,255"


async def test_the_terminal_fits_its_window(browser: Browser, lab: World) -> None:
    """A window, a phone, larger letters, and 80 by 24 for machines that take nothing else; `stty` tells the machine."""
    size = "[term.cols, term.rows]"
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        wide = await tab.page.evaluate(size)
        await tab.page.set_viewport_size(PHONE)
        await tab.until(f"term.cols < {wide[0]} && term.rows > {wide[1]}")
        assert await tab.fits()
        box = await tab.page.locator("#terminal .xterm-screen").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= PHONE["width"]
        narrow = await tab.page.evaluate(size)
        for height in range(PHONE["height"], PHONE["height"] - 20, -3):
            await tab.page.set_viewport_size({"width": PHONE["width"], "height": height})
            await tab.until(f"innerHeight === {height} && {_LAST_ROW} <= 0")
        await tab.page.set_viewport_size(PHONE)
        await tab.until(f"term.rows === {narrow[1]}")
        await tab.press("Settings")
        for _ in range(4):
            await tab.press("Larger text")
        await tab.until(f"term.cols < {narrow[0]} && term.options.fontSize === 18")
        await tab.page.get_by_label("Rows and columns").select_option("fixed")
        assert await tab.page.evaluate(size) == [80, 24]
        await tab.press("Type “stty”")
        assert await lab.device.heard(21) == b"stty rows 24 cols 80\r"


async def test_without_a_mouse(browser: Browser, lab: World) -> None:
    """Every button by keys; Tab is the machine's, Ctrl-F6 leads out and back, Escape closes."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        keyboard = tab.page.keyboard
        await keyboard.press("Tab")
        assert await lab.device.heard(1) == b"\t"
        await keyboard.press("Control+F6")
        seen = []
        for _ in range(7):
            seen.append(await tab.focused())
            await keyboard.press("ArrowRight")
        assert seen == [
            f"{name}-button" for name in ("panel", "search", "paste", "break", "download", "settings", "help")
        ]
        assert await tab.focused() == "panel-button"
        await keyboard.press("Enter")
        await tab.has("#panel")
        await keyboard.press("Enter")
        await tab.lacks("#panel")
        await keyboard.press("End")
        await keyboard.press("Enter")
        await tab.has("#help", "from the terminal to the buttons, and back")
        await keyboard.press("Escape")
        await tab.lacks("#help")
        await tab.until("document.activeElement.className === 'xterm-helper-textarea'")
        await keyboard.press("Control+F6")
        assert await tab.focused() == "help-button"
        await keyboard.press("Control+F6")
        await keyboard.type("x")
        assert await lab.device.heard(1) == b"x"


async def test_a_screen_reader_has_names_for_everything(browser: Browser, lab: World) -> None:
    """In the browser's own accessibility tree; with its mode on, what the machine says is there as text."""
    await lab.said(b"node login: ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("node login: ")
        assert await tab.nameless() == []
        for name in ("panel", "search", "paste", "break", "download", "settings", "help"):
            await tab.page.locator(f"#{name}-button").click()
            assert await tab.nameless() == [], name
            if name == "settings":
                await tab.page.get_by_label("Screen reader mode").check()
            await tab.page.keyboard.press("Escape")
        await tab.page.locator(".xterm-accessibility").get_by_text("node login:").wait_for(state="attached")
        tree = await tab.page.locator("body").aria_snapshot()
        for line in ('toolbar "Console"', "heading ", 'region "Terminal', 'button "Paste"', "status: connected"):
            assert line in tree


async def test_links(browser: Browser, lab: World) -> None:
    """A plain one opens as it reads; one that hides where it leads is asked about; neither tab knows this one."""
    url = f"http://{lab.service.ports.api}/healthcheck"
    await lab.said(f"{url}\r\n\x1b]8;;{url}?hidden\x07here\x1b]8;;\x07\r\n".encode())
    async with context_of(browser) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.shows("here")
        async with context.expect_page() as opening:
            await tab.page.mouse.move(60, 60)
            await tab.page.wait_for_timeout(200)
            await tab.page.mouse.click(60, 60)
        opened = await opening.value
        await opened.wait_for_load_state()
        assert opened.url == url
        assert await opened.evaluate("[opener, document.referrer]") == [None, ""]
        await tab.page.bring_to_front()
        await tab.page.mouse.move(20, 77)
        await tab.page.wait_for_timeout(200)
        await tab.page.mouse.click(20, 77)
        await tab.has("#link-url", f"{url}?hidden")
        await tab.press("No")
        assert len(context.pages) == 2


async def test_a_refused_style_would_be_seen(browser: Browser, lab: World) -> None:
    """The tests here see what the page's policy refuses: a style, a picture from elsewhere."""
    async with context_of(browser) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.has("#state-text", "connected")
        assert tab.complaints == []
        for evil in (
            "document.head.append(new DOMParser().parseFromString('<style>*{}</style>', 'text/html').head.firstChild)",
            "const i = new Image(); i.src = 'http://127.0.0.2:9/x.png'; document.body.append(i)",
        ):
            tab.complaints.clear()
            with contextlib.suppress(PlaywrightError):
                await tab.page.evaluate(evil)
            await eventually(lambda: tab.complaints)
