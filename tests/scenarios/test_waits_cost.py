"""What it costs a service that many scripts wait at one console, held against as many viewers in the same run."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.scenarios.process import Running, service
from tests.scenarios.test_device import Device, device, lab

pytestmark = pytest.mark.timeout(120)

MANY = 100
SECONDS = 4.0
MORE = "limits.sessions_per_console=200"


async def test_waits_cost_no_more_than_viewers(tmp_path: Path) -> None:
    """A byte every 10 ms, behind 80 KiB that all of the waits have looked through."""
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        with service(tmp_path / "run", "--config", lab(port.path), "--set", MORE) as running:
            await asyncio.to_thread(running.wait_for_line, "node3", "connected")
            await asyncio.to_thread(say, port.master, b"line of a boot\r\n" * (80 * 64))
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http, trickle(port):
                viewers = [asyncio.create_task(view(http, running)) for _ in range(MANY)]
                await asyncio.sleep(3)
                assert [viewer.exception() for viewer in viewers if viewer.done()] == []
                viewing = await spent(running)
                for viewer in viewers:
                    viewer.cancel()
                await asyncio.gather(*viewers, return_exceptions=True)
                waits = [asyncio.create_task(wait(http, running)) for _ in range(MANY)]
                await asyncio.sleep(4)
                waiting = await spent(running)
                assert await asyncio.gather(*waits) == [False] * MANY
    assert waiting <= 1.5 * viewing, f"{MANY} waits took {waiting:.2f} s of CPU, as many viewers {viewing:.2f} s"


@contextlib.asynccontextmanager
async def trickle(port: Device) -> AsyncIterator[None]:
    """A machine that says a byte every 10 ms for as long as this lasts."""

    async def go_on() -> None:
        while True:
            await asyncio.to_thread(say, port.master, b".")
            await asyncio.sleep(0.01)

    saying = asyncio.create_task(go_on())
    try:
        yield
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


def say(master: int, data: bytes) -> None:
    """Say all of it, however little a line takes at once."""
    while data:
        data = data[os.write(master, data) :]


async def view(http: aiohttp.ClientSession, running: Running) -> None:
    """Take what comes, for ever."""
    url = await asyncio.to_thread(running.console_url, "node3")
    async with http.ws_connect(url, protocols=("binary",)) as socket:
        async for _ in socket:
            pass


async def wait(http: aiohttp.ClientSession, running: Running) -> bool:
    """Wait for what does not come; whether it did."""
    body = {"pattern": ["login: $", "Kernel panic"], "since": 0, "timeout": 10}
    async with http.post(f"{running.api_url}/console/v1/consoles/node3/wait", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return bool((await answer.json())["matched"])


async def spent(running: Running) -> float:
    """Seconds of CPU that a service takes in SECONDS."""

    def taken() -> int:
        fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = taken()
    await asyncio.sleep(SECONDS)
    return (taken() - before) / os.sysconf("SC_CLK_TCK")
