"""A file of credentials that counts as soon as it changes: no restart, no signal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from consolesvc.errors import ConfigurationError

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the file, at least."""
SETTLED = 2.0
"""Seconds after which a file's time of change tells two writes apart, on any file system we know."""

_Signature = tuple[int, int, int]


class Watched(Generic[T]):
    """What a file says now.

    Args:
        path: The file.
        read: Its reader, which raises ConfigurationError.
        clock: Seconds, monotonic.

    Raises:
        ConfigurationError: the file is wrong from the start.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._read = read
        self._clock = clock
        self._looked = clock()
        self._seen = self._signature()
        self._value = read(path)
        self._trouble = ""
        self._changes = 0

    def __repr__(self) -> str:
        return f"<Watched {self.path}>"

    @property
    def value(self) -> T:
        """What the file says, as of at most LOOK_EVERY seconds ago; a file gone wrong leaves what it said before."""
        now = self._clock()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            seen = self._signature()
            if seen is None or seen != self._seen:
                self._seen = seen
                self._reread()
        return self._value

    @property
    def changes(self) -> int:
        """How often it has come to say something else."""
        _ = self.value
        return self._changes

    def _reread(self) -> None:
        try:
            value = self._read(self.path)
        except ConfigurationError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.error("%s is wrong, what it said before still counts:\n%s", self.path, error)  # noqa: TRY400 - a user's slip, no traceback
            return
        self._changes += value != self._value
        self._value = value
        if self._trouble:
            self._trouble = ""
            log.info("%s is good again", self.path)

    def _signature(self) -> _Signature | None:
        """What a change to the file changes; None where that cannot be told, so that it is read again."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        if abs(time.time() - found.st_mtime) < SETTLED:
            # Two writes within one tick of the file system's clock look the same.
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
