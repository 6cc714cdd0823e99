"""The pictures in README, of what people see: `scripts/pictures [FOLDER]`, by default into tests/pictures/."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, ViewportSize, async_playwright

from tests.browser.conftest import FLAGS
from tests.browser.tab import PHONE, Tab, tab_at
from tests.scenarios.process import ROOT, Running, service

WINDOW: ViewportSize = {"width": 1000, "height": 520}
SHARP = 1.5
"""Pixels of a picture to one of a page, each way."""

CONFIG = """
servers:
  - {name: node3, line: {type: emulated, guest: linux}, input: lease}
  - {name: node4, line: {type: emulated, guest: linux}}
  - {name: pdu, line: {type: serial, device: /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KLXYZ-if00-port0}}
  - {name: riscv-board, line: {type: emulated, guest: uboot}}
  - {name: rack2-switch, line: {type: emulated, guest: switch}}
  - {name: dut-7, line: {type: emulated, guest: chatter}}
"""


async def work(tab: Tab, *commands: str) -> None:
    """Log in, and look around."""
    await tab.has("#state-text", "connected")
    await tab.page.keyboard.press("Enter")
    await tab.shows("login: ")
    await tab.page.keyboard.type("root\n")
    await tab.shows("Password: ")
    await tab.page.keyboard.type("consolesvc\n")
    await tab.shows("# ")
    for command in commands:
        await tab.page.keyboard.type(f"{command}\n", delay=5)
        await tab.page.wait_for_timeout(700)


async def take(tab: Tab, file: Path) -> None:
    """One picture, without what blinks or goes by itself."""
    await tab.page.wait_for_function("() => document.querySelector('#toasts')?.childElementCount !== 1")
    await tab.page.wait_for_timeout(800)
    await tab.page.screenshot(path=file)
    sys.stdout.write(f"{file}\n")


async def terminals(browser: Browser, running: Running, folder: Path) -> None:
    """Two people at one machine, in either light; and one with a telephone."""
    look = {"viewport": WINDOW, "device_scale_factor": SHARP}
    async with (
        tab_at(browser, running.console_url("node3"), color_scheme="dark", **look) as dark,
        tab_at(browser, running.console_url("node3"), color_scheme="light", **look) as light,
    ):
        await work(dark, "clear", "uname -a", "dmesg | tail -n 6", "ls -l /", "uptime", "free")
        await take(dark, folder / "terminal-dark.png")
        await light.page.locator("#panel-button").click()
        await light.press("Search", exact=False)
        await light.page.keyboard.type("root")
        await take(light, folder / "terminal-light.png")
    phone = {"viewport": PHONE, "device_scale_factor": SHARP, "has_touch": True, "is_mobile": True}
    async with tab_at(browser, running.console_url("riscv-board"), color_scheme="dark", **phone) as narrow:
        await work(narrow, "clear", "uname -a", "ls /", "dmesg | tail -n 12", "uptime")
        await take(narrow, folder / "narrow.png")


async def consoles(browser: Browser, running: Running, folder: Path) -> None:
    """The list, with somebody at one of them, and a machine that has panicked."""
    look = {"viewport": {"width": 1000, "height": 620}, "device_scale_factor": SHARP}
    async with (
        tab_at(browser, running.console_url("node4"), **look) as other,
        tab_at(browser, f"{running.api_url}/console/", color_scheme="light", **look) as tab,
    ):
        await work(other, "uname -a", "uptime", "date")
        await tab.has("#count", "6 consoles")
        fault = f"{running.api_url}/console/v1/consoles/riscv-board/fault"
        assert (await tab.page.request.post(fault, data={"fault": "panic"})).ok
        await tab.has(".in-trouble", "Kernel panic")
        await tab.page.wait_for_timeout(4000)
        await take(tab, folder / "list.png")


async def main(folder: Path) -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "lab.yaml"
        config.write_text(CONFIG)
        with service(Path(scratch) / "run", "--config", str(config)) as running:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                await terminals(browser, running, folder)
                await consoles(browser, running, folder)
                await browser.close()


if __name__ == "__main__":
    pictures = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "tests/pictures"
    pictures.mkdir(exist_ok=True)
    asyncio.run(main(pictures))
