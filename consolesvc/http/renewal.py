"""TLS files that count as soon as they change: a certificate is renewed without a restart or a signal.

A pair that does not fit leaves the one of before in place, and is told: certbot and its like write certificate and key
one after the other, so that the first look at a bad pair is taken for one in the middle of that.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from consolesvc.config.access import Tls
from consolesvc.config.tls_context import load_tls
from consolesvc.errors import TlsUnusable

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""
SETTLED = 2.0
"""Seconds after which a file's time of change tells two writes apart, on any file system we know."""

_Signature = tuple[tuple[int, int, int] | None, ...]


class Renewal:
    """What a port speaks TLS with now.

    Args:
        tls: The files and what else the configuration says.
        clock: Seconds since 1970.

    Attributes:
        tls: As above.
        trouble: What is wrong with the files, or that the certificate's time is over; "" where all is well.

    Raises:
        TlsUnusable: the files are wrong from the start.
    """

    def __init__(self, tls: Tls, *, clock: Callable[[], float] = time.time) -> None:
        self.tls = tls
        self.trouble = ""
        self._clock = clock
        self._seen = self._signature()
        self._loaded = load_tls(tls)
        self._failed = False
        self._tell_expiry()

    def __repr__(self) -> str:
        return f"<Renewal {self.tls.cert} {self._loaded.validity}>"

    @property
    def context(self) -> ssl.SSLContext:
        """For new connections."""
        return self._loaded.context

    @property
    def expires(self) -> float:
        """Seconds since 1970 at which the certificate's time is over."""
        return self._loaded.validity.end

    def look(self) -> None:
        """Take over what has changed; to be called every LOOK_EVERY seconds."""
        seen = self._signature()
        if seen != self._seen or self._failed or self._fresh(seen):
            self._seen = seen
            self._reload()
        if not self._failed:
            self._tell_expiry()

    def _reload(self) -> None:
        try:
            loaded = load_tls(self.tls)
        except TlsUnusable as error:
            if self._failed:
                self._tell(f"{error}; what was there before is still shown")
            self._failed = True
            return
        self._failed = False
        if loaded.digest != self._loaded.digest:
            self._loaded = loaded
            log.info("tls: new connections are shown the new %s, %s", self.tls.cert, loaded.validity)

    def _tell_expiry(self) -> None:
        trouble = self._loaded.validity.trouble(self._clock())
        self._tell(f"tls.cert: {self.tls.cert} {trouble}" if trouble else "")

    def _tell(self, trouble: str) -> None:
        """Log what is wrong once, and that it is over."""
        if trouble == self.trouble:
            return
        if trouble:
            log.warning("%s", trouble)
        else:
            log.info("tls: all is well with %s again", self.tls.cert)
        self.trouble = trouble

    def _signature(self) -> _Signature:
        """What a change to one of the files changes; links are followed, as certbot's have to be."""
        return tuple(map(_signature_of, (self.tls.cert, self.tls.key, self.tls.client_ca)))

    def _fresh(self, seen: _Signature) -> bool:
        """Whether a second change could look like the first."""
        now = self._clock() * 1e9
        return any(one is not None and abs(now - one[0]) < SETTLED * 1e9 for one in seen)


def _signature_of(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    # The time of change, not of modification: that one a copy may keep, and a chmod does not touch it.
    return None if found is None else (found.st_ctime_ns, found.st_ino, found.st_size)
