"""Patterns that come from outside, on RE2 (DESIGN 5.3): no pattern can be made to run for ever.

Python's `re` would take 24 characters and never come back; RE2 takes time in proportion to pattern and text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from consolesvc.console.patterns import compile_pattern

MEMORY = 8 * 1024 * 1024
"""Bytes that RE2 may use for one: its own default."""

_LITERAL = re.compile(r"(?:[^.^$*+?{}\[\]()|\\]|\\[^A-Za-z0-9])*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def searcher(pattern: str) -> Callable[[str], bool]:
    r"""What tells whether `pattern` is found in a text, anywhere, as `re.search` does.

    A literal, such as `fake1` or `node4\.lab`, is a search for its text. Only another pattern needs RE2 and its import.

    Raises:
        ValueError: the pattern is none in RE2's syntax (no look-around, no back-references); the message says why.
    """
    if _LITERAL.fullmatch(pattern):
        literal = _ESCAPED.sub(r"\1", pattern)
        return lambda text: literal in text
    found = compile_pattern(pattern, MEMORY)
    return lambda text: found.search(text.encode("utf-8", "surrogatepass")) is not None
