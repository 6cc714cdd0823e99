from __future__ import annotations

import asyncio
import time

import pytest

from consolesvc.metrics import lag
from consolesvc.metrics.lag import Lag
from tests.lines.devices import eventually


async def test_a_loop_that_is_held_is_seen() -> None:
    """The worst is what it was, one reading later it is over; the 99th percentile is not the worst of many."""
    measured = Lag()
    assert measured.take() == (0.0, 0.0)
    await asyncio.sleep(2.5 * lag.TICK)
    time.sleep(0.4)  # noqa: ASYNC251 - what is measured
    await asyncio.sleep(2 * lag.TICK)
    p99, worst = measured.take()
    assert 0.2 < worst < 5
    assert p99 <= worst
    await asyncio.sleep(1.5 * lag.TICK)
    assert measured.take()[1] < worst
    measured.close()
    measured.close()


async def test_nobody_reads_nobody_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ticks from the first reading on, and not for ever after the last."""
    monkeypatch.setattr(lag, "TICK", 0.01)
    monkeypatch.setattr(lag, "IDLE", 1.0)
    measured = Lag()
    await asyncio.sleep(0.05)
    assert repr(measured) == "<Lag 0 ticks>"
    for _ in range(2):
        measured.take()
        await eventually(lambda: repr(measured) != "<Lag 0 ticks>")
        await eventually(lambda: measured._timer is None)
        assert repr(measured) == "<Lag 0 ticks>"
