"""An asyncio transport on a terminal's descriptor that is ours, such as a PTY's master: asyncio has none."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from consolesvc.lines.base import READ_SIZE

_HIGH_WATER: Final = 64 * 1024


class DescriptorTransport(asyncio.Transport):
    """Reads and writes a non-blocking descriptor, and owns it.

    An error of the descriptor ends it, as does a read of nothing; the protocol hears of it once, in `connection_lost`.

    Args:
        fd: The descriptor; closed when the transport ends.
        protocol: Has `data_received`.
        read_size: Bytes that one read takes at most.
    """

    def __init__(self, fd: int, protocol: asyncio.Protocol, read_size: int = READ_SIZE) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._fd: int | None = fd
        self._protocol = protocol
        self._read_size = read_size
        self._unsent = bytearray()
        self._high, self._low = _HIGH_WATER, _HIGH_WATER // 4
        self._full = False
        self._closing = False
        protocol.connection_made(self)
        self._loop.add_reader(fd, self._read)

    def is_closing(self) -> bool:
        """Whether it ends or has ended."""
        return self._closing

    def pause_reading(self) -> None:
        """Read no more."""
        if self._fd is not None:
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        """Read on."""
        if self._fd is not None and not self._closing:
            self._loop.add_reader(self._fd, self._read)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """From how many unsent bytes on writers wait, and down to how many."""
        self._high = _HIGH_WATER if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        """Bytes that wait here."""
        return len(self._unsent)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, now or when the descriptor takes them."""
        if self._fd is None or self._closing or not data:
            return
        waiting = bool(self._unsent)
        self._unsent += data
        if not waiting:
            self._write()
            if self._unsent and self._fd is not None:
                self._loop.add_writer(self._fd, self._write)
        if len(self._unsent) > self._high and not self._full:
            self._full = True
            self._protocol.pause_writing()

    def close(self) -> None:
        """End when all is sent."""
        self._closing = True
        self.pause_reading()
        if not self._unsent:
            self._end(None)

    def abort(self) -> None:
        """End now."""
        self._end(None)

    def _read(self) -> None:
        if self._fd is None:
            return
        try:
            data = os.read(self._fd, self._read_size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._end(None)

    def _write(self) -> None:
        if self._fd is None:
            return
        try:
            sent = os.write(self._fd, self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._fd)
        if self._full and len(self._unsent) <= self._low:
            self._full = False
            self._protocol.resume_writing()
        if self._closing and not self._unsent:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        self._closing = True
        self._unsent.clear()
        self._loop.remove_reader(fd)
        self._loop.remove_writer(fd)
        os.close(fd)
        self._loop.call_soon(self._protocol.connection_lost, error)
