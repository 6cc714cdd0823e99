"""What holds for every test: nothing is left behind, neither a task nor a file descriptor."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import inspect
import os
import time
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

_GATE, _TURN = Path(__file__), Path(__file__).with_name("__init__.py")
SETTLE = 1.0
"""Seconds that closing sockets and ending tasks may take once a test is over."""
THREADS = 2.0
"""Seconds that a thread of ours may go on reading behind a test that closed what had asked for it."""


# How long an example takes says more of the machine than of the code; each test has a timeout anyway.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Watch the tasks of every asynchronous test."""
    for item in items:
        if inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.usefixtures("no_task_leaks"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test beside those of other workers; one that is marked `alone`, since it measures, with none beside it."""
    with _turn(item):
        return (yield)


@contextlib.contextmanager
def _turn(item: pytest.Item) -> Iterator[None]:
    alone = item.get_closest_marker("alone") is not None
    # Two files that are there anyway, as locks between the processes of this checkout.
    with _GATE.open() as gate, _TURN.open() as turn:
        # Whoever waits for all others holds the gate: no other test begins meanwhile.
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(turn, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            # By name: a process that was forked meanwhile has these descriptors, too, and closing ours would not do.
            fcntl.flock(turn, fcntl.LOCK_UN)
            fcntl.flock(gate, fcntl.LOCK_UN)


@pytest.fixture(autouse=True)
def _no_descriptor_leaks() -> Iterator[None]:
    """Fail a test after which this process has more open files than before."""
    before = _descriptors()
    yield
    after = _descriptors()
    if after.keys() - before.keys():
        gc.collect()  # what only the collector closes is closed now; a ResourceWarning is an error of its own
        after = _descriptors()
    deadline = time.monotonic() + THREADS
    while after.keys() - before.keys() and time.monotonic() < deadline:
        time.sleep(0.01)  # no event tells that a thread has closed its file
        after = _descriptors()
    leaked = {number: target for number, target in after.items() if number not in before}
    assert not leaked, f"file descriptors left open: {leaked}"


@pytest.fixture
async def no_task_leaks() -> AsyncIterator[None]:
    """Fail a test that leaves tasks running."""
    before = asyncio.all_tasks()
    yield
    deadline = asyncio.get_running_loop().time() + SETTLE
    while (left := asyncio.all_tasks() - before) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - tasks end by themselves, or not
        await asyncio.sleep(0.01)
    assert not left, f"tasks left running: {left}"


def _descriptors() -> dict[int, str]:
    """Open files by number; the loop's own are there before the first test asks."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[int(entry.name)] = os.readlink(entry)  # noqa: PTH115 - a number's target may be no path
        except OSError:  # the listing's own
            continue
    return found
