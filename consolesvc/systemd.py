"""systemd's own protocols, by the standard library: readiness, reloads, the watchdog, inherited sockets.

sd_notify(3), sd_listen_fds(3) and sd_watchdog_enabled(3) in the form that systemd sends and reads. Whoever reads the
variables takes them away: a command on a line must not be taken for us, nor think that our sockets are its own.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import MutableMapping
from typing import NamedTuple

log = logging.getLogger(__name__)

FIRST = 3
"""The descriptor of the first inherited socket (SD_LISTEN_FDS_START)."""
SEND_WAIT = 1.0
"""Seconds that systemd has to take a message, which it does at once unless it is in trouble itself; a sign of life,
after which comes another, waits not at all."""

Environ = MutableMapping[str, str]


class InheritedSocket(NamedTuple):
    """A socket that systemd has opened for us, and the name that its unit gives it; "" for none."""

    name: str
    sock: socket.socket


class Notifier:
    """Tells systemd how we are; nothing where it does not want to know.

    Attributes:
        watchdog: Seconds within which systemd wants a sign of life; None where it wants none.
    """

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        self.watchdog = watchdog if address else None
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._warned = False

    def __repr__(self) -> str:
        return f"<Notifier {self._address!r}>"

    def ready(self, status: str) -> None:
        """All is well: after the start, and after a reload, whatever came of it."""
        self._send("READY=1", _status(status))

    def reloading(self) -> None:
        """The configuration is being read again; `ready` follows."""
        # The monotonic clock's time is what a unit with Type=notify-reload wants.
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1", _status("stopping"))

    def alive(self, status: str) -> None:
        """The watchdog's sign of life."""
        self._send("WATCHDOG=1", _status(status), wait=0)

    def _send(self, *assignments: str, wait: float = SEND_WAIT) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(wait)
                sock.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            if not self._warned:
                self._warned = True
                log.warning("systemd could not be told %s: %s", assignments[0], error)


def _status(text: str) -> str:
    """One line of `systemctl status`."""
    return f"STATUS={' '.join(text.split())}"


def take_notifier(environ: Environ) -> Notifier:
    """What the environment asks for, which is taken out of it."""
    address = environ.pop("NOTIFY_SOCKET", "")
    usec, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
    if address and address[0] not in "/@":
        log.warning("NOTIFY_SOCKET=%s: expected a path or an abstract address with @; systemd is told nothing", address)
        return Notifier()
    watchdog = int(usec) / 1e6 if usec.isdecimal() and int(usec) and pid in ("", str(os.getpid())) else None
    return Notifier(address, watchdog)


def take_sockets(environ: Environ) -> list[InheritedSocket]:
    """The sockets that were opened for this process, which are its own from now on.

    Raises:
        OSError: there are none where the environment says so.
    """
    count, pid = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_PID", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if not count.isdecimal() or pid != str(os.getpid()):
        return []
    found = []
    for index, number in enumerate(range(FIRST, FIRST + int(count))):
        os.set_inheritable(number, False)
        found.append(InheritedSocket(names[index] if index < len(names) else "", socket.socket(fileno=number)))
    return found
