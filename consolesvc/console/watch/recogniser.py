"""Recognises what happens to a machine in what it says: bytes and time in, findings out. No I/O.

Boots, boot loaders, logins and crashes are found by literal words (log/firstwords.py, words.py), patterns of one's own
line by line (own.py). What a machine says again and again is told for the first time in each boot; of the lines of
patterns that have a name of their own, each is told.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consolesvc.config.telling import Events
from consolesvc.console.watch.own import Line, OwnPatterns
from consolesvc.console.watch.words import MOST, crashes, loader_prompts, login_prompts
from consolesvc.log.firstwords import LOADER, LOADER_MENU, STAGES, Course, Mark, marks

CARRIED = 256
"""Bytes looked at again with those that come next: longer than any words, and than a message in the middle of them."""
LONGEST_LINE = 4096
"""Bytes between the start of a line and what is found in it; in a longer one, it begins where it was found."""
AGAIN = 60.0
"""Seconds after which what was told is told again, where it may have happened again without a boot between."""
LOOP = 900.0
"""Seconds in which so many boots, without a login, are a loop."""
MOST_BOOTS = 1000
"""Boots that are counted at most: the largest loop there is."""
STAGE = "stage"
"""How far a boot has come: for the log's index alone."""

_KINDS = ("boot", "bootloader", "login", "panic")


@dataclass(slots=True)
class Finding:
    """Something recognised.

    Attributes:
        kind: One of EVENT_KINDS, STAGE, or the name of a pattern.
        offset: Where its line begins.
        words: Where the text begins that tells of it; a reset may have left something before it in the line.
        ended: Whether its line is there to its end.
        facts: What is known beside.
    """

    kind: str
    offset: int = 0
    words: int = 0
    ended: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


class _Spot(NamedTuple):
    """Where something was found: a place in the text, and what its meaning depends on."""

    at: int
    kind: str
    mark: Mark | None = None
    crash: str = ""
    more: int = 0


@functools.lru_cache(64)  # hundreds of consoles have the same
def _wishes(events: Events) -> tuple[frozenset[str], frozenset[str], tuple[tuple[str, str], ...]]:
    """The kinds that are looked for by the words that are built in, the kinds that are told, and the patterns."""
    said = {kind: getattr(events, kind) for kind in _KINDS}
    own = tuple((kind, pattern) for kind, pattern in said.items() if isinstance(pattern, str))
    # Without boots and logins nobody could say what is new: they are looked for even if they are not told.
    # No pattern knows every way to crash: one for `panic` is looked for beside the words.
    words = {kind for kind in said if said[kind] is True} | {"boot", "login"} - dict(own).keys()
    words |= {"panic"} if said["panic"] else set()
    tells = {kind for kind in said if said[kind]} | {name for name, _ in events.patterns}
    tells |= ({"reset-loop"} if events.reset_loop else set()) | ({STAGE} if said["boot"] is True else set())
    return frozenset(words), frozenset(tells), own + events.patterns


class Recogniser:
    """Looks at one console's output, a piece at a time.

    Args:
        events: What is wanted.
    """

    def __init__(self, events: Events) -> None:
        self.retune(events)
        self._course = Course()
        self._began: float | None = None
        self._told: dict[str, float] = {}
        self._boots: list[float] = []
        self._looping = False
        self._next = self._line = -1
        self._carried = b""

    def __repr__(self) -> str:
        return f"<Recogniser at {self._next}, place {self._course.place}, told {list(self._told)}>"

    def retune(self, events: Events) -> None:
        """Look for something else from now on; what is known of the boot stays."""
        self._loop = events.reset_loop
        self._words, self._tells, own = _wishes(events)
        self._own = OwnPatterns(own, once=_KINDS)

    @property
    def is_idle(self) -> bool:
        """Whether nothing that it may find is wanted."""
        return not self._tells

    def restore(self, kind: str, when: float, facts: dict[str, Any]) -> None:
        """Hear what was found before this recogniser was made, one finding after the other; `when` as in `feed`."""
        if kind == "boot":
            self._begin(when)
        if kind in ("boot", STAGE) and facts.get("stage") in STAGES:
            self._course.place = STAGES.index(facts["stage"])
        elif kind == "login":
            self._boots.clear()
        self._looping = kind == "reset-loop" or (self._looping and kind != "login")
        if kind in _KINDS:
            self._told[facts.get("what", kind)] = when

    def break_off(self) -> None:
        """Hear that what comes next does not go on from what came before: the line was away."""
        self._next = -1
        self._own.break_off()

    def feed(self, offset: int, data: bytes, now: float) -> list[Finding]:
        """Look at the next bytes.

        Args:
            offset: Of the first one. Above the next one, something was left out.
            data: They.
            now: Seconds, monotonic.
        """
        if offset != self._next:
            # What comes first is taken for the start of a line; behind a hole nobody knows.
            self._carried, self._line = b"\n" if self._next < 0 else b"", offset
        text, base = self._carried + data, offset - len(self._carried)
        self._next = offset + len(data)
        spots = self._spots(text, len(self._carried))
        lines = self._own.feed(offset, data, now) if self._own else []
        found = list(self._findings(text, base, spots, lines, now)) if spots or lines else []
        last = data.rfind(b"\n")
        if last >= 0:
            self._line = offset + last + 1
        self._carried = text[-CARRIED:]
        return found

    def _spots(self, text: bytes, old: int) -> list[_Spot]:
        """What the words that are built in find. What cannot be news is not looked for."""
        words = self._words
        found = marks(text, old)[:MOST] if "boot" in words else []
        spots = [_Spot(mark.at, "boot", mark) for mark in found] if found else []
        if "bootloader" in words and (found or self._may_wait):
            spots += [_Spot(mark.at, "bootloader") for mark in found if mark.words == LOADER_MENU]
            spots += [_Spot(at, "bootloader") for at in loader_prompts(text, old)]
        if "login" in words and (found or self._began is None or "login" not in self._told):
            spots += [_Spot(at, "login") for at in login_prompts(text, old)]
        if "panic" in words and (fatal := crashes(text, old)):
            spots += [_Spot(at, "panic", None, crash) for at, crash in fatal]
        return spots

    def _findings(self, text: bytes, base: int, spots: list[_Spot], lines: list[Line], now: float) -> Iterator[Finding]:
        """What the spots in a text, and the lines that patterns of one's own have found, mean; in their order."""
        placed = [(base + spot.at, self._line_start(text, base, spot.at), spot) for spot in spots]
        placed += [(line.offset, line.offset, _Spot(line.offset - base, line.name, more=line.more)) for line in lines]
        placed.sort(key=lambda each: each[0])  # what stands first comes first; of equals, a boot
        for at, begin, spot in placed:
            ended = text.find(b"\n", max(0, spot.at)) >= 0
            for finding in self._meaning(spot, now):
                if finding.kind in self._tells:
                    finding.offset, finding.ended = begin, ended
                    finding.words = at if spot.mark or spot.crash else begin
                    yield finding

    def _line_start(self, text: bytes, base: int, at: int) -> int:
        """The offset where the line begins that has this place in it."""
        last = text.rfind(b"\n", 0, at)
        begin = base + last + 1 if last >= 0 else self._line
        return begin if base + at - begin <= LONGEST_LINE else base + at

    def _meaning(self, spot: _Spot, now: float) -> Iterator[Finding]:
        """What a spot means after all that came before it."""
        if spot.kind == "boot":
            yield from self._boot(spot.mark, now)
        elif spot.kind == "panic":
            if self._is_news(spot.crash or "panic", now, again=True):
                yield Finding("panic", facts={"what": spot.crash or "panic"})
        elif spot.kind not in _KINDS:
            yield Finding(spot.kind, facts={"more": spot.more} if spot.more else {})
        elif spot.kind == "bootloader" and not self._may_wait:
            return
        elif self._is_news(spot.kind, now, again=self._began is None):
            if spot.kind == "login":
                self._boots.clear()
                self._looping = False
            known = spot.kind == "login" and self._began is not None
            yield Finding(spot.kind, facts={"seconds": round(now - (self._began or now), 1)} if known else {})

    @property
    def _may_wait(self) -> bool:
        """Whether a boot loader may be what waits: not once the kernel runs, whose shell may have any prompt."""
        place = self._course.place
        return self._began is not None and "login" not in self._told and (place is None or place <= LOADER)

    def _boot(self, mark: Mark | None, now: float) -> Iterator[Finding]:
        before = self._course.place
        if mark is not None and not self._course.begins(mark):
            if before != mark.place:
                yield Finding(STAGE, facts={"stage": STAGES[mark.place]})
            return
        self._begin(now)
        yield Finding("boot", facts={} if mark is None else {"stage": STAGES[mark.place]})
        self._boots = [boot for boot in self._boots[-MOST_BOOTS:] if now - boot <= LOOP]
        if len(self._boots) < self._loop:
            self._looping = False
        elif self._loop and not self._looping:
            self._looping = True
            facts = {"boots": len(self._boots), "seconds": round(now - self._boots[0], 1)}
            yield Finding("reset-loop", facts=facts)

    def _begin(self, now: float) -> None:
        self._began = now
        self._told.clear()
        self._boots.append(now)

    def _is_news(self, what: str, now: float, *, again: bool) -> bool:
        """Whether this was not met in this boot; or, with `again`, not in the last AGAIN seconds."""
        before = self._told.get(what)
        self._told[what] = now
        return before is None or (again and now - before > AGAIN)
