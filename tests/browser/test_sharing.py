"""Several people on one console in browsers: who is there, who types, and how they come to terms."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.tab import Tab, context_of, marks, tab_at
from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import with_log

pytest.importorskip("consolesvc.console.sharing", reason="this consolesvc has no modes of input")
pytestmark = marks

# As browsers are that let pages without TLS copy nothing.
NO_CLIPBOARD = """() => {
  document.execCommand = () => false;
  navigator.clipboard.writeText = async () => { throw new Error('not allowed'); };
}"""


@contextlib.asynccontextmanager
async def two(browser: Browser, lab: World) -> AsyncIterator[tuple[Tab, Tab]]:
    """Two people on the console, the first one first."""
    async with tab_at(browser, await lab.url()) as alice:
        await alice.has("#state-text", "connected")
        async with tab_at(browser, await lab.url()) as bob:
            await bob.has("#state-text", "connected")
            yield alice, bob


async def test_who_is_here(browser: Browser, tmp_path: Path) -> None:
    """The console's name, and everybody at it, oneself marked; one who leaves is gone from the list."""
    async with world(tmp_path, with_log(tmp_path)) as lab, tab_at(browser, await lab.url()) as alice:
        await alice.has("h1", "node")
        assert (await alice.page.title()).startswith("node ")
        async with tab_at(browser, await lab.url()) as bob:
            await alice.press("2 here: who, and what happened")
            await alice.has("#here li", "(you)")
            assert await alice.page.get_by_role("heading", name="What happened").count() == 0
            await bob.has("#panel-button", "2 here")
            assert await alice.page.locator("#here li").count() == 2
            await alice.lacks("#typing")
        await alice.has("#panel-button", "1 here")
        lab.device.pull()
        await alice.has("#events-title", "What happened")


async def test_a_lease_is_asked_for_granted_taken_and_handed_back(browser: Browser, tmp_path: Path) -> None:
    """By buttons that are there when they help; who may not type is told so, and types nothing."""
    async with (
        world(tmp_path, with_log(tmp_path), input="lease", lease_idle=29) as lab,
        two(browser, lab) as (alice, bob),
    ):
        await alice.has("#typing", "nobody types: begin, and it is you")
        await alice.page.keyboard.type("a")
        assert await lab.device.heard(1) == b"a"
        await alice.has("#typing", "you type")
        await bob.has("#typing", "types")
        await bob.page.keyboard.type("b")
        await bob.has("#toasts", "types. What you type goes nowhere until you may.")
        await bob.press("Ask to type")
        await bob.has("#ask", "Asked")
        await alice.has("#asked", "asks to type, and may once you have typed nothing for 29 s.")
        await alice.press("Not now")
        await alice.lacks("#asked")
        await bob.has("#ask", "Ask to type")
        await bob.press("Ask to type")
        await alice.press("Let them")
        await bob.has("#typing", "you type")
        await bob.page.keyboard.type("c")
        assert await lab.device.heard(1) == b"c"
        await alice.press("Take over")
        await alice.has("#typing", "you type")
        await bob.has("#typing", "types")
        await bob.has("#toasts", "took")
        await alice.press("Hand back")
        await bob.has("#typing", "nobody types")
        await bob.page.keyboard.type("d")
        assert await lab.device.heard(1) == b"d"


async def test_a_paste_ends_with_the_right_to_type(browser: Browser, tmp_path: Path) -> None:
    """Who takes over is not typed into; whose paste it was reads how far it came."""
    async with world(tmp_path, with_log(tmp_path), input="lease") as lab, two(browser, lab) as (alice, bob):
        await alice.press("Paste")
        await alice.page.locator("#paste-text").fill("one\ntwo\nthree\nfour\n")
        await alice.page.locator("#paste-pace").select_option("2l")
        await alice.press("Type it")
        assert await lab.device.heard(4) == b"one\r"
        await bob.press("Take over")
        await alice.has("#pasting-text", "The paste stopped after 4 of 19 characters, 1 of 4 lines: ")
        await alice.has("#pasting-text", "took the input of node from")
        await bob.page.keyboard.type("b")
        assert await lab.device.heard(1) == b"b"
        assert await alice.page.evaluate("session.refused") == 0


async def test_an_exclusive_input_cannot_be_asked_for(browser: Browser, tmp_path: Path) -> None:
    """It is free when its holder leaves, and not before: no button promises else."""
    async with world(tmp_path, with_log(tmp_path), input="exclusive") as lab, two(browser, lab) as (alice, bob):
        await alice.page.keyboard.type("a")
        assert await lab.device.heard(1) == b"a"
        await bob.has("#typing", "types")
        for name in ("#ask", "#take", "#release"):
            await bob.lacks(name)
        await alice.press("Hand back")
        await bob.has("#typing", "nobody types")
        await bob.page.keyboard.type("b")
        assert await lab.device.heard(1) == b"b"


async def test_a_share_link_only_looks(browser: Browser, tmp_path: Path) -> None:
    """Copied from the list, opened by somebody else: they see all, and type nothing."""
    async with (
        world(tmp_path, with_log(tmp_path)) as lab,
        context_of(browser, permissions=["clipboard-read"]) as context,
    ):
        listed = Tab(await context.new_page())
        await listed.page.goto(f"{lab.api}/console/")
        await listed.press("Share node: a link to look on")
        await listed.press("Make a link")
        await listed.has("#share-note", "The link is copied.")
        link = await listed.page.evaluate("navigator.clipboard.readText()")
        await listed.page.keyboard.press("Escape")
        async with tab_at(browser, link) as guest:
            await guest.has("#typing", "looking on")
            await lab.said(b"seen \x1b[6n")
            await guest.shows("seen ")
            await guest.page.keyboard.type("x")
            await guest.has("#toasts", "This address is for looking on: what you type goes nowhere.")
            await listed.press("1 here")
            await listed.has(".sessions li", "looks on")
            await listed.press("Send", within=".sessions", exact=False)
            await listed.has("#kick-text", "They can come back with a new address.")
            await listed.page.get_by_label("Why, for them to read").fill("lunch")
            await listed.press("Send away", within="#kick")
            await guest.has("#trouble", "You were sent away")
            await guest.has("#trouble", "lunch")
        await eventually(lambda: not lab.service.sessions)
        assert lab.console.typed == 0
        assert listed.complaints == []


async def test_share_links_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    """For a time that is chosen, shown and selected where the browser copies nothing; and withdrawn, all of them."""
    async with world(tmp_path, with_log(tmp_path)) as lab, tab_at(browser, f"{lab.api}/console/") as tab:
        await tab.page.evaluate(NO_CLIPBOARD)
        await tab.page.get_by_role("button", name="Share node: a link to look on").focus()
        await tab.page.keyboard.press("Enter")
        assert await tab.focused() == "share-time"
        await tab.page.keyboard.press("ArrowDown")
        for _ in range(3):
            await tab.page.keyboard.press("Tab")
        assert await tab.focused() == "share-make"
        await tab.page.keyboard.press("Enter")
        await tab.has("#share-note", "This browser lets the page copy nothing: select the text")
        assert await tab.focused() == "share-link"
        link = await tab.page.evaluate("getSelection().toString()")
        assert link == await tab.page.get_by_label("The link", exact=True).input_value()
        grant = await lab.service.tokens.look_up(link.partition("token=")[2])
        assert grant.expires == lab.clock.now + 8 * 3600
        await tab.has("#share-until", "Good until ")
        assert await tab.nameless() == []
        async with tab_at(browser, link) as guest:
            await guest.has("#typing", "looking on")
            await tab.press("Withdraw all links")
            await tab.has("#share-note", "1 link withdrawn: nobody looks on by one any more.")
            await tab.lacks("#share-link")
            await guest.has("#trouble", "Your right was withdrawn Share link withdrawn.")
        await tab.press("Withdraw all links")
        await tab.has("#share-note", "There was no link.")
