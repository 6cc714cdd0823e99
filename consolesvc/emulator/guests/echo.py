"""The `echo` guest: sends back exactly the bytes it gets, and nothing else. For tests."""

from __future__ import annotations

from consolesvc.emulator.guests.base import PIECE, GuestOptions


class EchoGuest:
    """See the module; the `Guest` protocol says the rest."""

    def __init__(self, options: GuestOptions) -> None:
        self.name = options.name
        self.due: float | None = None
        self.powered = False
        self._waiting = bytearray()

    def __repr__(self) -> str:
        return f"<EchoGuest {self.name}, {len(self._waiting)} bytes waiting>"

    def power_on(self, now: float) -> bytes:
        """Start with nothing to send."""
        self.power_off(now)
        self.powered = True
        return b""

    def power_off(self, now: float) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Forget what was not yet sent back."""
        self._waiting.clear()
        self.due, self.powered = None, False
        return b""

    def feed(self, data: bytes, now: float) -> bytes:
        """Send `data` back, at most PIECE bytes now."""
        if self.powered:
            self._waiting += data
        return self.advance(now)

    def advance(self, now: float) -> bytes:
        """Send the next piece of what waits."""
        piece = bytes(self._waiting[:PIECE])
        del self._waiting[:PIECE]
        self.due = now if self._waiting else None
        return piece
