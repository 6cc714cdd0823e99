"""What is recognised on all consoles, brought to those who wish to know: the feed of events, and webhooks."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from consolesvc.config.server import ServerConfig
from consolesvc.config.telling import Webhook
from consolesvc.console.events import Event
from consolesvc.console.watch.watch import clock
from consolesvc.feed import Feed, Item
from consolesvc.inventory import Server

if TYPE_CHECKING:
    from consolesvc.webhooks.hooks import Hooks


class Watching:
    """The clock of all watches, and where their findings go.

    Args:
        folder: The state folder, where what webhooks have still to be told is kept over a restart; None: it is not.

    Attributes:
        rounds: The clock.
        feed: Every event of every console.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.rounds = clock()
        self.feed = Feed()
        self._hooks: Hooks | None = None

    def __repr__(self) -> str:
        return f"<Watching {self.feed!r}>"

    def attend(self, server: Server) -> None:
        """Hear from now on what happens to a server's console, which has not started."""
        server.console.watch.rounds = self.rounds
        server.console.heard = functools.partial(self._heard, server)

    def retune(self, server: Server, config: ServerConfig) -> None:
        """Have other events recognised, of a server that else is the same or sees to that itself; no session ends."""
        if config.events != server.config.events:
            server.config = replace(server.config, events=config.events)
            server.console.watch.retune(config.events)

    async def tell(self, hooks: Sequence[Webhook]) -> None:
        """Tell these webhooks from now on, and no others; one that stays keeps what it has still to be told."""
        if self._hooks is None:
            if not hooks:
                return
            from consolesvc.webhooks.hooks import Hooks  # noqa: PLC0415 - a client of HTTP: most services need none

            self._hooks = Hooks(self._folder)
            self.feed.listeners.append(self._hooks.hear)
        await self._hooks.apply(hooks)

    async def close(self, patience: float) -> None:
        """Call upon nobody any more; webhooks have so many seconds to be told the rest. Idempotent."""
        self.rounds.close()
        self.feed.close()
        hooks, self._hooks = self._hooks, None
        if hooks is not None:
            self.feed.listeners.remove(hooks.hear)
            await hooks.close(patience)

    def _heard(self, server: Server, event: Event) -> None:
        self.feed.publish(
            lambda event_id: Item(
                id=event_id,
                console=server.name,
                server_id=server.id,
                project_id=server.project_id,
                event=event.kind,
                offset=event.offset,
                stream=server.console.stream,
                time=event.time,
                text=event.text,
                facts=event.facts,
            )
        )
