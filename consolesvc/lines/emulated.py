"""Lines of kind `emulated`: a fake server behind a PTY, opened by the ordinary serial line.

The fake owns the PTY's master and our serial line opens the slave, so that a fake exercises the real path (DESIGN
section 4). The fake outlives its lines: an unplug does not reboot it.
"""

from __future__ import annotations

import asyncio

from consolesvc.config.linespec import EmulatedSpec, SerialSpec
from consolesvc.emulator.guests import GuestOptions, make_guest
from consolesvc.emulator.pty import FakeServer
from consolesvc.errors import LineUnavailable
from consolesvc.lines.base import Receiver
from consolesvc.lines.serial import SerialLine, SerialOpener


class EmulatedOpener:
    """Starts a fake server with the first line and stops it when it is closed itself."""

    local = True

    def __init__(self, spec: EmulatedSpec, name: str) -> None:
        self.spec = spec
        self.due = asyncio.Event()
        guest = make_guest(spec.guest, GuestOptions(name=name, rate=spec.rate, file=spec.file))
        self.fake = FakeServer(name, guest, baud=spec.settings.baud if spec.speed == "line" else None)

    async def open(self, receiver: Receiver) -> SerialLine:
        """Open the fake's slave side; raises LineUnavailable while it is unplugged."""
        if not self.fake.started:
            try:
                self.fake.start()
            except OSError as error:
                cure = "see `ulimit -n` and /proc/sys/kernel/pty/max"
                raise LineUnavailable(f"no PTY for it: {error.strerror}", cure) from error
        if self.fake.path is None:
            raise LineUnavailable("unplugged")
        return await SerialOpener(SerialSpec(self.fake.path)).open(receiver)

    async def close(self) -> None:
        """Stop the fake server."""
        self.fake.stop()
        self.fake.power_changed = None
