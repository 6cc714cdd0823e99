"""All webhooks: each is told of the events that it asked for, and none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from consolesvc.config.telling import Webhook
from consolesvc.feed import Item
from consolesvc.webhooks.delivery import Deliverer
from consolesvc.webhooks.hook import Hook


class Hooks:
    """Those that are configured."""

    def __init__(self) -> None:
        self._deliverer = Deliverer()
        self._hooks: list[Hook] = []

    def __repr__(self) -> str:
        return f"<Hooks {self._hooks}>"

    def hear(self, item: Item) -> None:
        """Have those told of an event who asked for it. It waits for nobody."""
        for hook in self._hooks:
            hook.hear(item)

    async def apply(self, configs: Sequence[Webhook]) -> None:
        """Have these, and no others; one that was there already goes on where it is."""
        before, self._hooks = self._hooks, []
        for config in configs:
            known = next((hook for hook in before if hook.config == config), None)
            if known is not None:
                before.remove(known)
            self._hooks.append(known or Hook(config, self._deliverer.deliver))
        await asyncio.gather(*(hook.close(0) for hook in before))

    async def close(self, patience: float) -> None:
        """Tell what is still to be told, for so many seconds; what is left then is logged."""
        hooks, self._hooks = self._hooks, []
        await asyncio.gather(*(hook.close(patience) for hook in hooks))
        await self._deliverer.close()
