"""The one thread that does all logs' work on the disk (DESIGN section 4), and its way back into the loop."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from consolesvc.errors import ConsoleServiceError
from consolesvc.log.beat import Beat
from consolesvc.log.job import Job

log = logging.getLogger(__name__)


BATCH = 256
"""Results handed back together at most: a completion waits for no more than this many others."""


T = TypeVar("T")


class _Call(Job):
    """A function's call, and whoever waits for it."""

    __slots__ = ("_call", "_future", "_result")

    def __init__(self, call: Callable[[], Any], future: asyncio.Future[Any] | None) -> None:
        super().__init__()
        self._call = call
        self._future = future
        self._result: Any = None

    def work(self) -> None:
        self._result = self._call()

    def done(self) -> None:
        if self._future is None or self._future.done():
            return
        if self.error is None:
            self._future.set_result(self._result)
        else:
            self._future.set_exception(self.error)


class LogThread:
    """Runs work in order, off the loop; many results come back in one wake-up.

    A daemon: a disk that hangs in the kernel must not keep the process alive.

    Attributes:
        beat: When logs are written.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Sequence[Job] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self.beat = Beat(self.submit)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many pieces of work, each of one or many jobs, wait for the thread."""
        return self._jobs.qsize()

    def submit(self, *jobs: Job) -> None:
        """Have jobs done; each is told in the loop."""
        self._jobs.put(jobs)

    def post(self, work: Callable[[], Any]) -> None:
        """Have `work` done; nobody waits for it."""
        self.submit(_Call(work, None))

    async def call(self, work: Callable[[], T]) -> T:
        """Have `work` done and wait for it; raises what it raised."""
        future: asyncio.Future[T] = self._loop.create_future()
        self.submit(_Call(work, future))
        return await future

    async def close(self, patience: float) -> bool:
        """End the beat, and the thread once it has done what it was given; whether it did in `patience` seconds."""
        self.beat.close()
        self._jobs.put(None)
        deadline = self._loop.time() + patience
        while self._thread.is_alive() and self._loop.time() < deadline:  # noqa: ASYNC110 - a thread wakes nobody
            await asyncio.sleep(0.005)
        return not self._thread.is_alive()

    def _run(self) -> None:
        running = True
        while running:
            finished: list[Job] = []
            jobs = self._jobs.get()
            while jobs is not None:
                for job in jobs:
                    _do(job)
                finished += jobs
                if len(finished) >= BATCH or self._jobs.empty():
                    break
                jobs = self._jobs.get()
            running = jobs is not None
            try:
                self._loop.call_soon_threadsafe(_report, finished)
            except RuntimeError:  # the loop has ended: nobody waits
                return


def _do(job: Job) -> None:
    try:
        job.work()
    except (OSError, ConsoleServiceError) as error:
        job.error = error
    except Exception as error:  # the thread serves every console: one console's fault must not end it
        log.exception("log work failed")
        job.error = error


def _report(finished: list[Job]) -> None:
    for job in finished:
        job.done()
