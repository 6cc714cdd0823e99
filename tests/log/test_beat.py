"""The logs' clock: each is written soon after it asked, in the order of asking, and silent ones are let rest."""

from __future__ import annotations

import asyncio

import pytest

from consolesvc.log import beat
from consolesvc.log.beat import AT_ONCE, TICK, Beat
from consolesvc.log.job import Job
from tests.lines.devices import eventually


class Log:
    """A log as the beat knows it."""

    def __init__(self) -> None:
        self.job = Job()
        self.asked_at = asyncio.get_running_loop().time()
        self.rested = 0

    def due(self) -> Job:
        return self.job

    def rest(self) -> None:
        self.rested += 1


async def test_all_that_ask_are_written_in_order_within_the_tick() -> None:
    """Hundreds at once, a few at a time, so that the loop sees to its consoles in between."""
    batches: list[tuple[Job, ...]] = []
    begun = asyncio.get_running_loop().time()
    clock = Beat(lambda *jobs: batches.append(jobs))
    logs = [Log() for _ in range(3 * AT_ONCE)]
    for log in logs:
        clock.soon(log)
    await eventually(lambda: sum(map(len, batches)) == len(logs))
    assert [job for jobs in batches for job in jobs] == [log.job for log in logs]
    assert max(map(len, batches)) <= AT_ONCE
    assert asyncio.get_running_loop().time() - begun >= TICK * 0.9
    assert repr(clock) == "<Beat 0 due, 0 awake>"


async def test_who_asks_later_is_written_later() -> None:
    """Nobody's bytes wait for the next round: each has its own tick."""
    written: list[Job] = []
    clock = Beat(lambda *jobs: written.extend(jobs))
    first, second = Log(), Log()
    clock.soon(first)
    await asyncio.sleep(TICK / 2)
    clock.soon(second)
    await eventually(lambda: written == [first.job])
    await eventually(lambda: written == [first.job, second.job])


async def test_silent_logs_rest_and_written_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once each; and one that was written again has its time anew."""
    monkeypatch.setattr(beat, "IDLE", 0.2)
    clock = Beat(lambda *_jobs: None)
    silent, busy, gone = Log(), Log(), Log()
    for log in (silent, busy, gone):
        clock.wrote(log)
    clock.forget(gone)
    await asyncio.sleep(0.1)
    clock.wrote(busy)
    await eventually(lambda: silent.rested == 1)
    assert busy.rested == 0
    await eventually(lambda: busy.rested == 1)
    assert (silent.rested, gone.rested) == (1, 0)


async def test_a_closed_beat_calls_nobody() -> None:
    """What was asked for is forgotten: whoever closes it has written all there is."""
    written: list[Job] = []
    clock = Beat(lambda *jobs: written.extend(jobs))
    clock.soon(Log())
    clock.close()
    await asyncio.sleep(2 * TICK)
    assert written == []
