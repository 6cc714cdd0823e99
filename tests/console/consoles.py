"""A console on a serial device, running."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from consolesvc.config.linespec import Pace, SerialSpec
from consolesvc.console.console import Console
from consolesvc.lines.serial import SerialOpener
from tests.lines.devices import Device, eventually

RING = 256 * 1024


@contextlib.asynccontextmanager
async def running(device: Device, *, pace: Pace | None = None, **given: Any) -> AsyncIterator[Console]:
    """`node3` on this device, until the end; `given` as Console has it."""
    spec = SerialSpec(str(device.path), pace=pace)
    console = Console("node3", SerialOpener(spec), **{"ring": RING, "replay": 1024, **given})
    await console.start()
    try:
        await eventually(lambda: console.connected)
        yield console
    finally:
        await console.close()
