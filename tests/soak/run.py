"""One run: a service, its machines, who churns, and the samples."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.scenarios.fleet import RECORD, Machine, Session, chatter, machines, sessions, until
from tests.scenarios.process import Running, service
from tests.soak.churn import Churn
from tests.soak.figures import Sample, look

RING = 16 * 1024
"""Bytes of each ring: full long before memory is compared, for a ring that fills is no leak."""
WORDS = 32
"""Records that a machine says at once: 512 bytes."""
REST = 8.0
"""Seconds of silence after which a console's log is closed, and all that was cut is noticed."""
RELOAD = 20.0
"""Seconds between two reloads."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run.

    Attributes:
        seconds: For so long, with `warm` seconds of them before memory is compared.
        consoles: So many.
        workers: So many do things at once.
        steady: So many stay attached, and check each byte.
        seed: Of all that is random.
    """

    seconds: float
    consoles: int
    workers: int = 24
    steady: int = 20
    seed: int = 0

    @property
    def warm(self) -> float:
        """Ten minutes, or a sixth of a shorter run."""
        return min(600.0, self.seconds / 6)


@dataclass(slots=True)
class Outcome:
    """What came of it: at rest before, under churn, at rest after; what was done, and what went wrong."""

    before: Sample
    samples: list[Sample]
    after: Sample
    done: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


async def run(plan: Plan, folder: Path, seen: Callable[[Sample], None] = lambda _: None) -> Outcome:
    """Run it, with all files below `folder`; `seen` is told of each sample."""
    async with machines(range(plan.consoles)) as fleet:
        file = folder / "lab.yaml"
        _write(file, fleet, plan)
        async with _running(folder / "run", file) as service:
            await until("all lines open", lambda: all(machine.connections for machine in fleet), 60)
            return await _Run(plan, folder, fleet, service).outcome(seen)


class _Run:
    """A run under way."""

    def __init__(self, plan: Plan, folder: Path, fleet: list[Machine], service: Running) -> None:
        self.plan = plan
        self.fleet = fleet
        self.service = service
        self.file = folder / "lab.yaml"
        self._folders = folder / "logs", folder / "state"
        self._begun = time.monotonic()
        self._done: dict[str, int] = {}
        self._wrong: list[str] = []

    async def outcome(self, seen: Callable[[Sample], None]) -> Outcome:
        """See it through."""
        await asyncio.sleep(REST)
        before, samples = await self._sample(), []
        self._begun = time.monotonic()
        async with self._used():
            while (at := time.monotonic() - self._begun) < self.plan.seconds:
                await asyncio.sleep(min(max(1.0, self.plan.seconds / 240), self.plan.seconds - at))
                samples.append(await self._sample())
                seen(samples[-1])
        await asyncio.sleep(2 * REST)
        return Outcome(before, samples, await self._sample(), self._done, self._wrong)

    async def _sample(self) -> Sample:
        metrics = await asyncio.to_thread(self.service.metrics)
        at = time.monotonic() - self._begun
        return await asyncio.to_thread(look, at, self.service.process.pid, metrics, self._folders)

    @contextlib.asynccontextmanager
    async def _used(self) -> AsyncIterator[None]:
        """People and scripts are at it for as long as this lasts; their connections end with it."""
        plan, fleet, api = self.plan, self.fleet, self.service.api_url
        names = [f"node{machine.number}" for machine in fleet[: -_tenth(plan)]]
        every = min(2.0, plan.warm / 2 / (RING / (RECORD * WORDS)))
        stay = list(zip(names, fleet, strict=False))[: plan.steady]
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            churn = Churn(http, api, names, random.Random(plan.seed))
            async with chatter(fleet, every, WORDS), sessions(http, api, stay) as steady:
                async with _busy(churn, plan.workers), _reloading(self.service, self.file, fleet, plan):
                    yield
                self._done = dict(churn.done)
                self._wrong = [*churn.wrong, *_complaints(steady)]


def _tenth(plan: Plan) -> int:
    """Of the consoles, those that a reload changes or takes away; nobody is at them."""
    return max(1, plan.consoles // 10)


@contextlib.asynccontextmanager
async def _busy(churn: Churn, workers: int) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(churn.work()) for _ in range(workers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _reloading(lab: Running, file: Path, fleet: list[Machine], plan: Plan) -> AsyncIterator[None]:
    async def reload() -> None:
        odd = False
        while True:
            await asyncio.sleep(min(RELOAD, plan.seconds / 8))
            odd = not odd
            _write(file, fleet, plan, odd=odd)
            lab.signal(signal.SIGHUP)

    task = asyncio.create_task(reload())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        _write(file, fleet, plan)
        lab.signal(signal.SIGHUP)
        await asyncio.sleep(2)


def _write(file: Path, fleet: list[Machine], plan: Plan, *, odd: bool = False) -> None:
    """The configuration; in the odd one, of the last tenth of the servers some are gone, and others changed."""
    kept = fleet[: -max(1, plan.consoles // 20)] if odd else fleet
    entries = []
    for machine in kept:
        other = odd and machine.number >= plan.consoles - _tenth(plan)
        more = f", ring: {2 * RING}, input: lease" if other else ""
        line = f"{{type: tcp, host: 127.0.0.1, port: {machine.port}}}"
        entries.append(f"  - {{name: node{machine.number}, line: {line}{more}}}\n")
    good = max(2.0, plan.warm / 2)
    file.write_text(
        f"tokens: {{ttl: {good:g}, resume: {good:g}}}\ndefaults: {{ring: {RING}}}\n"
        f"log: {{directory: {file.parent}/logs, segment_size: 1 MiB, keep: 2, min_free: 0}}\n"
        f"limits: {{waits_per_caller: 0}}\nservers:\n{''.join(entries)}"
    )


def _complaints(steady: list[Session]) -> list[str]:
    """What those saw who stayed: a byte that is wrong, an end."""
    ended = [f"{session.machine.number} ended: {session.ends}" for session in steady if session.ends]
    return [*ended, *(f"{session.machine.number}: {text}" for session in steady for text in session.wrong)]


@contextlib.asynccontextmanager
async def _running(folder: Path, file: Path) -> AsyncIterator[Running]:
    made = service(folder, "--config", str(file), "--state-dir", str(folder.parent / "state"))
    lab = await asyncio.to_thread(made.__enter__)
    try:
        yield lab
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)
