"""A console that is watched, and what everybody is told of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from consolesvc.config.telling import Events
from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.watch.recogniser import Finding
from consolesvc.console.watch.watch import Watch
from consolesvc.log.index import Record, read_index
from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import with_log

LINUX = b"\r\n[    0.000000] Linux version 6.1\r\n[    0.100000] more\r\n"
LOGIN = b"\r\nnode login: "
PANIC = b"\r\n[   10.000000] Kernel panic - not syncing: no init\r\n"


class Told:
    """What everybody is told on one console."""

    def __init__(self, console: Console) -> None:
        self.events: list[Event] = []
        before = console.heard

        def heard(event: Event) -> None:
            self.events.append(event)
            if before is not None:
                before(event)

        console.heard = heard

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    async def until(self, *kinds: str, seconds: float = 5.0) -> list[Event]:
        """All events, once these have been told and no others."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: self.kinds == list(kinds), seconds)
        assert self.kinds == list(kinds)
        return self.events


@contextlib.asynccontextmanager
async def watched(path: Path, **events: Any) -> AsyncIterator[tuple[World, Told]]:
    """A service that logs, one console, and what is told on it."""
    async with world(path, with_log(path), events=Events(**events)) as lab:
        yield lab, Told(lab.console)


def recorded(path: Path, *kinds: str) -> list[Record]:
    """Events in the index."""
    return [record for record in read_index(path / "logs/node.index") if record.event in kinds]


def sizes_of_looks(watch: Watch) -> list[int]:
    """How many bytes each look sees from now on."""
    sizes: list[int] = []
    feed = watch._recogniser.feed

    def counted(offset: int, data: bytes, now: float) -> list[Finding]:
        sizes.append(len(data))
        return feed(offset, data, now)

    watch._recogniser.feed = counted  # type: ignore[method-assign]  # to count
    return sizes


def offsets(lab: World) -> list[int | None]:
    """Where the last boot began, came further, and came to its login."""
    boot = lab.console.watch.memory.boots.last
    return [boot.start.offset, *(stage.offset for stage in boot.stages), boot.login and boot.login.offset]
