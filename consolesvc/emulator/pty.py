"""A fake server: a guest behind a PTY, at the speed of a serial line.

The fake owns the master; whoever opens the slave's path talks to the guest: our own serial line, minicom, screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
import tty
from collections.abc import Callable

from consolesvc.emulator.faults import Health, Panics, Suffered
from consolesvc.emulator.guests.base import Guest

PACE = 0.01
"""Seconds between two pieces of output at line speed."""
AHEAD = 2048
"""Unsent bytes above which the guest is not asked for more."""
INPUT_AHEAD = 64 * 1024
"""Unsent bytes above which input waits as well: an echo must not grow without bound."""
INPUT = 1024
"""Bytes typed that the guest is given at once: a shell spends microseconds on each."""
STEPS = 4
"""Pieces of output asked for in one turn of the loop: it has others to serve."""
AGAIN = 0.5
"""Seconds until a cable is plugged that there was no PTY for."""
BITS_PER_BYTE = 10
"""On the wire with 8n1: start bit, eight data bits, stop bit."""


class FakeServer:
    """A guest, its PTY and its clock.

    Args:
        name: For messages.
        guest: What it runs.
        baud: Speed of its line; None for as fast as it is read.

    Attributes:
        power_changed: Called after the machine went on or off, by a switch or by its own doing; None for nobody.
    """

    def __init__(self, name: str, guest: Guest, *, baud: int | None = None) -> None:
        self.name = name
        self.guest = guest
        self.started = False
        self.power_changed: Callable[[], None] | None = None
        self._was_powered = False
        self._health = Health(name)
        self._rate = None if baud is None else baud / BITS_PER_BYTE
        self._budget_from = 0.0
        self._unsent = bytearray()
        self._master: int | None = None
        self._slave: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reading = False

    def __repr__(self) -> str:
        return f"<FakeServer {self.name} on {self.path}, {len(self._unsent)} bytes unsent>"

    @property
    def path(self) -> str | None:
        """The slave's path; None while unplugged or stopped."""
        return None if self._slave is None else os.ttyname(self._slave)

    def start(self) -> None:
        """Plug the line in and power the guest on. Call in the loop."""
        self.plug()  # raises OSError where there is no PTY left: then nothing has started
        self.started = True
        self._send(self.guest.power_on(self._now()))

    def stop(self) -> None:
        """Cut the power and remove the PTY. Idempotent."""
        self._health.forget()
        if self.started:
            self.started = False
            self.guest.power_off(self._now())
            self.unplug()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def plug(self) -> None:
        """Make a PTY: raw, 24 by 80 (shells see 0 by 0 otherwise, and redraw badly)."""
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        # The slave stays open here too: a master whose last slave closed reads EIO for ever.
        tty.setraw(self._slave)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.set_blocking(self._master, False)
        self._run()

    def unplug(self) -> None:
        """Pull the cable: the PTY is gone, what was unsent with it. The guest runs on, unheard."""
        if self._master is None or self._slave is None:
            return
        loop = asyncio.get_running_loop()
        self._set_reading(on=False)
        loop.remove_writer(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None
        self._run()

    @property
    def powered(self) -> bool:
        """Whether the machine is on; its PTY is there either way."""
        return self.guest.powered

    def power_off(self) -> None:
        """Cut the power: the machine is silent, what it had not sent yet is gone. Nothing while stopped."""
        if self.started:
            self.guest.power_off(self._now())
            self._unsent.clear()
            self._run()

    def power_on(self) -> None:
        """Start the machine from cold. Nothing while it is on, or stopped."""
        if self.started and not self.guest.powered:
            self._discard_input()
            self._send(self.guest.power_on(self._now()))

    def _discard_input(self) -> None:
        """What was typed into a machine that was off is not kept for it."""
        with contextlib.suppress(BlockingIOError):
            while self._master is not None and os.read(self._master, INPUT):
                pass

    def power_cycle(self) -> None:
        """Cut the power and give it back."""
        self.power_off()
        self.power_on()

    @property
    def suffers(self) -> Suffered | None:
        """The fault it was told to suffer; it ends by itself."""
        return self._health.suffers

    def suffer(self, name: str, seconds: float, seed: int = 0) -> None:
        """Begin a fault of FAULTS that ends by itself.

        Args:
            name: Which.
            seconds: For how long.
            seed: Of what is random in it.

        Raises:
            RuntimeError: another one is going on, or there is no cable to pull; the text says which.
        """
        self._refuse_second()
        if self._health.begin(name, seconds, seed, self.recover).unplugs:
            self.unplug()
        self._run()

    def recover(self) -> None:
        """End the fault now; nothing where there is none."""
        unplugged = self._health.fault.unplugs
        self._health.forget()
        if unplugged and self.started:
            self._plug_again()
        self._run()

    def _plug_again(self) -> None:
        try:
            self.plug()
        except OSError:  # no PTY is left at the moment
            self._health.later(AGAIN, self._plug_again)

    def panic(self, seconds: float) -> None:
        """Have the guest's kernel panic, and reboot `seconds` later.

        Raises:
            RuntimeError: it has none, or none is running, or it suffers a fault already; the text says which.
        """
        self._refuse_second()
        if not isinstance(self.guest, Panics):
            raise RuntimeError("its guest has no kernel that could panic")  # noqa: TRY004 - the guest is no argument
        try:
            self._send(self.guest.panic(self._now(), seconds))
        except ValueError as error:
            raise RuntimeError(str(error)) from None

    def _refuse_second(self) -> None:
        self._health.refuse_second()
        if not self.started or self._master is None:
            raise RuntimeError("it is not plugged in")

    @property
    def _pace(self) -> float | None:
        """Bytes a second; None for as many as are read."""
        return None if self._health.fault.floods else self._rate

    def _stand_still(self) -> None:
        """Neither read nor write, until the fault ends."""
        self._set_reading(on=False)
        if self._master is not None:
            asyncio.get_running_loop().remove_writer(self._master)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _send(self, output: bytes) -> None:
        self._unsent += self._health.fault.output(output)
        self._run()

    def _run(self) -> None:
        """Send what may leave, ask the guest for what is due, and arrange for the next turn."""
        if not self.started:
            return
        now = self._now()
        if self._health.fault.hangs:
            self._stand_still()
            return
        self._write(now)
        for _ in range(STEPS):
            due = self.guest.due
            if len(self._unsent) > AHEAD or due is None or due > now:
                break
            self._unsent += self._health.fault.output(self.guest.advance(now))
            self._write(now)
        if self._health.fault.floods and len(self._unsent) <= AHEAD:
            self._unsent += self._health.fault.more(now)
            self._write(now)
        self._set_reading(on=len(self._unsent) <= INPUT_AHEAD)
        self._schedule(now)
        self._tell_power()

    def _tell_power(self) -> None:
        if self.guest.powered != self._was_powered:
            self._was_powered = self.guest.powered
            if self.power_changed is not None:
                self.power_changed()

    def _write(self, now: float) -> None:
        if self._master is None:
            self._unsent.clear()  # no cable: the guest talks to nobody
        if self._master is None or not self._unsent:
            return
        allowed = len(self._unsent)
        rate = self._pace
        if rate is not None:
            # A line that was idle has saved up nothing but the piece it may send now: two bytes on a slow one.
            self._budget_from = max(self._budget_from, now - max(PACE, 2 / rate))
            allowed = min(allowed, int((now - self._budget_from) * rate))
        if not allowed:
            return
        with contextlib.suppress(BlockingIOError):  # the reader is behind: _schedule waits for it
            sent = os.write(self._master, memoryview(self._unsent)[:allowed])
            del self._unsent[:sent]
            if rate is not None:
                self._budget_from += sent / rate

    def _schedule(self, now: float) -> None:
        """Come back when the line is free, when it can be written, or when the guest has something due."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        blocked = bool(self._unsent) and self._pace is None
        if self._master is not None:
            if blocked:
                loop.add_writer(self._master, self._run)
                return
            loop.remove_writer(self._master)
        due = now if self._health.fault.floods else self.guest.due
        if self._unsent or (due is not None and self._master is None):
            due = max(due or now, now + PACE) if self._master is None else now + PACE
        if due is not None:
            self._timer = loop.call_at(due, self._run)

    def _set_reading(self, *, on: bool) -> None:
        if on == self._reading or self._master is None:
            return
        self._reading = on
        loop = asyncio.get_running_loop()
        if on:
            loop.add_reader(self._master, self._read)
        else:
            loop.remove_reader(self._master)

    def _read(self) -> None:
        if self._master is None:
            return
        try:
            data = os.read(self._master, INPUT)
        except BlockingIOError:
            return
        self._send(self.guest.feed(data, self._now()))
