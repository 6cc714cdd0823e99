"""The list of consoles in a browser: what it shows of each, to whom, and how it leads to one."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from consolesvc.config.access import Address
from consolesvc.config.linespec import EmulatedSpec, TcpSpec
from consolesvc.config.model import Api, Proxy
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from tests.browser.tab import PHONE, Tab, context_of, marks, tab_at
from tests.identity.world import PASSWORD, Cloud, cloud, write_tokens, write_users
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, world
from tests.web.world import with_log

pytestmark = marks

REFUSED = "the server responded with a status of 401"
"""What a browser's console says of a login that failed."""


@pytest_asyncio.fixture(loop_scope="package")
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


async def add(lab: World, name: str, line: EmulatedSpec | TcpSpec) -> None:
    """One more server."""
    entry = ServerConfig(default_id(name), name, BASE.defaults.project_id, line)
    await lab.service.reload(dataclasses.replace(lab.service.config, servers=(*lab.service.config.servers, entry)))


async def card(tab: Tab, name: str, text: str) -> None:
    """Wait until a console's card says something."""
    heading = tab.page.get_by_role("heading", name=name, exact=True)
    await tab.page.locator(".card").filter(has=heading).filter(has_text=text).wait_for()


async def names(tab: Tab) -> list[str]:
    """The consoles that are shown, in order."""
    return await tab.page.locator(".card h2").all_inner_texts()


async def test_each_console_and_how_it_does(browser: Browser, lab: World) -> None:
    """State and why, silence, who is there, the last lines; and what changes, without being asked again."""
    await add(lab, "fake", EmulatedSpec("echo", speed="max"))
    await add(lab, "away", TcpSpec("127.0.0.1", 9))
    await lab.said(b"\x1b[32mfirst\x1b[0m line\r\nloading 10%\rloading 99%\r\n")
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await card(tab, "node", "first line\nloading 99%")
        await card(tab, "node", "nobody here")
        await card(tab, "away", "connection refused by 127.0.0.1:9: nothing listens there")
        await card(tab, "fake", "has said nothing yet")
        await tab.has("#count", "3 consoles, 1 without a line")
        ws = await lab.attach()
        lab.device.pull()
        await card(tab, "node", "no such device: waiting for it")
        await card(tab, "node", "1 here")
        assert await tab.page.locator("#said").inner_text() == "node: no line"
        lab.device.plug()
        await card(tab, "node", "connected")
        await ws.close()
        await tab.page.get_by_label("Order").select_option("trouble")
        assert await names(tab) == ["away", "node", "fake"]


async def test_what_happened_last(browser: Browser, lab: World) -> None:
    """A login and how long it took; a panic in red, which stands until the machine boots again."""
    async with tab_at(browser, f"{lab.api}/console/", color_scheme="light") as tab:
        await card(tab, "node", "connected")
        await tab.lacks(".happened")
        await lab.said(b"\r\nU-Boot 2023.01 (Jan 09 2023)\r\n")
        await tab.has(".happened", "boots: U-Boot 2023.01 (Jan 09 2023) · just now")
        await lab.said(b"\r\nnode login: ")
        await tab.has(".happened", "asks for a login after ")
        await lab.said(b"\r\n[   42.000001] Kernel panic - not syncing: Attempted to kill init!\r\n")
        await tab.has(".happened", "panic: Kernel panic - not syncing: Attempted to kill init! · ")
        await tab.has(".card.in-trouble", "node")
        assert (
            await tab.page.locator(".happened li").evaluate("item => getComputedStyle(item).color")
            == "rgb(180, 35, 42)"
        )
        await lab.said(b"\r\nU-Boot 2023.01 (Jan 09 2023)\r\n")
        await tab.has(".happened", "boots: U-Boot 2023.01 (Jan 09 2023) · just now")
        assert await tab.page.locator(".card.in-trouble").count() == 0


async def test_a_console_opens_in_a_tab_of_its_own(browser: Browser, tmp_path: Path, unused_tcp_port: int) -> None:
    """By its button or by Enter in the filter; the terminal is ready to type, and cannot reach the list.

    On one port for all: the address of the terminal is then that of the API.
    """
    here = Address("127.0.0.1", unused_tcp_port)
    config = dataclasses.replace(BASE, api=Api(listen=here), proxy=Proxy(listen=here))
    async with world(tmp_path, config) as lab, context_of(browser) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto(f"{lab.api}/console")
        async with context.expect_page() as opening:
            await tab.press("Open node")
        terminal = Tab(await opening.value)
        await terminal.has("#state-text", "connected")
        await terminal.page.keyboard.type("hi")
        assert await lab.device.heard(2) == b"hi"
        assert await terminal.page.evaluate("[opener, document.referrer]") == [None, ""]
        await tab.has("#opened", "node opens in a new tab.")
        link = await tab.page.get_by_role("link", name="Open it by this link").get_attribute("href")
        assert link is not None
        assert link.startswith(f"http://{lab.service.ports.proxy}/?token=")
        await tab.page.bring_to_front()
        await tab.page.keyboard.press("/")
        await tab.page.keyboard.type("node")
        async with context.expect_page():
            await tab.page.keyboard.press("Enter")
        await eventually(lambda: len(lab.service.sessions) == 2)
        assert tab.complaints + terminal.complaints == []


async def test_filter_as_one_types(browser: Browser, lab: World) -> None:
    """Name, state, port or reason; kept in the address, to be handed on."""
    await add(lab, "fake", EmulatedSpec("echo", speed="max"))
    await add(lab, "away", TcpSpec("127.0.0.1", 9))
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await card(tab, "fake", "connected")
        await tab.page.keyboard.press("/")
        for typed, found in (("fa", ["fake"]), ("", ["node", "fake", "away"]), ("refused", ["away"]), ("zzz", [])):
            await tab.page.get_by_label("Filter").fill(typed)
            assert await names(tab) == found
        await tab.has("#nothing", "None of them fits the filter.")
        await tab.page.get_by_label("Filter").fill("no line")
        await tab.has("#count", "1 of 3 consoles, 1 without a line")
        await tab.page.reload()
        await card(tab, "away", "no line")
        assert await names(tab) == ["away"]


async def test_a_port_that_is_lent_is_taken_back(browser: Browser, lab: World) -> None:
    """Said to whom and until when, with the way back."""
    async with lab.http.post(f"{lab.api}/console/v1/consoles/node/down", json={"who": "minicom"}) as answer:
        assert answer.status == 200
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await card(tab, "node", "lent out")
        await tab.press("Take the port back")
        await card(tab, "node", "connected")


async def test_a_service_that_is_away_is_said(browser: Browser, lab: World) -> None:
    """And asked again, by itself; what was last known stays."""
    async with tab_at(browser, f"{lab.api}/console/", "net::ERR_") as tab:
        await card(tab, "node", "connected")

        async def away(route: Route) -> None:
            await route.abort()

        await tab.page.route("**/console/v1/**", away)
        await tab.has("#trouble", "The service does not answer. This page keeps asking.")
        assert await names(tab) == ["node"]
        await tab.page.unroute("**/console/v1/**")
        await tab.lacks("#trouble", 20)


async def test_static_tokens(browser: Browser, tmp_path: Path) -> None:
    """Asked for once, kept for this tab, sent as a header; a reader is not offered what would be refused."""
    identity = write_tokens(tmp_path, alice={"roles": ["member"]}, rita={"roles": ["reader"]})
    async with cloud(identity) as service, tab_at(browser, f"{service.api}/console/", REFUSED) as tab:
        await sign_in(tab, token="nonsense")
        await tab.has("#sign-in-note", "That token is not good, or its time is over.")
        await sign_in(tab, token="alice")
        await card(tab, "ours", "connected")
        assert await names(tab) == ["ours"]
        assert await tab.page.get_by_role("button", name="Open ours").is_visible()
        assert await tab.page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
        await tab.page.reload()
        await card(tab, "ours", "connected")
        await tab.press("Sign out")
        await tab.has("#sign-in")
        assert await names(tab) == []
        assert await tab.page.evaluate("sessionStorage.length") == 0
        await sign_in(tab, token="rita")
        await card(tab, "ours", "nobody here")
        assert not await tab.page.get_by_role("button", name="Open ours").is_visible()


async def sign_in(tab: Tab, *, token: str) -> None:
    """Fill in a token and press Enter."""
    await tab.page.get_by_label("Token").fill(token)
    await tab.page.keyboard.press("Enter")


async def test_users_with_passwords(browser: Browser, tmp_path: Path) -> None:
    """The service's own Keystone: a wrong password is said, one project is taken, of several one is chosen."""
    users = write_users(tmp_path, bob={"lab": ["member"]}, carol={"lab": ["reader"], "attic": ["member"]})
    async with cloud(users) as service, tab_at(browser, f"{service.api}/console/", REFUSED) as tab:
        await log_in(tab, "bob", "wrong")
        await tab.has("#sign-in-note", "That user and that password do not fit.")
        await log_in(tab, "bob", PASSWORD)
        await card(tab, "ours", "connected")
        async with tab.page.context.expect_page() as opening:
            await tab.press("Open ours")
        await Tab(await opening.value).has("#state-text", "connected")
        await tab.press("Sign out")
        await log_in(tab, "carol", PASSWORD)
        await tab.page.get_by_label("Project").select_option("attic")
        await tab.press("Sign in")
        await card(tab, "theirs", "connected")
        assert await names(tab) == ["theirs"]
        await a_token_that_ended(service, tab)


async def log_in(tab: Tab, user: str, password: str) -> None:
    """Fill in who one is and press Enter."""
    await tab.page.get_by_label("User").fill(user)
    await tab.page.get_by_label("Password").fill(password)
    await tab.page.keyboard.press("Enter")


async def a_token_that_ended(service: Cloud, tab: Tab) -> None:
    """The token is revoked meanwhile: nothing is shown any more, and the form says why."""
    token = await tab.page.evaluate("sessionStorage.getItem('consolesvc.token')")
    answer = await service.ask("DELETE", "/identity/v3/auth/tokens", token, headers={"X-Subject-Token": token})
    assert answer.status == 204
    await tab.has("#sign-in-note", "That token is not good, or its time is over.")
    assert await names(tab) == []


async def test_light_dark_and_narrow(browser: Browser, lab: World) -> None:
    """As the system has it until somebody chooses, on a phone too; nothing sticks out."""
    await lab.said(b"a rather long line, such as machines like to say when they boot and nobody looks\r\n")
    async with tab_at(browser, f"{lab.api}/console/", color_scheme="light") as tab:
        await card(tab, "node", "a rather long line")
        assert await tab.ground("header") == "255,255,255"
        await tab.page.emulate_media(color_scheme="dark")
        await tab.until("document.documentElement.dataset.theme === 'dark'")
        assert await tab.ground("header") == "21,26,32"
        await tab.page.set_viewport_size(PHONE)
        assert await tab.fits()
        await tab.page.get_by_label("Colours").select_option("light")
        assert await tab.ground("header") == "255,255,255"


async def test_names_and_keys(browser: Browser, tmp_path: Path, lab: World) -> None:
    """A screen reader has a name for everything, and all is done without a mouse."""
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await card(tab, "node", "connected")
        assert await tab.nameless() == []
        for label in ("Filter", "Order", "Colours"):
            await tab.page.keyboard.press("Tab")
            assert label in await name_of_focused(tab.page)
        await tab.page.keyboard.press("Tab")
        async with tab.page.context.expect_page():
            await tab.page.keyboard.press("Enter")
        tree = await tab.page.locator("body").aria_snapshot()
        for line in (
            'heading "Consoles"',
            'list "Consoles"',
            'heading "node"',
            'button "Open node"',
            "status: 1 console",
        ):
            assert line in tree
    users = write_users(tmp_path, bob={"lab": ["member"]})
    async with cloud(users) as service, tab_at(browser, f"{service.api}/console/") as tab:
        await tab.has("#sign-in")
        assert await tab.nameless() == []
        assert await tab.focused() == "user"


async def name_of_focused(page: Page) -> str:
    """What the focused control is called."""
    script = "document.activeElement.ariaLabel ?? document.activeElement.closest('label').textContent"
    found: str = await page.evaluate(script)
    return found


async def test_a_console_that_goes_leaves_the_list(browser: Browser, lab: World) -> None:
    """And an empty list says that it is one."""
    async with tab_at(browser, f"{lab.api}/console/") as tab:
        await card(tab, "node", "connected")
        await lab.service.remove(NODE, "server removed")
        await tab.has("#nothing", "There is no console that you may see.")
