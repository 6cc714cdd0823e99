"""Waiting until a console has said something: race-free, since it is told from which byte on (DESIGN 5.3 `wait`).

A wait first reads on its own what was said before. At the end it joins those that wait there (hearing.py); one that
cannot keep up with them, since its patterns take long, reads on its own again from where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.hearing import EVERY, HEARINGS, KEPT, MOST, Hearing, Place
from consolesvc.console.listening import Listener, transcript_from
from consolesvc.console.looking import LONGEST, Found, Wanted, is_quiet, quiet_at
from consolesvc.console.patterns import Pattern
from consolesvc.console.transcript import BEFORE, Transcript

__all__ = ["LONGEST", "Found", "Waited", "wait_for"]

SHORT = 0.5
"""Seconds below which a wait stays on its own: it is to say what there is now, and not a moment later."""
OLDER = 0.001
"""Seconds by which a match's silence is waited for too long, so that a clock's grain does not make it two waits."""


class Waited(NamedTuple):
    """What a wait came to.

    Attributes:
        found: The match; None where there was none in time.
        next: The offset to go on from: behind the match; without one, where one could still begin.
        gap: Bytes that could not be looked at.
    """

    found: Found | None
    next: int
    gap: Gap | None


async def wait_for(console: Console, patterns: Sequence[Pattern], listener: Listener, seconds: float) -> Waited:
    """Wait until one of the patterns matches.

    Of several matches the one that begins first counts, and of those the pattern that comes first. A match counts as
    soon as more text cannot change it; one that ends where the text does, and might not with more, once nothing has
    followed for a moment, or the time is over.

    Args:
        console: Whose output.
        patterns: What is waited for; one at least.
        listener: At the offset where the text begins; `^` matches there.
        seconds: How long to wait for output; what is there is looked at in any case.
    """
    wait = _Wait(console, Wanted(patterns, listener.offset), listener, seconds)
    found = await wait.run()
    return Waited(found, wait.wanted.start if found is None else found.end, wait.gap)


class _Wait:
    """One wait under way.

    Attributes:
        gap: Bytes that could not be looked at so far.
    """

    def __init__(self, console: Console, wanted: Wanted, listener: Listener, seconds: float) -> None:
        self.console = console
        self.wanted = wanted
        self.gap = listener.gap
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + seconds
        self._over = False

    async def run(self) -> Found | None:
        """Read on alone, then with the others, as often as it takes; None where there is no match in time."""
        while True:
            place = self._join(None, self._listener)
            found = None
            if place is None:
                place, found = await self._alone()
            if place is None or found is not None:
                return found
            try:
                found = await self._together(place)
            finally:
                self._hearing.leave(place)
                self._miss(place.gap)
            if found is not None or self._over:
                return found
            self._listener = Listener(self.console, max(self.wanted.begin, self.wanted.floor - BEFORE))

    def _join(self, transcript: Transcript | None, listener: Listener) -> Place | None:
        """A place among those that wait at the end, if this wait has come there.

        Args:
            transcript: What it has read; None for nothing.
            listener: Where it stands.
        """
        console = self.console
        if console.closed or self._until - self._loop.time() < SHORT:
            return None
        hearing = HEARINGS.get(console)
        place = Place(self.wanted)
        if hearing is not None and self.wanted.floor >= hearing.transcript.start:
            place.wake(due=True)
        elif transcript is None or listener.offset < listener.said:
            return None
        elif hearing is None:
            hearing = HEARINGS[console] = Hearing(console, transcript, listener)
        elif transcript.start < hearing.transcript.start and listener.offset >= hearing.listener.offset:
            hearing.take(transcript, listener)
        else:
            return None
        hearing.places.add(place)
        self._hearing = hearing
        return place

    async def _alone(self) -> tuple[Place | None, Found | None]:
        """Read on until there is a match, or the time is over, or the others are reached."""
        listener, console = self._listener, self.console
        transcript = await transcript_from(console, listener.offset)
        place = self._join(transcript, listener) if listener.has_all else None
        fresh = False
        while place is None:
            piece = await listener.piece(self._until)
            self._miss(listener.gap)
            if piece is not None:
                transcript.add(piece.offset, piece.data)
                fresh = True
                if not listener.has_all and len(transcript.text) - transcript.context <= MOST:
                    continue
            last = listener.has_all and (piece is None or self._loop.time() >= self._until or is_quiet(console))
            if fresh or self.wanted.touching:
                found = await self.wanted.look(transcript.snapshot(), last=last)
                fresh = False
                if found is not None or piece is None:
                    return None, found
            elif piece is None:
                return None, None
            transcript.keep(KEPT)
            place = self._join(transcript, listener)
        return place, None

    async def _together(self, place: Place) -> Found | None:
        """Wait with the others; None also where this wait has not kept up with them, and then it is not `_over`."""
        hearing, wanted, console = self._hearing, self.wanted, self.console
        said = self._listener.said
        while True:
            wake = self._wake(place)
            try:
                async with asyncio.timeout_at(wake):
                    await place.news.wait()
            except TimeoutError:
                pass
            place.news.clear()
            now = self._loop.time()
            over = hearing.ended or (now >= self._until and hearing.transcript.end >= said)
            if not over and now < self._ready(place):
                continue
            text = hearing.snapshot()
            if wanted.floor < text.start:
                return None
            place.due = place.fresh = False
            has_all = text.end >= console.ring.end
            found = await wanted.look(text, last=has_all and (over or is_quiet(console)))
            if found is not None or over:
                self._over = True
                return found

    def _wake(self, place: Place) -> float:
        """When to look if nobody says so before."""
        return min(self._until, self._ready(place)) if self._until > self._loop.time() else self._ready(place)

    def _ready(self, place: Place) -> float:
        """When the next look is to be made; the wait's end where there is nothing to look at."""
        wanted = self.wanted
        times = [self._until if self._until > self._loop.time() else self._loop.time() + SHORT]
        if place.due:
            times.append(wanted.ready)
        if place.fresh and not wanted.bounded:
            times.append(max(wanted.ready, wanted.looked + EVERY * self._hearing.crowd))
        if wanted.touching:
            times.append(max(wanted.ready, quiet_at(self.console) + OLDER))
        return min(times)

    def _miss(self, gap: Gap | None) -> None:
        if gap is not None:
            self.gap = gap if self.gap is None else Gap(min(self.gap.start, gap.start), max(self.gap.end, gap.end))
