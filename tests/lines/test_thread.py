"""Blocking calls in threads of their own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from consolesvc.lines.thread import in_thread


async def test_gives_the_result_or_the_error() -> None:
    """What the call returns or raises reaches the caller."""

    def fail() -> int:
        raise OSError(5, "no")

    assert await in_thread("t", lambda: 42, lambda _: None) == 42
    with pytest.raises(OSError, match="no"):
        await in_thread("t", fail, lambda _: None)


async def test_the_result_of_a_cancelled_call_is_discarded() -> None:
    """An open file that nobody waits for any more is closed, whenever it comes."""
    go, discarded = threading.Event(), threading.Event()
    task = asyncio.create_task(in_thread("t", lambda: go.wait(5), lambda _: discarded.set()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert await asyncio.to_thread(discarded.wait, 5)


async def test_cancelled_with_the_result_already_on_its_way() -> None:
    """A result that reached the loop in the same turn as the cancellation is discarded as well."""
    discarded = threading.Event()
    task = asyncio.create_task(in_thread("on its way", lambda: 1, lambda _: discarded.set()))
    await asyncio.sleep(0)
    for thread in threading.enumerate():
        if thread.name == "on its way":
            thread.join(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert discarded.is_set()
