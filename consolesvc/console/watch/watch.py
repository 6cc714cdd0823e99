"""A console's watch: one more cursor, which looks at what has come and tells what it recognises (DESIGN section 3).

It costs the way of a byte one question. A clock for all consoles (rounds.py) has it look, LOOK seconds after the first
byte that it has not seen; of a flood it sees the last bytes.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from typing import Any

from consolesvc.config.telling import Events
from consolesvc.console.text import plain_text
from consolesvc.console.watch.memory import Memory
from consolesvc.console.watch.recogniser import STAGE, Finding, Recogniser
from consolesvc.console.watch.sentences import sentence
from consolesvc.console.watch.silence import Silence
from consolesvc.console.watch.subject import Subject
from consolesvc.log.index import Record
from consolesvc.rounds import Rounds

log = logging.getLogger(__name__)

LOOK = 0.2
"""Seconds between a byte and the look at it, about; and so between two looks."""
MOST = 64 * 1024
"""Bytes that one look sees, the last ones."""
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
    """

    def __init__(self, console: Subject, events: Events) -> None:
        self.rounds = Rounds(LOOK, look_all)
        self.offset = 0
        self.memory = Memory(console)
        self._console = console
        self._events = events
        self._recogniser = Recogniser(events)
        self._silence = Silence(console, events.silence, self._happened)
        self._asked = self._is_idle
        self._unfinished: list[tuple[Finding, float]] = []

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
        self.look()
        self._events = events
        self._recogniser.retune(events)
        self._silence.seconds = events.silence
        self._silence.listen()
        self._asked = self._is_idle

    def close(self) -> None:
        """Look at the last bytes, and never again. Idempotent."""
        self.look()
        self._tell_unfinished()
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
        self.look()
        self._recogniser.break_off()
        self._silence.listen()

    def look(self) -> None:
        """Look at what has come since the last time."""
        self._asked = self._is_idle
        self._tell_unfinished()
        ring = self._console.ring
        begin = max(self.offset, ring.start, ring.end - MOST)
        self.offset = ring.end
        if begin == ring.end:
            return
        now = asyncio.get_running_loop().time()
        came = time.time() - (now - (self._console.last_output or now))
        self._silence.broken(begin, came)
        if self._recogniser.is_idle:
            return
        for finding in self._recogniser.feed(begin, ring.read(begin, ring.end - begin), now):
            if finding.ended or finding.kind in _PROMPTS:
                self._tell(finding, came)
            else:
                self._unfinished.append((finding, came))
        if self._unfinished:
            self.news()

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


def look_all(watches: Iterable[Watch]) -> None:
    """Have those look who are due; a fault in one costs no other anything."""
    for watch in watches:
        try:
            watch.look()
        except Exception:
            log.exception("%r failed", watch)
