"""Lines of kind `serial`: a local device, through pyserial-asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
from pathlib import Path

import serial_asyncio

from consolesvc.config.linespec import SerialSpec
from consolesvc.errors import LineLost
from consolesvc.lines.base import CLOSE_WAIT, Receiver, TransportLine
from consolesvc.lines.diagnosis import diagnose, obstacle
from consolesvc.lines.holders import holders
from consolesvc.lines.thread import in_thread
from consolesvc.lines.tty import Tty

log = logging.getLogger(__name__)

WRITE_HIGH_WATER = 4096
"""Bytes in the transport before writers wait: little, so that a ^C overtakes the paste of another viewer."""


class SerialLine(TransportLine):
    """An open serial device."""

    def __init__(self, receiver: Receiver, tty: Tty, spec: SerialSpec) -> None:
        super().__init__(receiver)
        self._tty = tty
        self.holdable = tty.is_pty or spec.flow != "none"

    def __repr__(self) -> str:
        return f"<SerialLine {self._tty.port} {'closed' if self._transport is None else 'open'}>"

    def loss(self, exc: Exception | None) -> LineLost:
        """Unplugged, or what the kernel says of it."""
        gone = self._tty.gone or exc
        if not Path(self._tty.port).exists() or getattr(gone, "errno", None) in (
            errno.EIO,
            errno.ENODEV,
            errno.ENXIO,
            0,
        ):
            return LineLost("device unplugged")
        return LineLost(f"read failed: {gone}")

    async def close(self) -> None:
        """Close; what was written has CLOSE_WAIT seconds to reach the wire, then it is dropped."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT):
                await self.drain()
                while self._unsent():  # noqa: ASYNC110 - the kernel tells nobody when output has left
                    await asyncio.sleep(0.01)
        self.abort()
        await self._ended.wait()

    def _unsent(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size() + self._tty.unsent()


class SerialOpener:
    """Opens one serial device, whenever it is there."""

    local = True

    def __init__(self, spec: SerialSpec) -> None:
        self.spec = spec

    async def open(self, receiver: Receiver) -> SerialLine:
        """Open the device; raises LineUnavailable with the cure."""
        call = functools.partial(_open_port, self.spec, receiver.read_limit)
        tty = await in_thread(f"open {self.spec.device}", call, Tty.close)
        loop = asyncio.get_running_loop()
        line = SerialLine(receiver, tty, self.spec)
        transport, _ = await serial_asyncio.connection_for_serial(loop, lambda: line, tty)
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)
        # The transport starts reading in the loop's next turn, and would undo a pause that came before.
        await asyncio.sleep(0)
        return line

    async def close(self) -> None:
        """Nothing outlives a serial line."""


def _open_port(spec: SerialSpec, read_limit: int) -> Tty:
    if (blocked := obstacle(spec.device, allow_host_console=spec.allow_host_console)) is not None:
        raise blocked
    try:
        tty = Tty(spec, read_limit)
    except (OSError, ValueError) as error:
        raise diagnose(
            spec.device, error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        ) from error
    # A PTY's number is known to nobody but whom it was told, and a host may have thousands: not searched for.
    if not tty.is_pty and (others := holders(spec.device)):
        names = ", ".join(str(other) for other in others)
        log.warning("%s is also open in %s: each will miss what the other reads", spec.device, names)
    return tty
