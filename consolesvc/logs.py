"""The log folder of a service, from its start to its stop."""

from __future__ import annotations

import logging
from pathlib import Path

from consolesvc.config.linespec import RemoteSpec
from consolesvc.config.operators import Log
from consolesvc.config.server import ServerConfig
from consolesvc.errors import StartError
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.log.thread import LogThread

log = logging.getLogger(__name__)


class Logs:
    """Where all consoles' logs are.

    Args:
        config: `log:` of the configuration.
        path: The folder where the configuration names none; None: there are no logs.

    Attributes:
        path: Where the folder is, or would be; None for nowhere.
        directory: The folder while it is taken; None otherwise.
    """

    def __init__(self, config: Log, path: Path | None) -> None:
        self._config = config
        self.path = config.directory or path
        self.directory: LogDirectory | None = None

    def __repr__(self) -> str:
        return f"<Logs {self.directory}>"

    async def open(self) -> None:
        """Take the folder; raises StartError where another process has it."""
        if self.path is None or not self._config.enabled:
            return
        self.directory = LogDirectory(self.path, self._config, LogThread())
        try:
            await self.directory.thread.call(self.directory.prepare)
        except OSError as error:
            # Each console's log says so once more and tries again: consoles work without.
            log.error("log folder %s: %s", self.path, error.strerror)  # noqa: TRY400 - an operator's matter, no traceback
        except StartError:
            await self.close(0.5)
            raise

    def rebound(self, config: Log) -> None:
        """Go by other bounds; what else `log:` says needs a restart (config/restarts.py)."""
        if (directory := self.directory) is not None:
            directory.thread.post(lambda: directory.rebound(config))

    def file(self, server: ServerConfig, *, made: bool) -> LogFile | None:
        """The log of a server's console; None where it has none. `made`: whether the server was made over the API."""
        if self.directory is None or not server.log:
            return None
        # Nothing of a name that a caller chose reaches a path (DESIGN 5.5).
        name = server.id if made else server.name
        return LogFile(self.directory, name, server.ring, counted_elsewhere=isinstance(server.line, RemoteSpec))

    async def close(self, patience: float) -> None:
        """Let go of the folder, within so many seconds. Idempotent."""
        directory, self.directory = self.directory, None
        if directory is not None:
            directory.thread.post(directory.close)
            if not await directory.thread.close(patience):
                log.error("the disk under the logs did not answer in %g s", patience)
