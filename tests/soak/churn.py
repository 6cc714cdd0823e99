"""What people and scripts do to a service all day, and what they leave behind, all of it at random and at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from tests.scenarios.fleet import console_url

SHORTEST, LONGEST = 0.2, 5.0
"""Seconds that somebody stays attached."""

Deed = Callable[[str], Awaitable[None]]


class Churn:
    """Does things to the consoles of a service until it is cancelled.

    Args:
        http: Speaks to it.
        api: Its API.
        names: Its consoles' names.
        luck: Decides.

    Attributes:
        done: How often each thing was done.
        wrong: What did not go as it should.
    """

    def __init__(self, http: aiohttp.ClientSession, api: str, names: Sequence[str], luck: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._http = http
        self._consoles = f"{api}/console/v1/consoles"
        self._api = api
        self._names = names
        self._luck = luck
        self._deeds: tuple[Deed, ...] = (
            *(self.attach,) * 6,
            *(self.mint,) * 4,
            *(self.share, self.wait, self.leave_a_wait, self.run_into_a_wall, self.look),
        )

    def __repr__(self) -> str:
        return f"<Churn {self.done.total()} deeds>"

    async def work(self) -> None:
        """One worker: one thing after another."""
        while True:
            deed = self._luck.choice(self._deeds)
            try:
                await deed(self._luck.choice(self._names))
            except (aiohttp.ClientError, OSError, AssertionError) as error:
                self.wrong.append(f"{deed.__name__}: {error!r}")
                await asyncio.sleep(0.5)
            self.done[deed.__name__] += 1
            await asyncio.sleep(self._luck.uniform(0, 0.2))

    async def attach(self, name: str) -> None:
        """Look for a while, type something, and leave, in order or not."""
        await self._look_at(await console_url(self._http, self._api, name))

    async def mint(self, name: str) -> None:
        """Ask for a URL that nobody uses."""
        await console_url(self._http, self._api, name)

    async def share(self, name: str) -> None:
        """Make a link that lasts a moment, and look by it."""
        async with self._http.post(f"{self._consoles}/{name}/share", json={"ttl": 2}) as answer:
            assert answer.status == 200, await answer.text()
            url = (await answer.json())["share"]["url"]
        await self._look_at(url)

    async def wait(self, name: str) -> None:
        """Wait for the end of a record."""
        body = {"pattern": r"[0-9]{12}\n", "timeout": 5}
        async with self._http.post(f"{self._consoles}/{name}/wait", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def leave_a_wait(self, name: str) -> None:
        """Begin to wait for what never comes, and go away."""
        body = {"pattern": "never", "timeout": 60}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._luck.uniform(0.05, 1)):
                async with self._http.post(f"{self._consoles}/{name}/wait", json=body):
                    pass

    async def run_into_a_wall(self, name: str) -> None:
        """Knock with a token that is none."""
        url = (await console_url(self._http, self._api, name)).split("token=")[0] + "token=none"
        with contextlib.suppress(aiohttp.WSServerHandshakeError):
            async with self._http.ws_connect(url):
                pass

    async def look(self, name: str) -> None:
        """Read its state, its last output, and its screen."""
        for call in ("", "/output?start=-1000", "/screen", "/sessions"):
            async with self._http.get(f"{self._consoles}/{name}{call}") as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

    async def _look_at(self, url: str) -> None:
        protocol = self._luck.choice(("binary", "consolesvc.v1"))
        ws = await self._http.ws_connect(url, protocols=(protocol,), max_msg_size=0)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._luck.uniform(SHORTEST, LONGEST)):
                await ws.send_bytes(b"uptime\r")
                async for _ in ws:
                    pass
        if self._luck.random() < 0.3:
            ws._response.close()  # cut off, without a word
        else:
            await ws.close()
