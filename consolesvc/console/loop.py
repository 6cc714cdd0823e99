"""The event loop of objects that are made before it runs."""

from __future__ import annotations

import asyncio
import functools


class InLoop:
    """Something that lives in the loop, and may be made without one."""

    @functools.cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, asked for once: each time is a system call (before Python 3.12)."""
        return asyncio.get_running_loop()
