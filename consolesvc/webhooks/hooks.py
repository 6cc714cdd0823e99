"""All webhooks: each is told of the events that it asked for, and none waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from consolesvc.config.telling import Webhook
from consolesvc.feed import Item
from consolesvc.webhooks.delivery import Deliverer
from consolesvc.webhooks.hook import Hook
from consolesvc.webhooks.keeping import Kept, keep, restore

log = logging.getLogger(__name__)


class Hooks:
    """Those that are configured.

    Args:
        folder: The state folder, where what is still to be told is kept over a restart; None: it is not.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept = Kept() if folder is None else restore(folder)
        self._deliverer = Deliverer()
        self._hooks: list[Hook] = []

    def __repr__(self) -> str:
        return f"<Hooks {self._hooks}>"

    def hear(self, item: Item) -> None:
        """Have those told of an event who asked for it. It waits for nobody."""
        for hook in self._hooks:
            hook.hear(item)

    async def apply(self, configs: Sequence[Webhook]) -> None:
        """Have these, and no others; one that was there already goes on where it is, and one of the last run too."""
        before, self._hooks = self._hooks, []
        for config in configs:
            known = next((hook for hook in before if hook.config == config), None)
            if known is not None:
                before.remove(known)
                self._hooks.append(known)
                continue
            made = Hook(config, self._deliverer.deliver)
            self._hooks.append(made)
            for item in self._kept.take(config):
                made.hear(item)
        kept, self._kept = len(self._kept), Kept()
        if kept:
            log.warning("%d events of the last run were for webhooks that are gone, and are dropped", kept)
        _lost(list(zip(before, await asyncio.gather(*(hook.close(0) for hook in before)), strict=True)))

    async def close(self, patience: float) -> None:
        """Tell what is still to be told, for so many seconds; what is left is kept for the next start, or logged."""
        hooks, self._hooks = self._hooks, []
        left = await asyncio.gather(*(hook.close(patience) for hook in hooks))
        await self._deliverer.close()
        untold = [(hook, items) for hook, items in zip(hooks, left, strict=True) if items]
        if not untold:
            return
        if self._folder is None or not keep(self._folder, [(hook.config, items) for hook, items in untold]):
            _lost(untold)
            return
        for hook, items in untold:
            log.info("webhook %s: %d events are kept for the next start", hook.where, len(items))


def _lost(untold: Sequence[tuple[Hook, Sequence[Item]]]) -> None:
    for hook, items in untold:
        if items:
            log.warning("webhook %s: %d events were not delivered", hook.where, len(items))
