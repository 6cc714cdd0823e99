"""The terminal in the browser: what is typed, said, pasted and asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.tab import Tab, context_of, marks, tab_at
from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import FAKE, with_fake, with_log

pytestmark = marks

# The clipboard's own event, as Ctrl-Shift-V and the menu cause it; headless browsers have no clipboard to fill.
PASTE = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""


@pytest_asyncio.fixture(loop_scope="package")
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


async def test_keys_reach_the_machine_and_its_words_the_screen(browser: Browser, lab: World) -> None:
    """Typed with real keys, seen as pixels: a terminal whose styles were refused has none."""
    await lab.said(b"\x1b[31mnode3\x1b[0m login: ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("node3 login: ")
        await tab.page.keyboard.type("root\n")
        await tab.page.keyboard.press("Control+C")
        await tab.page.keyboard.press("ArrowUp")
        assert await lab.device.heard(9) == b"root\r\x03\x1b[A"
        await lab.said("grün 漢字 ".encode())
        await tab.shows("grün 漢字")
        colours = await tab.colours("#terminal")
        assert colours.most_common(1)[0][0] == "17,21,26"
        assert colours["240,113,120"] > 10  # the red of the palette
        assert len(colours) > 20


async def test_two_people_on_one_console(browser: Browser, lab: World) -> None:
    """Each sees what the other's typing comes to."""
    echo = asyncio.create_task(lab.device.echo())
    async with tab_at(browser, await lab.url()) as alice, tab_at(browser, await lab.url()) as bob:
        await alice.page.keyboard.type("from alice ")
        await bob.shows("from alice ")
        await bob.page.keyboard.type("from bob ")
        for tab in (alice, bob):
            await tab.shows("from alice from bob ")
    echo.cancel()


async def test_the_token_leaves_the_address_bar(browser: Browser, lab: World) -> None:
    """Once redeemed it is nowhere, neither in the address nor in what is kept; and the page can be loaded again."""
    everything = "[document.documentElement.outerHTML, JSON.stringify({...sessionStorage, ...localStorage})]"
    await lab.said(b"before the reload\r\n")
    url = await lab.url()
    token = url.partition("token=")[2]
    async with tab_at(browser, url) as tab:
        await tab.shows("before the reload")
        assert tab.page.url == f"{url.partition('?')[0].replace('ws://', 'http://')}?resume"
        assert await tab.page.evaluate("history.length") == 2
        assert token not in " ".join(await tab.page.evaluate(everything))
        assert await tab.page.context.cookies() == []
        lab.clock.now += 3600  # the token has long expired
        await tab.page.reload()
        await tab.shows("before the reload")
        await tab.page.keyboard.type("x")
        assert await lab.device.heard(1) == b"x"


async def test_back_leads_to_the_console_that_was_there(browser: Browser, lab: World) -> None:
    """Two consoles in one tab: each of its pages comes back to its own, however often one goes to and fro."""
    await with_fake(lab)
    await lab.said(b"this is node")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("this is node")
        await tab.page.goto((await fake_url(lab)).replace("ws://", "http://"))
        await tab.has("h1", "fake")
        await tab.has("#state-text", "connected")
        for _ in range(2):
            await tab.page.go_back()
            await tab.has("h1", "node")
            await tab.shows("this is node")
            await tab.page.go_forward()
            await tab.has("h1", "fake")
            await tab.has("#state-text", "connected")
        await tab.page.reload()
        await tab.has("h1", "fake")


async def fake_url(lab: World) -> str:
    """A fresh console URL of `fake`."""
    path = f"{lab.api}/v2.1/servers/{FAKE}/action"
    async with lab.http.post(path, json={"os-getSerialConsole": {"type": "serial"}}) as answer:
        return str((await answer.json())["console"]["url"])


async def test_a_tab_and_its_duplicate_keep_a_way_back_each(browser: Browser, lab: World) -> None:
    """A duplicate takes the first tab's secret along; from its hello on it has its own, and so has the first."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        first = await tab.page.evaluate("[{...sessionStorage}, history.state, session.resume]")
        assert list(first[0].values()) == [first[2]]
        # What a browser copies: the entry of the history, and what is kept for the tab.
        other = Tab(await tab.page.context.new_page())
        await other.page.goto(tab.page.url)
        await other.has("#trouble", "No console")
        await other.page.evaluate(
            "([kept, state]) => { for (const key in kept) sessionStorage[key] = kept[key];"
            " history.replaceState(state, '', '/?resume'); }",
            first[:2],
        )
        await other.page.reload()
        await other.has("#state-text", "connected")
        mine, theirs = [await each.page.evaluate("Object.values({...sessionStorage})") for each in (tab, other)]
        assert len(mine) == len(theirs) == 1
        assert mine != theirs
        assert mine == [await tab.page.evaluate("session.resume")]
        await other.page.reload()
        await other.has("#state-text", "connected")
        assert await tab.page.evaluate("connection.state") == "open"
        assert other.complaints == []


async def test_an_address_that_is_not_good_says_why(browser: Browser, lab: World) -> None:
    """In plain words, and the page does not hammer at the door."""
    url = (await lab.url()).replace("ws://", "http://")
    lab.clock.now += 601
    async with tab_at(browser, f"{url.partition('?')[0]}?resume") as tab:
        await tab.has("#trouble", "There is no token in this address any more.")
        await tab.has("#state-text", "ended")
        for address, words in ((url, "This address has expired"), (url + "x", "Its token is unknown")):
            await tab.page.goto(address)
            await tab.has("#trouble", words)
            await tab.lacks("#trouble-now")
            assert await tab.page.evaluate("connection.state") == "ended"


async def test_history_makes_the_terminal_type_nothing(browser: Browser, lab: World) -> None:
    """What the machine asked before is not answered; what it asks now is, once."""
    queries = b"\x1b[6n\x1b[c\x1b[>c\x1b[5n\x1b[?6n\x1b[?25$p\x1bP$qm\x1b\\\x1b]10;?\x07\x1b[?1004h"
    await lab.said(b"old " + queries + b"\r\n")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("old ")
        await lab.said(b"now \x1b[6n")
        await tab.shows("now ")
        await tab.page.keyboard.type("typed")
        assert await lab.device.heard(11) == b"\x1b[2;5Rtyped"


async def test_a_pasted_line_is_typed(browser: Browser, lab: World) -> None:
    """One line without its end goes straight to the machine."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        await tab.page.evaluate(PASTE, "reboot -f")
        assert await lab.device.heard(9) == b"reboot -f"
        await tab.lacks("#paste")


async def test_a_paste_of_lines_is_looked_at_first(browser: Browser, lab: World) -> None:
    """Each line would run: the dialog shows them, hidden characters are out, and the machine is told that it is one."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        await tab.page.evaluate(PASTE, "one\r\ntwo\x1b\n")
        await tab.has("#paste-note", "8 characters, 2 Enter keys. 1 control character left out.")
        await tab.page.keyboard.press("Escape")
        await tab.lacks("#paste")
        assert await tab.focused() == "xterm-helper-textarea"
        await lab.said(b"\x1b[?2004hprompt")
        await tab.shows("prompt")
        await tab.page.evaluate(PASTE, "one\ntwo\n")
        await tab.has("#paste-note", "The machine is told that it is a paste.")
        await tab.page.keyboard.press("Enter")
        assert await lab.device.heard(20) == b"\x1b[200~one\rtwo\r\x1b[201~"


async def test_a_paste_can_be_slow_and_be_stopped(browser: Browser, lab: World) -> None:
    """At two lines a second the third has not been typed when it is stopped; the choice is kept."""
    async with tab_at(browser, await lab.url()) as tab:
        await paste_slowly(tab, "one\ntwo\nthree\nfour\n")
        assert await lab.device.heard(8) == b"one\rtwo\r"
        await tab.has("#pasting-text", "Pasting: 8 of 19 characters, 2 of 4 lines")
        await tab.press("Stop")
        await tab.has("#toasts", "The paste stopped after 8 of 19 characters, 2 of 4 lines: you stopped it.")
        await tab.press("Close", within="#pasting")
        await tab.lacks("#pasting")
        assert await tab.focused() == "xterm-helper-textarea"
        await tab.page.reload()
        assert await tab.page.locator("#paste-pace").input_value() == "2l"


async def paste_slowly(tab: Tab, text: str) -> None:
    """By the dialog, at two lines a second."""
    await tab.has("#state-text", "connected")
    await tab.press("Paste")
    await tab.page.locator("#paste-text").fill(text)
    await tab.page.locator("#paste-pace").select_option("2l")
    await tab.press("Type it")


async def test_a_stopped_paste_is_over_for_the_machine_too(browser: Browser, lab: World) -> None:
    """One that was told that a paste begins would take all that is typed next for a part of it."""
    await lab.said(b"\x1b[?2004h$ ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("$ ")
        await paste_slowly(tab, "one\ntwo\nthree\n")
        assert await lab.device.heard(10) == b"\x1b[200~one\r"
        await tab.press("Stop")
        await tab.has("#toasts", "The paste stopped")
        await tab.page.keyboard.type("x")
        assert await lab.device.heard(7) == b"\x1b[201~x"


async def test_a_paste_does_not_outlive_its_line(browser: Browser, lab: World) -> None:
    """The machine that is there afterwards has been reset, maybe: it hears nothing of the rest, nor of its end."""
    await lab.said(b"\x1b[?2004h$ ")
    async with tab_at(browser, await lab.url()) as tab:
        await tab.shows("$ ")
        await paste_slowly(tab, "one\ntwo\nthree\nfour\n")
        assert await lab.device.heard(10) == b"\x1b[200~one\r"
        lab.device.pull()
        lab.device.plug()
        await tab.has("#pasting-text", "The paste stopped after 4 of 19 characters, 1 of 4 lines: node line lost")
        await tab.has("#state-text", "connected")
        await eventually(lambda: lab.console.connected)
        await tab.page.wait_for_timeout(700)  # for which the next line would have waited
        await tab.page.locator("#terminal").click()
        await tab.page.keyboard.type("x")
        assert await lab.device.heard(1) == b"x"
        await tab.page.locator("#panel-button").click()
        await tab.has("#events [data-kind=bad]", "The paste stopped after 4 of 19 characters")


async def test_nothing_is_pasted_into_a_line_that_is_away(browser: Browser, lab: World) -> None:
    """It is said, and not typed in part once the line is back."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        lab.device.pull()
        await tab.has("#state-text", "no line")
        await tab.page.evaluate(PASTE, "reboot")
        await tab.has("#toasts", "Nothing is pasted: The line is not open")


async def test_copying_needs_no_permission(browser: Browser, lab: World) -> None:
    """Ctrl-Shift-C, on a page without TLS too: labs have many of them."""
    await lab.said(b"a line to copy")
    async with context_of(browser, permissions=["clipboard-read"]) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto((await lab.url()).replace("ws://", "http://"))
        await tab.shows("a line to copy")
        await tab.page.evaluate("term.selectAll()")
        await tab.page.keyboard.press("Control+Shift+C")
        assert (await tab.page.evaluate("navigator.clipboard.readText()")).strip() == "a line to copy"
        await tab.page.keyboard.type("x")
        assert await lab.device.heard(1) == b"x"
        assert tab.complaints == []


async def test_the_keys_that_a_phone_has_not(browser: Browser, lab: World) -> None:
    """Escape, Tab, the arrows, and Ctrl with the next letter."""
    async with tab_at(browser, await lab.url(), has_touch=True, is_mobile=True) as tab:
        await tab.has("#state-text", "connected")
        for name in ("Esc", "Tab", "Up", "Ctrl"):
            await tab.page.locator("#keys").get_by_role("button", name=name, exact=True).tap()
        await tab.page.keyboard.type("cd")
        assert await lab.device.heard(7) == b"\x1b\t\x1b[A\x03d"


async def test_typing_while_the_line_is_away_is_told(browser: Browser, lab: World) -> None:
    """The line's loss is said with its reason, what is typed meanwhile is refused and said, and so is its return."""
    async with tab_at(browser, await lab.url()) as tab:
        await tab.has("#state-text", "connected")
        lab.device.pull()
        await tab.has("#trouble", "The line is not open device unplugged.")
        await tab.has("#state-text", "no line")
        await tab.page.keyboard.type("anyone?")
        await tab.has("#toasts", "input refused (1 byte): node line is not open")
        lab.device.plug()
        await tab.has("#state-text", "connected")
        await tab.lacks("#trouble")
        await tab.page.locator("#panel-button").click()
        await tab.has("#events li", "node line back after")
        await tab.page.keyboard.press("Escape")
        await eventually(lambda: lab.console.connected)
        await tab.page.keyboard.type("hello")
        assert await lab.device.heard(5) == b"hello"
