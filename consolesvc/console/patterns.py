r"""Patterns that come from outside, on RE2: none can be made to run for ever (DESIGN 5.3).

Python's `re` would take 24 characters and never come back; RE2 takes time in proportion to pattern and text. In
proportion to both: a thousand optional characters on 64 KiB take it seconds. So a pattern has a size, as an RE2
program, and a search that may take long is done in a thread of its own; RE2 lets others run meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from consolesvc.lines.thread import in_thread

LONGEST_PATTERN = 1000
"""Characters."""
LARGEST_PROGRAM = 3000
"""Instructions of RE2's; a literal character is one, a `.` is nine, `.{0,300}` is 2700."""
MEMORY = 1024 * 1024
"""Bytes that RE2 may use for one pattern, about."""
AT_ONCE = 6_000_000
"""Instructions times bytes that are searched in the loop: 20 ms at the very worst."""


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


async def search(pattern: Pattern, text: bytes, position: int) -> Match | None:
    """The first match at or behind a position."""
    if pattern.programsize * (len(text) - position) <= AT_ONCE:
        return pattern.search(text, position)
    return await in_thread("pattern", lambda: pattern.search(text, position), lambda _: None)
