"""One blocking call in a thread of its own.

Not asyncio's executor: opening a device can hang in the kernel, a handful of such would use the pool up, and the
interpreter waits for pool threads when it exits. A daemon thread hangs alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(name: str, call: Callable[[], T], discard: Callable[[T], None]) -> T:
    """Run `call` in a daemon thread and return what it returns, or raise what it raises.

    Args:
        name: The thread's name.
        call: What blocks.
        discard: Given the result when the caller was cancelled meanwhile, so that an open file cannot leak. Called
            in the thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    lock = threading.Lock()
    wanted = True

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            if error is None:
                discard(result)  # type: ignore[arg-type]  # without an error the result is a T
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # without an error the result is a T

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = call()
        except Exception as caught:  # noqa: BLE001 - carried to the caller whatever it is
            error = caught
        with lock:
            if wanted:
                loop.call_soon_threadsafe(settle, result, error)
                return
        if error is None:
            discard(result)  # type: ignore[arg-type]  # without an error the result is a T

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        with lock:
            wanted = False
        raise
