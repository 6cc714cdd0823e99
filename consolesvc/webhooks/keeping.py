"""What webhooks have still to be told, over a restart: written at a stop, read back and removed at the next start.

A webhook is known by the sha256 of its URL, which may be secret. What a crash finds untold is not in the file: it is in
the logs' indexes, as all events are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from consolesvc.config.telling import Webhook
from consolesvc.feed import Item
from consolesvc.whole import write_whole

log = logging.getLogger(__name__)

FILE = "webhooks.json"
OLDEST = 7 * 86400.0
"""Seconds after which an event is nothing to be told any more: nobody had asked for it since."""

Untold = tuple[Webhook, Sequence[Item]]
"""A webhook, and what it was not told, in order."""


class Kept:
    """What the last run kept, until it is taken.

    Args:
        queues: Of each webhook, the sha256 of its URL and its events.
    """

    def __init__(self, queues: Iterable[tuple[str, list[Item]]] = ()) -> None:
        self._queues = list(queues)

    def __repr__(self) -> str:
        return f"<Kept {len(self)} events>"

    def __len__(self) -> int:
        return sum(len(items) for _, items in self._queues)

    def take(self, hook: Webhook) -> list[Item]:
        """What is kept for a webhook; of two with one URL, the first takes the first's."""
        for number, (digest, items) in enumerate(self._queues):
            if digest == _digest(hook):
                del self._queues[number]
                return items
        return []


def keep(folder: Path, untold: Iterable[Untold]) -> bool:
    """Write it to the state folder, readable by us alone; whether it could be. An error is logged: stopping goes on."""
    queues = [
        {"url": _digest(hook), "events": [item._asdict() | {"facts": dict(item.facts)} for item in items]}
        for hook, items in untold
    ]
    try:
        write_whole(folder / FILE, json.dumps({"webhooks": queues}).encode(), 0o600)
    except OSError as error:
        log.error("what webhooks have still to be told was not kept: %s", error)  # noqa: TRY400 - an operator's matter
        return False
    return True


def restore(folder: Path, wall: Callable[[], float] = time.time) -> Kept:
    """Read back what the last run kept, and remove it. A file that cannot be read, or is not ours, restores nothing."""
    path = folder / FILE
    try:
        document = json.loads(path.read_text())
        path.unlink()
        since = wall() - OLDEST
        return Kept(
            (str(queue["url"]), [item for item in (Item(**event) for event in queue["events"]) if item.time >= since])
            for queue in document["webhooks"]
        )
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, LookupError, TypeError) as error:
        log.warning("what webhooks had still to be told could not be read: %s", error)
        return Kept()


def _digest(hook: Webhook) -> str:
    return hashlib.sha256(hook.url.encode()).hexdigest()
