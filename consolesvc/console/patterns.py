r"""Patterns that come from outside, on RE2: none can be made to run for ever (DESIGN 5.3).

Python's `re` would take 24 characters and never come back; RE2 takes time in proportion to pattern and text. In
proportion to both: a thousand optional characters on 64 KiB take it seconds. So a pattern has a size, as an RE2
program; what may take long is searched in one of few threads, each pattern in its turn (RE2 lets others run meanwhile);
and what all searches take of the loop's own time is bounded as well, however many there are.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from consolesvc.lines.thread import in_thread

LONGEST_PATTERN = 1000
"""Characters."""
LARGEST_PROGRAM = 3000
"""Instructions of RE2's; a literal character is one, a `.` is nine, `.{0,300}` is 2700."""
MEMORY = 1024 * 1024
"""Bytes that RE2 may use for one pattern, about."""
AT_ONCE = 600_000
"""Instructions times bytes that are searched in the loop for one caller: 2 ms at the very worst."""
SHARE, BURST = 0.2, 0.005
"""Of the loop's time, what searches in it may take, and seconds that they may take in a row."""
SEARCHERS = 2
"""Searches in threads at once, of all consoles."""

_ENDLESS = re.compile(r"[*+]|\{[0-9]*,\}")
"""What a pattern without a longest match has in it."""
_PLAIN = re.compile(r"(?:[^\\^$.|?*+()\[\]{}]|\\[^0-9A-Za-z]|\\[dDsSwWnt]|\.)+")
"""A pattern whose match is the same whatever follows it."""


class Match(Protocol):
    """A match in bytes of UTF-8."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Where it begins and ends."""
        ...

    def groups(self) -> tuple[bytes | None, ...]:
        """What the groups matched; None for one that took no part."""
        ...

    def groupdict(self) -> Mapping[str, bytes | None]:
        """Likewise, by name."""
        ...


class Pattern(Protocol):
    """A compiled pattern."""

    pattern: str
    programsize: int

    def search(self, text: str | bytes, pos: int | None = None) -> Match | None:
        """The first match at or behind a place; `^` looks at what is in front of it."""
        ...


def compile_pattern(text: str, memory: int = MEMORY) -> Pattern:
    """Compile a pattern; imports RE2, which most services never need.

    Raises:
        ValueError: it is none in RE2's syntax (no look-around, no back-references); the message says why.
    """
    import re2  # noqa: PLC0415 - see above: memory is a feature

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    try:
        pattern = cast("Pattern", re2.compile(text, options))
    except re2.error as error:
        [reason] = error.args
        raise ValueError(reason.decode("utf-8", "replace")) from None
    except UnicodeError:
        raise ValueError("it has half a character in it") from None
    finally:
        re2.purge()  # it would keep the last 128 patterns of anybody's, with all their memory
    return pattern


def compile_bounded(text: str) -> Pattern:
    """As `compile_pattern`, for one that is matched on output; also raises ValueError for one that is too large."""
    if not text:
        raise ValueError("it is empty")
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"it has {len(text)} characters, {LONGEST_PATTERN} at most are taken")
    pattern = compile_pattern(text)
    if pattern.programsize > LARGEST_PROGRAM:
        raise ValueError("it is too large: repeat less, such as `.*` in place of `.{0,1000}`")
    return pattern


def longest_match(pattern: Pattern) -> int | None:
    """Bytes that a match can have at most; None where there is no bound.

    Without a loop each instruction takes a byte once at the most; a beginning of its own RE2 keeps out of the program.
    """
    return None if _ENDLESS.search(pattern.pattern) else pattern.programsize + 4 * len(pattern.pattern)


def is_plain(pattern: Pattern) -> bool:
    """Whether a match is one whatever follows it: no `$`, no choice, nothing that could take more."""
    return _PLAIN.fullmatch(pattern.pattern) is not None


class Allowance:
    """What searches may take of the loop's time.

    Args:
        share: Of it.
        burst: Seconds in a row at most.
    """

    def __init__(self, share: float, burst: float) -> None:
        self._share, self._burst = share, burst
        self._left, self._then = burst, time.perf_counter()

    def __repr__(self) -> str:
        return f"<Allowance {self._left:.4f} s of {self._burst:g}>"

    def allows(self, cost: int) -> bool:
        """Whether a search of so many instructions times bytes may be made now."""
        now = time.perf_counter()
        self._left = min(self._burst, self._left + (now - self._then) * self._share)
        self._then = now
        return cost <= AT_ONCE and self._left > 0

    def spend(self, begun: float) -> None:
        """Count what was searched since a time of `perf_counter`."""
        self._left -= time.perf_counter() - begun


ALLOWANCE = Allowance(SHARE, BURST)
"""That of this process's loop."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def search(pattern: Pattern, text: bytes, position: int) -> Match | None:
    """The first match at or behind a position."""
    found = await search_first([pattern], text, position)
    return None if found is None else found[1]


async def search_first(patterns: Sequence[Pattern], text: bytes, position: int) -> tuple[int, Match] | None:
    """The match that begins first at or behind a position, of those at one place the first pattern's, with its index.

    In the loop, where all of them together are little work; else one after the other in threads, where whoever has
    many waits for those who have one in between.
    """
    size = len(text) - position
    if ALLOWANCE.allows(sum(pattern.programsize for pattern in patterns) * size):
        begun = time.perf_counter()
        matches = [pattern.search(text, position) for pattern in patterns]
        ALLOWANCE.spend(begun)
    else:
        matches = [await _in_turn(pattern, text, position) for pattern in patterns]
    found = [(match.span()[0], index, match) for index, match in enumerate(matches) if match is not None]
    if not found:
        return None
    _, index, match = min(found, key=lambda each: each[:2])
    return index, match


async def _in_turn(pattern: Pattern, text: bytes, position: int) -> Match | None:
    turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(SEARCHERS))
    await turns.acquire()
    running = asyncio.ensure_future(in_thread("pattern", lambda: pattern.search(text, position), lambda _: None))
    # The thread cannot be stopped: its turn is over when it is, and not when nobody wants to know any more.
    running.add_done_callback(lambda _: turns.release())
    return await asyncio.shield(running)
