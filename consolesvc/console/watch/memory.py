"""What is known of a console's boots and events: written into the log's index, and read from it after a restart."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
from collections.abc import Collection, Iterable

from consolesvc.config.telling import EVENT_KINDS
from consolesvc.console.events import Event
from consolesvc.console.watch.boots import MOST as MOST_BOOTS
from consolesvc.console.watch.boots import Boots
from consolesvc.console.watch.recogniser import STAGE
from consolesvc.console.watch.subject import Subject
from consolesvc.lines.thread import in_thread
from consolesvc.log.history import last_events
from consolesvc.log.index import Record

log = logging.getLogger(__name__)

RECENT = 5
"""Events that are remembered for who asks what happened last."""
RECORDS = 6 * MOST_BOOTS
"""Events read from the log's indexes at most."""
TAIL = 64 * 1024
"""Bytes at the end of an index that are read at a start: what was known at an orderly stop is among the last."""
KEPT = "kept"
"""A record that is there once more, for the next start; its fact `of` is the event that it was."""


class Memory:
    """Remembers what was recognised on one console.

    Args:
        console: Whose.

    Attributes:
        boots: The machine's last boots.
        recent: What was recognised last, the oldest first.
    """

    def __init__(self, console: Subject) -> None:
        self.boots = Boots()
        self.recent: list[Event] = []
        self._console = console
        self._last: dict[str, Record] = {}
        self._recalled = False
        self._recalling = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Memory of {self._console.name}: {self.boots!r}>"

    async def start(self, own: Collection[str]) -> list[Record]:
        """Take in what the end of the index tells; own: the names of patterns. Returns the records, oldest first."""
        writer, records = self._console.log, []
        if writer is not None:
            try:
                records = _once_each(await writer.last_events((*EVENT_KINDS, STAGE, KEPT, *own), RECORDS, TAIL))
            except OSError as error:
                self._complain(error)
        for record in records:
            self._take(record)
        return records

    def take(self, record: Record) -> Event:
        """Remember what was just recognised, and write it down; how viewers are told of it."""
        if self._console.log is not None:
            self._console.log.record(record)
        return self._take(record)

    def keep(self) -> None:
        """Write down once more what the next start needs to know: the end of the index has it then."""
        if self._console.log is not None:
            for record in self._last.values():
                kept = dataclasses.replace(record, event=KEPT, facts={"of": record.event, **record.facts})
                self._console.log.record(kept)
        self._last.clear()

    async def recall(self) -> None:
        """Have in `boots` also what older indexes tell of, as far as boots are remembered at all."""
        writer = self._console.log
        async with self._recalling:
            if self._recalled or writer is None:
                return
            known = self.boots.newest(MOST_BOOTS)
            begun = known[-1].start.offset if known else self._console.ring.end
            segments = await writer.segments()
            # Not in the log's thread, which has bytes to write; indexes may be long.
            search = functools.partial(last_events, segments[::-1], ("boot", STAGE, "login", "panic"), RECORDS)
            try:
                records = await in_thread(f"boots {self._console.name}", search, lambda _: None)
            except OSError as error:
                self._complain(error)
                return
            self.boots.precede(record for record in records if record.offset < begun)
            self._recalled = True

    def _take(self, record: Record) -> Event:
        kind, facts = record.event or "", dict(record.facts)
        text = str(facts.pop("text", ""))
        event = Event(record.offset, kind, text, record.time, facts, quiet=True)
        self.boots.take(record)
        if kind == "boot":
            self._last.clear()
        self._last[f"{kind} {facts.get('what') or facts.get('stage')}"] = record
        if kind != STAGE:
            self.recent = [*self.recent[1 - RECENT :], event]
        return event

    def _complain(self, error: OSError) -> None:
        log.warning("%s: the log's index cannot be read: %s", self._console.name, error)


def _once_each(records: Iterable[Record]) -> list[Record]:
    """Records in the order of the stream; what is there once more counts where it is nowhere else."""
    found: dict[tuple[str | None, int], Record] = {}
    for record in map(_as_it_was, records):
        found.setdefault((record.event, record.offset), record)
    return sorted(found.values(), key=lambda record: (record.offset, record.event != "boot"))


def _as_it_was(record: Record) -> Record:
    if record.event != KEPT:
        return record
    facts = dict(record.facts)
    return dataclasses.replace(record, event=facts.pop("of", None), facts=facts)
