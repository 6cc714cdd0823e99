"""What of a console can be changed while people are at it: its line, its ring, who may type (DESIGN 5.1, HUP).

The stream goes on over all of it: offsets do, and nobody has to attach again.
"""

from __future__ import annotations

import contextlib
import time

from consolesvc.config.server import Input
from consolesvc.console.console import Console, read_limit
from consolesvc.lines.base import Opener
from consolesvc.log.file import RESERVE
from consolesvc.log.writer import LogWriter

WHY = "changed in the configuration"
"""Why a line is away, as viewers are told; what it is now is for those to see who may list servers."""


async def leave_line(console: Console) -> None:
    """Close a console's line for good; viewers are told."""
    await console.reconnecting.leave(WHY)


def take_line(console: Console, opener: Opener) -> None:
    """Open another line in place of the one that was left; viewers are told when it is there."""
    console.input.pace = opener.spec.pace
    console.reconnecting.go_over(opener)


async def resize_ring(console: Console, capacity: int) -> None:
    """Keep so many bytes of output from now on. What has to go is on disk first, where there is a log."""
    log, ring = console.log, console.ring
    if log is not None and capacity > ring.capacity:
        await _reserve(log, capacity)
    elif log is not None:
        await log.catch_up(but=capacity)
    ring.resize(capacity)
    console.reconnecting.read_limit = read_limit(capacity)
    if log is not None:
        log.resized()
    console.flow.check()
    console.wake()  # who is behind may have been lapped


def change_sharing(console: Console, mode: Input, idle: float) -> None:
    """Let others decide who types: everybody is told where the rule is another one."""
    console.keyboard.change(mode, idle)
    console.roster.changed()


async def _reserve(log: LogWriter, ahead: int) -> None:
    """Have offsets in reserve for a stream that may run so far ahead of the disk. A disk that fails has none."""
    file = log.file
    file.reach = max(RESERVE, 4 * ahead)
    if log.started:
        with contextlib.suppress(OSError):  # it is told when bytes are written
            await log.thread.call(lambda: file.append(file.end, b"", (), time.time()))
