"""One text for all that wait at the end of a console's output (DESIGN 5.3 `wait`).

However many they are, its bytes are read, stripped and kept once. Each piece is glanced at for each of them; whoever
may have a match, or has not looked through all for a while, is woken and looks by itself, at a text that stays as it
is meanwhile. One whose looks take long delays nobody else.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.listening import PAUSE, Listener
from consolesvc.console.looking import LONGEST, Wanted
from consolesvc.console.transcript import Text, Transcript

KEPT = LONGEST * 3 // 2
"""Bytes of text that are kept, where there is more than MOST; the difference has been looked through by then."""
MOST = 2 * LONGEST
LOOK = LONGEST // 4
"""Bytes of new text after which whoever must look through all does so, whatever the time."""
EVERY = 0.25
"""Seconds between two looks of one that waits alone through all of the text; in a crowd it is more."""
CROWD = 20
"""Waits that make the pauses between two pieces, and two looks, as much longer as they are without any."""
FOR_EVER = 3600.0


class Place:
    """One wait's place in a hearing.

    Attributes:
        news: Set when there is something for it to look at, or nothing more will come.
        due: Whether it must look: there may be a match, or text will be forgotten.
        fresh: Whether there is text that it has not looked through.
        gap: Bytes that were missing since it came.
        old: Whether it began before all that is glanced at.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.news = asyncio.Event()
        self.due = False
        self.fresh = False
        self.old = False
        self.gap: Gap | None = None

    def wake(self, *, due: bool) -> None:
        """Have it look, or decide when to."""
        self.due = self.due or due
        if due or not self.fresh:
            self.news.set()
        self.fresh = True


class Hearing:
    """A console's text for those that wait at its end; there is one of a console while somebody does.

    Args:
        console: Whose output.
        transcript: Its text so far.
        listener: Stands at the transcript's end.
    """

    def __init__(self, console: Console, transcript: Transcript, listener: Listener) -> None:
        self.console = console
        self.transcript = transcript
        self.listener = listener
        self.places: set[Place] = set()
        self._snapshot: Text | None = None
        self._unseen = 0
        self._fault: BaseException | None = None
        following = asyncio.get_running_loop().create_task(self._follow(), name=f"hearing {console.name}")
        following.add_done_callback(self._ended)
        self._task: asyncio.Task[None] | None = following

    def __repr__(self) -> str:
        return f"<Hearing of {self.console.name}, {len(self.places)} wait>"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come; raises what it failed by, where it did."""
        if self._task is not None:
            if not self._task.done():
                return False
            self._ended(self._task)
        if self._fault is not None:
            raise self._fault
        return True

    def _ended(self, following: asyncio.Task[None]) -> None:
        # A task that was cancelled refers to us by its frames: with us it would keep all of the text, until the
        # collector comes.
        self._task = None
        self._fault = None if following.cancelled() else following.exception()

    @property
    def crowd(self) -> float:
        """By how much everything is slower than for one."""
        return 1 + len(self.places) / CROWD

    def snapshot(self) -> Text:
        """The text as it is now: one for all that look before more comes."""
        if self._snapshot is None:
            self._snapshot = self.transcript.snapshot()
        return self._snapshot

    def take(self, transcript: Transcript, listener: Listener) -> None:
        """Go on with a text that begins earlier and reaches as far."""
        self.transcript, self.listener, self._snapshot = transcript, listener, None
        for place in self.places:
            place.wake(due=True)

    def leave(self, place: Place) -> None:
        """End a wait; with the last one the hearing ends."""
        self.places.discard(place)
        if not self.places:
            if self._task is not None:
                self._task.cancel()
            if HEARINGS.get(self.console) is self:
                del HEARINGS[self.console]

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while not self.console.closed:
                self.listener.pause = PAUSE * self.crowd
                listener, offset = self.listener, self.listener.offset
                piece = await listener.piece(loop.time() + FOR_EVER)
                # Meanwhile it may have been replaced by one that has read that, and more.
                if piece is not None and listener is self.listener:
                    await self._hear(offset, piece.offset, piece.data)
        finally:
            if HEARINGS.get(self.console) is self:
                del HEARINGS[self.console]
            for place in self.places:
                place.wake(due=True)
                place.news.set()

    async def _hear(self, asked: int, offset: int, data: bytes) -> None:
        text = self.transcript
        before = len(text.text)
        if offset > asked:
            before = 0
            for place in self.places:
                _miss(place, Gap(asked, offset))
        text.add(offset, data)
        self._snapshot = None
        new = len(text.text) - before
        if new <= 0:
            return
        self._glance(new)
        self._unseen += new
        if self._unseen > LOOK:
            self._unseen = 0
            for place in self.places:
                place.wake(due=not place.wanted.bounded or place.wanted.touching)
            await asyncio.sleep(0)  # they take their snapshot
        if len(text.text) - text.context > MOST:
            text.keep(KEPT)
            self._snapshot = None
            for place in self.places:
                _forget(place, text.start)

    def _glance(self, new: int) -> None:
        """Have everybody look that may have a match."""
        text = self.transcript
        reach = max((place.wanted.reach for place in self.places), default=0)
        cut = max(0, len(text.text) - new - reach - 1)
        tail = bytes(text.text[cut:])
        for place in self.places:
            begin = 0
            if not place.old:
                begin = text.index(place.wanted.begin) - cut
                place.old = begin <= 0
                if begin >= len(tail):
                    continue  # it waits for what comes after this
            found = place.wanted.glance(tail, new, begin if begin > text.context - cut else 0)
            if found is None or found:
                place.wake(due=True)
            elif not place.wanted.bounded or place.due or place.wanted.touching:
                place.wake(due=False)


HEARINGS: WeakKeyDictionary[Console, Hearing] = WeakKeyDictionary()


def _miss(place: Place, gap: Gap) -> None:
    begin = max(gap.start, place.wanted.begin)
    if begin < gap.end:
        place.gap = Gap(begin if place.gap is None else place.gap.start, gap.end)


def _forget(place: Place, start: int) -> None:
    """Text in front of `start` is gone: whose glances have seen all of it misses nothing."""
    wanted = place.wanted
    if wanted.bounded and not (place.due or wanted.touching):
        wanted.start = max(wanted.start, start)
        wanted.floor = max(wanted.floor, start)
