"""One scrape: everything in numbers, as text, made in slices between which the loop does its work.

Who scrapes often must not make the consoles wait: what was made a moment ago is given again, for ten times as long as
it took to make; so that scraping takes at most a tenth of the time. Scrapes at once share one text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from consolesvc.inventory import Server
from consolesvc.metrics import consoles, process, service
from consolesvc.metrics.consoles import MADE, Labelled, Reading, labelled
from consolesvc.metrics.disk import DiskWatch
from consolesvc.metrics.lag import Lag
from consolesvc.metrics.service import Sources
from consolesvc.metrics.text import Family, Sample

SLICE: Final = 0.004
"""Seconds for which the loop is held at most, about."""
AT_ONCE: Final = 64
"""Consoles between two looks at the clock."""
SPARING: Final = 10
"""How many times as long as it took to make, a text is good."""

EVERYTHING: Final = ""
"""The name of who sees every console."""

Sees = Callable[[Server], bool]


class Scrape:
    """Makes the text of `/metrics`.

    Args:
        sources: What is read.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lag = Lag()
        self._disk = DiskWatch()
        self._gone = Reading()
        self._made: dict[str, asyncio.Task[bytes]] = {}

    def __repr__(self) -> str:
        return f"<Scrape of {self._sources.inventory!r}>"

    def gone(self, server: Server) -> None:
        """A server that was made over the API is about to go: what was counted of it stays counted."""
        self._gone.add(consoles.read(server, asyncio.get_running_loop().time()).past())

    def close(self) -> None:
        """Measure no more. Idempotent."""
        self._lag.close()
        for making in self._made.values():
            making.cancel()

    async def text(self, who: str, sees: Sees) -> bytes:
        """The text.

        Args:
            who: Names what is seen, EVERYTHING or a project: for the same name, `sees` sees the same.
            sees: Whether a server is in it.
        """
        making = self._made.get(who)
        if making is None:
            making = asyncio.get_running_loop().create_task(self._make(who, sees), name=f"scrape {who}")
            self._made[who] = making
        # Of several that wait for one text, one that leaves must not take it along.
        return await asyncio.shield(making)

    async def _make(self, who: str, sees: Sees) -> bytes:
        pace = _Pace()
        try:
            directory = self._sources.logs()
            disk = None if directory is None else await self._disk.look(directory)
            pace.go_on()
            parts = [*process.texts(), *service.texts(self._sources, self._lag.take(), disk)]
            await _add_consoles(parts, await self._read(who, sees, pace), pace)
            text = "".join(parts).encode()
        except BaseException:
            del self._made[who]
            raise
        asyncio.get_running_loop().call_later(SPARING * pace.spent(), self._made.pop, who, None)
        return text

    async def _read(self, who: str, sees: Sees, pace: _Pace) -> list[Labelled]:
        now = asyncio.get_running_loop().time()
        made, found, count = Reading(), [], 0
        if who == EVERYTHING:
            made.add(self._gone)
        for place, server in enumerate(self._sources.inventory):
            if place % AT_ONCE == 0:
                await pace.breathe()
            if not sees(server):
                continue
            if server.id in self._sources.made:
                made.add(consoles.read(server, now))
                count += 1
            else:
                found.append(labelled(server.name, server.project_id, consoles.read(server, now)))
        if count or made.out:
            found.append(labelled(MADE, "", made))
        return found


class _Pace:
    """Lets the loop run whenever SLICE seconds were spent."""

    def __init__(self) -> None:
        self._before = 0.0
        self._begun = time.perf_counter()

    def go_on(self) -> None:
        """Count from now: what was before was waiting."""
        self._begun = time.perf_counter()

    async def breathe(self) -> None:
        """Let the loop run, if it is time."""
        now = time.perf_counter()
        if now - self._begun >= SLICE:
            self._before += now - self._begun
            await asyncio.sleep(0)
            self._begun = time.perf_counter()

    def spent(self) -> float:
        """Seconds of work so far."""
        return self._before + time.perf_counter() - self._begun


async def _add_consoles(parts: list[str], found: list[Labelled], pace: _Pace) -> None:
    for family, value in consoles.FAMILIES:

        def one(each: Labelled, value: consoles.One = value) -> Iterable[Sample]:
            known = value(each[2])
            return () if known is None else ((each[1], known),)

        await _add(parts, family, one, found, pace)
    await _add(parts, consoles.LINE_STATE, consoles.states, found, pace)
    await _add(parts, consoles.LINE_ERRORS, consoles.errors, found, pace)


async def _add(
    parts: list[str],
    family: Family,
    samples: Callable[[Labelled], Iterable[Sample]],
    found: list[Labelled],
    pace: _Pace,
) -> None:
    parts.append(family.head)
    for begin in range(0, len(found), AT_ONCE):
        await pace.breathe()
        parts.append(
            "".join(family.line(*sample) for each in found[begin : begin + AT_ONCE] for sample in samples(each))
        )
