"""Devices of the tests' own: PTYs, whose other end the test holds. Never a real port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator
from pathlib import Path

from consolesvc.errors import LineLost
from consolesvc.lines.base import READ_SIZE

PATIENCE = 5.0
"""Seconds after which a wait is a failure."""


class Device:
    """A device node that can be plugged, pulled and plugged again: a link to a PTY's slave.

    Args:
        path: Where the node appears.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master: int | None = None

    def plug(self) -> None:
        """Make the device appear, with a new PTY behind it."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        partial = self.path.with_suffix(".new")
        partial.symlink_to(os.ttyname(slave))
        partial.replace(self.path)
        os.close(slave)

    def pull(self) -> None:
        """Make it vanish: who has it open is hung up on."""
        if self._master is not None:
            self.path.unlink()
            os.close(self._master)
            self._master = None

    async def say(self, data: bytes) -> None:
        """Send bytes as the machine would, waiting where they are not read."""
        left = memoryview(data)  # slicing bytes would copy a flood a thousand times
        while left:
            assert self._master is not None
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(self._master, left) :]
            await asyncio.sleep(0)

    async def echo(self) -> None:
        """Send back what comes, until cancelled; a machine that was pulled sends nothing."""
        while True:
            data = b""
            with contextlib.suppress(BlockingIOError, OSError):
                data = os.read(self._master, 4096) if self._master is not None else b""
            if data:
                await self.say(data)
            await asyncio.sleep(0 if data else 0.002)

    async def heard(self, size: int) -> bytes:
        """The next `size` bytes that the machine was sent."""
        got = b""
        async with asyncio.timeout(PATIENCE):
            while len(got) < size:
                assert self._master is not None
                with contextlib.suppress(BlockingIOError, OSError):  # OSError: nobody has it open yet
                    got += os.read(self._master, size - len(got))
                await asyncio.sleep(0.001)
        return got


class Collector:
    """A receiver that keeps what it is given."""

    def __init__(self, read_limit: int = READ_SIZE) -> None:
        self.read_limit = read_limit
        self.data = bytearray()
        self.pieces: list[int] = []
        self.losses: list[str] = []

    def received(self, data: bytes | memoryview) -> None:
        """Keep bytes."""
        self.data += data
        self.pieces.append(len(data))

    def space(self, most: int) -> None:
        """None: all comes by `received`."""

    def filled(self, size: int) -> None:
        """Not to be called: no space was given."""
        raise AssertionError(size)

    def lost(self, reason: LineLost) -> None:
        """Keep the reason."""
        self.losses.append(str(reason))

    async def until(self, size: int) -> bytes:
        """All bytes, once there are `size`."""
        await eventually(lambda: len(self.data) >= size)
        return bytes(self.data)


async def eventually(condition: object, patience: float = PATIENCE) -> None:
    """Wait until `condition()` is true; fail where it never is."""
    assert callable(condition)
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - a test's look from outside
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def plugged(path: Path) -> AsyncIterator[Device]:
    """A device at `path`, plugged in until the end."""
    device = Device(path)
    device.plug()
    try:
        yield device
    finally:
        device.pull()
