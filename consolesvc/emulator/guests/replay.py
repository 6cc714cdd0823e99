"""The `replay` guest: plays a recorded output file with its timing."""

from __future__ import annotations

from pathlib import Path

from consolesvc.config.recording import parse_recording
from consolesvc.emulator.guests.base import PIECE, GuestOptions


class ReplayGuest:
    """Plays `options.file` once from each power on, then stays silent. Input is ignored.

    The file is read once, when the guest is made: the one place where a guest touches the disk. Its format is
    `config.recording.parse_recording`'s.

    Raises:
        ValueError: there is no file, it cannot be read, or it is no recording.
    """

    def __init__(self, options: GuestOptions) -> None:
        if options.file is None:
            raise ValueError("guest replay needs `file`, a recording to play")
        try:
            data = Path(options.file).read_bytes()
        except OSError as error:
            raise ValueError(f"{options.file}: {error.strerror}; expected a recording to play") from error
        self.file = options.file
        self.outputs = parse_recording(data, options.file)
        self.due: float | None = None
        self.powered = False
        self._start = 0.0
        self._next = 0
        self._sent = 0

    def __repr__(self) -> str:
        return f"<ReplayGuest {self.file}, {self._next} of {len(self.outputs)} outputs played>"

    def power_on(self, now: float) -> bytes:
        """Play from the beginning."""
        self._start, self._next, self._sent, self.powered = now, 0, 0, True
        self.due = self._time_of_next()
        return b""

    def power_off(self, now: float) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Stop playing."""
        self.due, self.powered = None, False
        return b""

    def feed(self, data: bytes, now: float) -> bytes:  # noqa: ARG002 - input is ignored, as the class says
        """Ignore the input."""
        return b""

    def advance(self, now: float) -> bytes:
        """Send what was said up to now, at most PIECE bytes of it."""
        said = bytearray()
        while self.due is not None and self.due <= now and len(said) < PIECE:
            data = self.outputs[self._next].data
            piece = data[self._sent : self._sent + PIECE - len(said)]
            said += piece
            self._sent += len(piece)
            if self._sent == len(data):
                self._next, self._sent = self._next + 1, 0
            self.due = self._time_of_next()
        return bytes(said)

    def _time_of_next(self) -> float | None:
        return self._start + self.outputs[self._next].at if self._next < len(self.outputs) else None
