"""Reading the configuration again, on HUP, while the service runs (DESIGN 5.1)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from consolesvc.cli.log_lines import FORMATTERS
from consolesvc.cli.supervised import Supervised
from consolesvc.config.model import Config
from consolesvc.errors import ClientError, ConfigurationError, TlsUnusable
from consolesvc.service import Service

log = logging.getLogger("consolesvc")


class Rereading:
    """Has a service go over to what its configuration says now, each time that it is asked to.

    One time after the other: who asks while it is at it is answered by one more.

    Args:
        service: What goes over.
        read: Reads the configuration; called in a thread.
        supervised: Is told of it.
        taken: Called with each configuration that was gone over to.
    """

    def __init__(
        self,
        service: Service,
        read: Callable[[], Config],
        supervised: Supervised,
        taken: Callable[[Config], None],
    ) -> None:
        self._service = service
        self._read = read
        self._supervised = supervised
        self._taken = taken
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def __repr__(self) -> str:
        return f"<Rereading {'under way' if self._task is not None and not self._task.done() else 'at rest'}>"

    def ask(self) -> None:
        """Read it again, soon."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="reload")

    async def close(self) -> None:
        """Give up what is under way: the service is about to stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._again:
            self._again = False
            await self._once()

    async def _once(self) -> None:
        self._supervised.reloading()
        try:
            config = await asyncio.to_thread(self._read)
            restarts = await self._service.reload(config)
        except (ConfigurationError, ClientError, TlsUnusable) as error:
            self._service.seen.refused(str(error))
            log.error("the configuration was not reloaded, the old one stays:\n%s", error)  # noqa: TRY400 - a user's slip, no traceback
        else:
            for handler in logging.getLogger().handlers:
                handler.setFormatter(FORMATTERS[config.service.log_format]())
            for restart in restarts:
                log.warning("%s", restart)
            self._taken(config)
            log.info("configuration reloaded: %d servers", len(self._service.inventory))
        finally:
            self._supervised.ready()
