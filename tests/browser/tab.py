"""A tab with one of the pages in it, and what people do and see there."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.picture import colours
from tests.scenarios.process import needs

needs_chromium = needs("chromium", "apt install chromium fonts-dejavu-core")
marks = [needs_chromium, pytest.mark.asyncio(loop_scope="package")]
"""What every file of browser tests is marked with."""

DESK: ViewportSize = {"width": 1000, "height": 600}
PHONE: ViewportSize = {"width": 390, "height": 740}

# The buffer's lines, wrapped ones joined: the page's DOM has only what is on the screen.
_TEXT = """() => {
  const buffer = term.buffer.active, lines = [];
  for (let at = 0; at < buffer.length; at += 1) {
    const line = buffer.getLine(at), text = line.translateToString(true);
    if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return lines.join('\\n');
}"""


class Tab:
    """One page.

    Attributes:
        page: Playwright's.
        complaints: What the browser's console was told, warnings and worse: refused styles and scripts among it.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def text(self) -> str:
        """All that the terminal holds, its lines parted by LF."""
        found: str = await self.page.evaluate(_TEXT)
        return found

    async def shows(self, wanted: str, seconds: float = 10) -> None:
        """Wait until the terminal holds a text."""
        try:
            await self.page.wait_for_function(
                f"wanted => ({_TEXT})().includes(wanted)", arg=wanted, timeout=seconds * 1000
            )
        except PlaywrightTimeout:
            pytest.fail(f"no {wanted!r} within {seconds:g} s in {(await self.text())[-2000:]!r}")

    async def has(self, selector: str, text: str = "", seconds: float = 10) -> None:
        """Wait until an element is to be seen, with a text in it."""
        found = self.page.locator(selector).filter(has_text=text).first
        await found.wait_for(state="visible", timeout=seconds * 1000)

    async def lacks(self, selector: str, seconds: float = 10) -> None:
        """Wait until an element is not to be seen."""
        await self.page.locator(selector).wait_for(state="hidden", timeout=seconds * 1000)

    async def until(self, true: str, seconds: float = 10) -> None:
        """Wait until a JavaScript expression is true. As a function: the page's policy lets no text become code."""
        await self.page.wait_for_function(f"() => {true}", timeout=seconds * 1000)

    async def press(self, name: str, *, within: str = "body", exact: bool = True) -> None:
        """Click a button by its name."""
        await self.page.locator(within).get_by_role("button", name=name, exact=exact).click()

    async def focused(self) -> str:
        """The id of what has the focus, or its class."""
        found: str = await self.page.evaluate("document.activeElement.id || document.activeElement.className")
        return found

    async def colours(self, selector: str) -> Counter[str]:
        """How many pixels of an element's upper left corner have each colour; the commonest comes first."""
        box = await self.page.locator(selector).bounding_box()
        assert box is not None
        corner = {"x": box["x"], "y": box["y"], "width": min(240.0, box["width"]), "height": min(40.0, box["height"])}
        return colours(await self.page.screenshot(clip=corner))  # type: ignore[arg-type]  # a rectangle it is

    async def ground(self, selector: str) -> str:
        """The colour that most of it has."""
        return (await self.colours(selector)).most_common(1)[0][0]

    async def nameless(self) -> list[str]:
        """What people can use and a screen reader has no name for, by the browser's own accessibility tree."""
        session = await self.page.context.new_cdp_session(self.page)
        tree = (await session.send("Accessibility.getFullAXTree"))["nodes"]
        await session.detach()
        roles = {"button", "textbox", "searchbox", "combobox", "checkbox", "link", "toolbar", "dialog", "progressbar"}
        return [
            role
            for node in tree
            if not node["ignored"]
            and (role := node.get("role", {}).get("value")) in roles
            and not node.get("name", {}).get("value", "").strip()
        ]

    async def fits(self) -> bool:
        """Whether nothing sticks out at the side."""
        found: bool = await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return found


@contextlib.asynccontextmanager
async def context_of(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """Another person's browser: nothing is shared with the others."""
    options.setdefault("viewport", DESK)
    options.setdefault("color_scheme", "dark")
    options.setdefault("locale", "en-GB")
    context = await browser.new_context(**options)
    try:
        yield context
    finally:
        await context.close()


@contextlib.asynccontextmanager
async def tab_at(browser: Browser, url: str, *allowed: str, **options: Any) -> AsyncIterator[Tab]:
    """A tab at an address, in a browser of its own.

    Args:
        browser: The process it is in.
        url: Where it goes; `ws` means the page that is there.
        allowed: Of what the browser's console is told, what may be: each complaint has one of these in it.
        options: Of the context.

    When it is over, the console was told of nothing else.
    """
    async with context_of(browser, **options) as context:
        tab = Tab(await context.new_page())
        await tab.page.goto(url.replace("ws://", "http://"))
        yield tab
        complaints = [text for text in tab.complaints if not any(part in text for part in allowed)]
        assert complaints == []
