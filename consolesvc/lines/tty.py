"""A `serial.Serial` fit for an event loop that must not lose a byte (DESIGN decision 7).

What pyserial's own does and this does not: `read()` through `select()`, which spins for ever on descriptors from 1024
up; discarding at open what the kernel already holds; switching DTR and RTS at open; waiting in the loop for output
to leave; spinning on a full output buffer. Tried, with figures: ecosystem.md section 2.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import stat
import struct
import termios
from collections.abc import Callable

import serial

from consolesvc.config.linespec import SerialSpec
from consolesvc.lines.base import READ_SIZE, LineCounters, ModemLines
from consolesvc.lines.host import is_pty

TTY_READ = 4096
"""The kernel's line discipline gives at most 4095 bytes a read (performance.md a2)."""

# Linux's numbers, which `termios` does not name in every Python.
_TIOCSBRK, _TIOCCBRK = 0x5427, 0x5428
_TIOCGICOUNT = 0x545D
_ICOUNTER = struct.Struct("20i")  # cts dsr ri cd, rx tx, frame overrun parity brk buf_overrun, nine spare

_PARITIES = {
    "n": serial.PARITY_NONE,
    "e": serial.PARITY_EVEN,
    "o": serial.PARITY_ODD,
    "m": serial.PARITY_MARK,
    "s": serial.PARITY_SPACE,
}


class Tty(serial.Serial):  # type: ignore[misc]  # pyserial has no types
    """An open tty: raw, exclusive, non-blocking, HUPCL off.

    Args:
        spec: The device and its settings; it is opened at once.
        read_limit: Bytes that the next `read` returns at most, about.

    Raises:
        OSError: the device cannot be opened, locked or set; `errno` says why.
    """

    def __init__(self, spec: SerialSpec, read_limit: Callable[[], int] = lambda: READ_SIZE) -> None:
        self.read_limit = read_limit
        self.gone: OSError | None = None
        settings = spec.settings
        # A PTY has no frames, and refuses any but 8n; what is asked of it is what its other end will be asked.
        framed = not _is_pty(spec.device)
        try:
            super().__init__(
                spec.device,
                settings.baud,
                bytesize=settings.bits if framed else 8,
                parity=_PARITIES[settings.parity if framed else "n"],
                stopbits=settings.stop,
                xonxoff=spec.flow == "xonxoff",
                rtscts=spec.flow == "rtscts",
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
            # Against programs that take no lock. Root passes it, hence the lock as well (ecosystem.md section 2).
            fcntl.ioctl(self.fd, termios.TIOCEXCL)
        except (serial.SerialException, termios.error) as error:
            raise _as_os_error(error, spec.device) from error
        self._more = select.poll()
        self._more.register(self.fd, select.POLLIN)

    @property
    def is_pty(self) -> bool:
        """Whether this is a pseudo terminal's slave."""
        return _is_pty(self.fd)

    def read(self, size: int = 1) -> bytes:
        """What the tty holds, drained until it is empty or `read_limit` is reached.

        One wake-up, one chunk: half the CPU of one read a wake-up (performance.md a2). `size` is pyserial's argument
        and means nothing here.

        Whether there is more is asked of `poll`. A read of an empty tty would ask as well, but one that is under way
        while the device is pulled comes back with what the kernel had kept behind the 4 KiB that it then discards:
        bytes would be missing between two that are there (seen in 2 of 1000 pulls of a flooding PTY; with `poll`, in
        none of 18 000).
        """
        del size
        chunks: list[bytes] = []
        left = min(READ_SIZE, self.read_limit())
        while left > 0 and (not chunks or self._more.poll(0)):
            try:
                chunk = os.read(self.fd, min(TTY_READ, left))
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                self.gone = error
                break
            if not chunk:  # with VMIN 1 a tty answers so only when it was hung up
                self.gone = OSError(0, "hung up")
                break
            chunks.append(chunk)
            left -= len(chunk)
        if self.gone is not None and not chunks:
            raise serial.SerialException(self.gone.errno, f"read failed: {self.gone}")
        return b"".join(chunks)

    def write(self, data: bytes) -> int:
        """Write what the tty takes now.

        On a device that is gone all is taken as written: the transport then ends at once and quietly, and the line's
        receiver hears of the loss from `read`.

        Raises:
            BlockingIOError: it takes nothing now.
        """
        try:
            return os.write(self.fd, data)
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            self.gone = error
            return len(data)

    def set_break(self, *, on: bool) -> None:
        """Begin or end a break; raises OSError."""
        fcntl.ioctl(self.fd, _TIOCSBRK if on else _TIOCCBRK)

    def set_modem(self, *, dtr: bool | None, rts: bool | None) -> None:
        """Raise or drop our modem lines, each in one step; None leaves one as it is. Raises OSError."""
        for wanted, bit in ((dtr, termios.TIOCM_DTR), (rts, termios.TIOCM_RTS)):
            if wanted is not None:
                fcntl.ioctl(self.fd, termios.TIOCMBIS if wanted else termios.TIOCMBIC, struct.pack("I", bit))

    def modem(self) -> ModemLines:
        """All modem lines; raises OSError."""
        (bits,) = struct.unpack("I", fcntl.ioctl(self.fd, termios.TIOCMGET, b"\0" * 4))
        return ModemLines(
            dtr=bool(bits & termios.TIOCM_DTR),
            rts=bool(bits & termios.TIOCM_RTS),
            cts=bool(bits & termios.TIOCM_CTS),
            dsr=bool(bits & termios.TIOCM_DSR),
            ri=bool(bits & termios.TIOCM_RI),
            cd=bool(bits & termios.TIOCM_CD),
        )

    def counters(self) -> LineCounters | None:
        """What the driver has counted; None where it counts nothing, as USB adapters' may."""
        try:
            counts = _ICOUNTER.unpack(fcntl.ioctl(self.fd, _TIOCGICOUNT, bytes(_ICOUNTER.size)))
        except OSError:
            return None
        rx, tx, frame, overrun, parity, brk, buf_overrun = counts[4:11]
        return LineCounters(frame, overrun, parity, brk, buf_overrun, rx, tx)

    def unsent(self) -> int:
        """Bytes the kernel has yet to send (TIOCOUTQ); 0 where it does not say."""
        try:
            return int(struct.unpack("I", fcntl.ioctl(self.fd, termios.TIOCOUTQ, b"\0" * 4))[0])
        except OSError:
            return 0

    def discard_output(self) -> None:
        """Drop what was not sent, so that closing cannot wait for it."""
        with contextlib.suppress(termios.error):  # the device is gone, and its output with it
            termios.tcflush(self.fd, termios.TCOFLUSH)

    def flush(self) -> None:
        """Nothing: pyserial's waits in the loop until all output has left."""

    def close(self) -> None:
        """Close at once, leaving the device open to others."""
        if self.is_open and self.fd is not None:
            self.discard_output()
            # A PTY's slave outlives us: the mark would shut everyone else out.
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.fd, termios.TIOCNXCL)
        super().close()

    def _reconfigure_port(self, force_update: bool = False) -> None:
        super()._reconfigure_port(force_update)
        settings = termios.tcgetattr(self.fd)
        settings[0] &= ~termios.BRKINT  # a BREAK from the machine would discard what is queued
        settings[2] &= ~termios.HUPCL  # closing must not drop DTR: many boards take that as a reset
        settings[6][termios.VMIN] = 1  # with 0, "nothing there" and "hung up" read alike
        settings[6][termios.VTIME] = 0
        termios.tcsetattr(self.fd, termios.TCSANOW, settings)

    def _reset_input_buffer(self) -> None:
        """Nothing at open: what the kernel holds by then is the machine's output, and ours to keep."""

    def _update_dtr_state(self) -> None:
        if self.is_open:  # while opening, the kernel has raised it already: no second edge
            super()._update_dtr_state()

    def _update_rts_state(self) -> None:
        if self.is_open:
            super()._update_rts_state()


def _is_pty(device: str | int) -> bool:
    """Whether a path or a descriptor is a pseudo terminal's slave (DESIGN decision 3)."""
    try:
        status = os.stat(device)  # noqa: PTH116 - Path.stat takes no descriptor
    except OSError:  # the open that follows says it better
        return False
    return stat.S_ISCHR(status.st_mode) and is_pty(status.st_rdev)


def _as_os_error(error: Exception, device: str) -> OSError:
    # pyserial raises its own in place of termios.error and of a failed lock, sometimes without the number.
    cause = error if isinstance(error, termios.error) else error.__context__
    number = getattr(error, "errno", None) or (cause.args[0] if isinstance(cause, termios.error) else 0)
    return OSError(number, os.strerror(number) if number else str(error), device)
