"""What happens to consoles, read from the service's stream of server-sent events; over its restarts too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from consolesvc.client.answers import Event
from consolesvc.client.transport import Transport
from consolesvc.errors import ClientError

AWAY = (0, 429, 502, 503, 504)
"""Statuses of a service that may be asked again: it is not there, or has not seen yet that our last stream ended."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two tries to reach it again; doubling."""
SILENCE = 20.0
"""Seconds after which a stream says that it is alive, with some to spare."""
GAP = "gap"
"""What an event is called that tells of missing ones."""


def read(
    transport: Transport, query: str, *, follow: bool, last: str | None, away: Callable[[ClientError], None] | None
) -> Iterator[Event]:
    """Events as they come, or those that are remembered; see Cloud.events."""
    pause, came, told = FIRST_PAUSE, False, False
    while True:
        try:
            for block in _blocks(transport, query, last):
                came, pause, told = True, FIRST_PAUSE, False
                last = block.get("id", last)
                if "data" in block:
                    yield _event(transport, block, last or "")
            if not follow:
                return
        except ClientError as error:
            if not follow or not came or error.status not in AWAY or not error.passing:
                raise
            if away is not None and not told:
                away(error)
                told = True
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)


def _blocks(transport: Transport, query: str, last: str | None) -> Iterator[dict[str, str]]:
    """The fields of each block of the stream."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    block: dict[str, str] = {}
    for raw in transport.lines(f"/console/v1/events{query}", headers, wait=SILENCE):
        name, _, value = raw.decode("utf-8", "replace").rstrip("\r\n").partition(":")
        if name:
            block[name] = value.removeprefix(" ")
        elif not raw.startswith(b":") and block:
            yield block
            block = {}


def _event(transport: Transport, block: dict[str, str], event_id: str) -> Event:
    try:
        data: dict[str, Any] = json.loads(block["data"])
        if block.get("event") != GAP:
            return Event(event_id, data.pop("event"), server_id=data.pop("id"), **data)
        count = "nobody knows how many" if data["missed"] is None else data["missed"]
        return Event(event_id, GAP, text=f"events are missing: {count}", facts=data)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise transport.stranger() from None
