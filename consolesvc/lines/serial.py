"""Lines of kind `serial`: a local device, through pyserial-asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import serial_asyncio

from consolesvc.config.linespec import SerialSpec
from consolesvc.errors import LineLost
from consolesvc.lines.base import LONGEST_BREAK, Ability, LineCounters, ModemLines, Receiver
from consolesvc.lines.diagnosis import diagnose, obstacle
from consolesvc.lines.holders import holders
from consolesvc.lines.thread import in_thread
from consolesvc.lines.transport import CLOSE_WAIT, TransportLine
from consolesvc.lines.tty import Tty

log = logging.getLogger(__name__)

_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, 0)
_PTY_LACKS: frozenset[Ability] = frozenset(("break", "modem", "counters"))


class SerialLine(TransportLine, asyncio.Protocol):
    """An open serial device."""

    def __init__(self, receiver: Receiver, tty: Tty, spec: SerialSpec) -> None:
        super().__init__(receiver)
        self._tty = tty
        self.holdable = tty.is_pty or spec.flow != "none"
        self.lacks = (
            _PTY_LACKS if tty.is_pty else frozenset() if tty.counters() is not None else frozenset({"counters"})
        )

    def __repr__(self) -> str:
        return f"<SerialLine {self._tty.port} {'closed' if self._transport is None else 'open'}>"

    def data_received(self, data: bytes) -> None:
        """Hand bytes on; after our own close nobody listens."""
        if not self._closing:
            self._receiver.received(data)

    async def send_break(self, seconds: float) -> None:
        """Break, and sleep beside the loop: pyserial's own sleeps in it."""
        tty = self._open_tty("break")
        with _as_lost():
            tty.set_break(on=True)
        try:
            await asyncio.sleep(min(seconds, LONGEST_BREAK))
        finally:
            with contextlib.suppress(LineLost), _as_lost():  # a device that is gone holds no break
                if self._transport is not None:
                    tty.set_break(on=False)
        self._open_tty("break")

    def set_modem(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Raise or drop DTR and RTS."""
        tty = self._open_tty("modem")
        with _as_lost():
            tty.set_modem(dtr=dtr, rts=rts)

    def modem(self) -> ModemLines:
        """The modem lines at this moment."""
        tty = self._open_tty("modem")
        with _as_lost():
            return tty.modem()

    def counters(self) -> LineCounters | None:
        """The kernel's counters (TIOCGICOUNT)."""
        return None if self._transport is None or "counters" in self.lacks else self._tty.counters()

    def _open_tty(self, ability: Ability) -> Tty:
        if ability in self.lacks:
            raise self.lack(ability)
        if self._transport is None:
            raise LineLost("the line is not open")
        return self._tty

    def loss(self, exc: Exception | None) -> LineLost:
        """Unplugged, or what the kernel says of it."""
        gone = self._tty.gone or exc
        if not Path(self._tty.port).exists() or getattr(gone, "errno", None) in _GONE:
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


@contextlib.contextmanager
def _as_lost() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LineLost(f"the device does not answer: {error.strerror or error}") from error


class SerialOpener:
    """Opens one serial device, whenever it is there."""

    local = True

    def __init__(self, spec: SerialSpec) -> None:
        self.spec = spec
        self.due = asyncio.Event()

    async def open(self, receiver: Receiver) -> SerialLine:
        """Open the device; raises LineUnavailable with the cure."""
        call = functools.partial(_open_port, self.spec, lambda: receiver.read_limit)
        tty = await in_thread(f"open {self.spec.device}", call, Tty.close)
        loop = asyncio.get_running_loop()
        line = SerialLine(receiver, tty, self.spec)
        await serial_asyncio.connection_for_serial(loop, lambda: line, tty)
        # The transport starts reading in the loop's next turn, and would undo a pause that came before.
        await asyncio.sleep(0)
        return line

    async def close(self) -> None:
        """Nothing outlives a serial line."""


def _open_port(spec: SerialSpec, read_limit: Callable[[], int]) -> Tty:
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
