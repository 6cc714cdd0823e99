"""A console's watch: one more cursor, which looks at what has come and tells what it recognises (DESIGN section 3).

It costs the way of a byte one question. A clock for all consoles (rounds.py) has it look, LOOK seconds after the first
byte that it has not seen, or up to a second where thousands speak. A look sees MOST bytes; what a burst leaves is seen
in further looks soon after, so that a panic at its beginning is told. Of a flood that is faster than that, the last
bytes are seen, and how many were not is counted and written into the log's index, once for each flood:

    {"event": "unwatched", "offset": 9000, "time": "…", "bytes": 104857600, "end": 104866600}
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import weakref
from collections.abc import Iterable
from typing import Any

from consolesvc.config.telling import Events
from consolesvc.console.text import plain_text
from consolesvc.console.watch.memory import Memory
from consolesvc.console.watch.recogniser import STAGE, Finding, Recogniser
from consolesvc.console.watch.sentences import sentence
from consolesvc.console.watch.silence import Happened, Silence
from consolesvc.console.watch.subject import Subject
from consolesvc.log.index import Record
from consolesvc.rounds import Rounds

log = logging.getLogger(__name__)

LOOK = 0.2
"""Seconds between a byte and the look at it, about, and so between two looks; where that would take all of them more
than SHARE of the time, rounds.LONGEST."""
MOST = 64 * 1024
"""Bytes that one look sees."""
SHARE = 0.1
"""Of the time, that all looks may take before each waits longer."""
AT_ONCE = 8
"""Looks before the loop sees to its consoles again: half a millisecond, and those behind beside."""
BEHIND = 4 * 1024 * 1024
"""Bytes that a watch may be behind, and half the ring at most: beyond, it goes on with the last MOST."""
APART = 10.0
"""Seconds between two records of what was not seen; what several floods within them skip is told together."""
UNWATCHED = "unwatched"
"""The record of it, for the log's index alone."""
LINE = 512
"""Bytes of a line that are told, at most."""

_PROMPTS = ("bootloader", "login")
"""What stands at the end of what was said: its line does not go on."""
_STAMP = re.compile(r"^\[ *[0-9]+\.[0-9]+\] ")


class Watch:
    """Looks at one console's output.

    Args:
        console: Whose.
        events: What is wanted.

    Attributes:
        rounds: The clock by which it looks; before its start, that of all watches may take the place of its own.
        offset: What it has looked at ends here.
        memory: What it has recognised.
        skipped: Bytes that it has not looked at, for they came faster than it can.
    """

    def __init__(self, console: Subject, events: Events) -> None:
        self.rounds = clock()
        self.offset = 0
        self.skipped = 0
        self.memory = Memory(console)
        self._console = console
        self._events = events
        self._recogniser = Recogniser(events)
        self._silence = Silence(console, events.silence, _without_keeping(self._happened))
        self._asked = self._is_idle
        self._unfinished: list[tuple[Finding, float]] = []
        self._hole: tuple[int, int, int] | None = None
        """What was skipped and is not told yet: where it begins and ends, and how many bytes it is."""
        self._told_hole = float("-inf")

    def __repr__(self) -> str:
        return f"<Watch of {self._console.name} at {self.offset}>"

    @property
    def _is_idle(self) -> bool:
        """Whether there is nothing to look for."""
        return self._recogniser.is_idle and not self._events.silence

    async def start(self) -> None:
        """Begin at the stream's end, with what the log's index tells of before."""
        records = await self.memory.start([name for name, _ in self._events.patterns])
        now, wall = asyncio.get_running_loop().time(), time.time()
        for record in records:
            self._recogniser.restore(record.event or "", now - max(0.0, wall - record.time), record.facts)
        self.offset = self._console.ring.end

    def retune(self, events: Events) -> None:
        """Look for something else from now on."""
        self._look_through()
        self._events = events
        self._recogniser.retune(events)
        self._silence.seconds = events.silence
        self._silence.listen()
        self._asked = self._is_idle

    def close(self) -> None:
        """Look at the last bytes, and never again. Idempotent."""
        self._look_through()
        self._tell_unfinished()
        self._tell_hole()
        self._silence.stop()
        self.memory.keep()
        self._asked = True

    def news(self) -> None:
        """Bytes have come to the ring."""
        if not self._asked:
            self._asked = True
            self.rounds.soon(self)

    def break_off(self) -> None:
        """What comes next does not go on from what came before: the line was opened, is away, or bytes are missing."""
        self._look_through()
        self._recogniser.break_off()
        self._silence.listen()

    def go_on(self, offset: int) -> None:
        """The next byte has this offset: those in between are nobody's, and were not missed here."""
        self.offset = offset

    def look(self) -> None:
        """Look at what has come since the last time, MOST bytes of it; where more has, look again soon."""
        self._look()
        if self.offset < self._console.ring.end:
            if not self._asked:
                self._asked = True
                self.rounds.again(self)
        elif self._unfinished:
            self.news()

    def _look_through(self) -> None:
        """Look at all that has come."""
        self._look()
        while self.offset < self._console.ring.end:
            self._look()

    def _look(self) -> None:
        self._asked = self._is_idle
        self._tell_unfinished()
        ring = self._console.ring
        if self._recogniser.is_idle:
            begin, self.offset = max(self.offset, ring.start), ring.end
        else:
            begin = self._begin()
            self.offset = min(ring.end, begin + MOST)
        if begin == self.offset:
            return
        now = asyncio.get_running_loop().time()
        came = time.time() - (now - (self._console.last_output or now))
        self._silence.broken(begin, came)
        if self._recogniser.is_idle:
            return
        for finding in self._recogniser.feed(begin, ring.read(begin, self.offset - begin), now):
            if finding.ended or finding.kind in _PROMPTS:
                self._tell(finding, came)
            else:
                self._unfinished.append((finding, came))

    def _begin(self) -> int:
        """Where to look now: where the last look ended, or, where that is too far behind, at the last bytes."""
        ring, offset = self._console.ring, self.offset
        lag = ring.end - offset
        begin = offset if offset >= ring.start and lag <= min(ring.capacity // 2, BEHIND) else ring.end - MOST
        begin = max(begin, offset, ring.start)
        if begin > offset:
            start, _, size = self._hole or (offset, 0, 0)
            self._hole = start, begin, size + begin - offset
            self.skipped += begin - offset
        elif self._hole is not None and asyncio.get_running_loop().time() - self._told_hole >= APART:
            self._tell_hole()
        return begin

    def _tell_hole(self) -> None:
        """Write down what was skipped."""
        hole, self._hole = self._hole, None
        if hole is not None:
            self._told_hole = asyncio.get_running_loop().time()
            log.debug("%s: %d bytes came faster than they can be watched", self._console.name, hole[2])
            if self._console.log is not None:
                facts = {"bytes": hole[2], "end": hole[1]}
                self._console.log.record(Record(hole[0], time.time(), UNWATCHED, facts=facts))

    def _tell_unfinished(self) -> None:
        """Tell what was found in a line that had not ended: it has had its time."""
        unfinished, self._unfinished = self._unfinished, []
        for finding, came in unfinished:
            self._tell(finding, came)

    def _tell(self, finding: Finding, came: float) -> None:
        kind, facts = finding.kind, finding.facts
        if kind == STAGE:
            self.memory.take(Record(finding.offset, came, STAGE, facts=facts))
            return
        if "seconds" in facts and kind == "login" and (trend := self.memory.boots.trend) is not None:
            facts["median"] = trend
        if kind != "reset-loop":
            facts["line"] = self._line(finding.words)
        self._happened(kind, finding.offset, came, facts)

    def _happened(self, kind: str, offset: int, came: float, facts: dict[str, Any]) -> None:
        text = sentence(self._console.name, kind, facts)
        self._console.announce(self.memory.take(Record(offset, came, kind, facts={"text": text, **facts})))

    def _line(self, offset: int) -> str:
        """The text from there to the end of the line, as far as the ring has it, without the kernel's stamp."""
        ring = self._console.ring
        line = ring.read(max(offset, ring.start), LINE).lstrip(b"\r\n").partition(b"\n")[0]
        return _STAMP.sub("", plain_text(line).strip())


def _without_keeping(told: Happened) -> Happened:
    """A call of a method that does not keep its object: the two would know each other, and wait for the collector."""
    method = weakref.WeakMethod(told)

    def tell(kind: str, offset: int, came: float, facts: dict[str, Any]) -> None:
        if (bound := method()) is not None:
            bound(kind, offset, came, facts)

    return tell


def clock() -> Rounds[Watch]:
    """A clock for watches."""
    return Rounds(LOOK, look_all, at_once=AT_ONCE, share=SHARE)


def look_all(watches: Iterable[Watch]) -> None:
    """Have those look who are due; a fault in one costs no other anything."""
    for watch in watches:
        try:
            watch.look()
        except Exception:
            log.exception("%r failed", watch)
