"""The one thread that does all logs' work on the disk (DESIGN section 4), and its way back into the loop."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consolesvc.errors import ConsoleServiceError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    done: Callable[[Any, Exception | None], None]
    result: Any = None
    error: Exception | None = None


class LogThread:
    """Runs work in order, off the loop; many results come back in one wake-up.

    A daemon: a disk that hangs in the kernel must not keep the process alive.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], Any], done: Callable[[Any, Exception | None], None]) -> None:
        """Have `work` done; `done` is called in the loop with its result, or with what it raised."""
        self._jobs.put(_Job(work, done))

    async def call(self, work: Callable[[], Any]) -> Any:
        """Have `work` done and wait for it; raises what it raised."""
        future: asyncio.Future[Any] = self._loop.create_future()

        def done(result: Any, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(work, done)
        return await future

    async def close(self, patience: float) -> bool:
        """End the thread once it has done what it was given; whether it did within `patience` seconds."""
        self._jobs.put(None)
        deadline = self._loop.time() + patience
        while self._thread.is_alive() and self._loop.time() < deadline:  # noqa: ASYNC110 - a thread wakes nobody
            await asyncio.sleep(0.005)
        return not self._thread.is_alive()

    def _run(self) -> None:
        running = True
        while running:
            finished = []
            job = self._jobs.get()
            while job is not None:
                _do(job)
                finished.append(job)
                if len(finished) >= BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            running = job is not None
            try:
                self._loop.call_soon_threadsafe(_report, finished)
            except RuntimeError:  # the loop has ended: nobody waits
                return


BATCH = 256
"""Results handed back together at most: a completion waits for no more than this many others."""


def _do(job: _Job) -> None:
    try:
        job.result = job.work()
    except (OSError, ConsoleServiceError) as error:
        job.error = error
    except Exception as error:  # the thread serves every console: one console's fault must not end it
        log.exception("log work failed")
        job.error = error


def _report(finished: list[_Job]) -> None:
    for job in finished:
        job.done(job.result, job.error)
