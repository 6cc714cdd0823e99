"""A service's life as systemd sees it: ready, reloading, alive, stopping. Without systemd nothing of it happens."""

from __future__ import annotations

import asyncio

from consolesvc.service import Service
from consolesvc.systemd import Notifier


class Supervised:
    """Tells systemd how a service is.

    The sign of life comes from a timer of the service's own loop, at half of the time that systemd waits: a loop that
    hangs, whatever it hangs in, gives none, and systemd starts the service anew.

    Args:
        service: Which.
        notifier: How systemd is told.
    """

    def __init__(self, service: Service, notifier: Notifier) -> None:
        self._service = service
        self._notifier = notifier
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Supervised by {self._notifier!r}>"

    @property
    def status(self) -> str:
        """What `systemctl status` shows of it: `2 of 3 lines connected, 5 viewers; API http://…, consoles ws://…`."""
        consoles = [server.console for server in self._service.inventory]
        connected = sum(console.connected for console in consoles)
        viewers = sum(len(console.viewers) for console in consoles)
        refused = self._service.seen.reloads.trouble is not None
        trouble = "; the configuration was not reloaded, see the log" if refused else ""
        tls = "; TLS is in trouble, see the log" if self._service.ports.trouble is not None else ""
        where = f"API {self._service.ports.api}, consoles {self._service.ports.proxy}"
        return f"{connected} of {len(consoles)} lines connected, {viewers} viewers; {where}{trouble}{tls}"

    def ready(self) -> None:
        """The service answers: after its start, and after a reload, whatever came of that."""
        self._notifier.ready(self.status)
        if self._timer is None and self._notifier.watchdog is not None:
            self._live()

    def reloading(self) -> None:
        """The configuration is being read again; `ready` is said next."""
        self._notifier.reloading()

    def stopping(self) -> None:
        """The end has begun, and is watched until it is there."""
        self._notifier.stopping()

    def close(self) -> None:
        """Give no more signs of life."""
        if self._timer is not None:
            self._timer.cancel()

    def _live(self) -> None:
        assert self._notifier.watchdog is not None  # noqa: S101 - else no timer is set
        self._notifier.alive(self.status)
        self._timer = asyncio.get_running_loop().call_later(self._notifier.watchdog / 2, self._live)
