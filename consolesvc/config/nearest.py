"""What somebody may have meant who wrote a word that is none of those known."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 100
"""Characters of a word that are compared: more takes time for nothing."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of the known words that is most like this one; "" where none is like it."""
    import difflib  # noqa: PLC0415 - it is large, and most configurations have no slip

    return next(iter(difflib.get_close_matches(word[:LONGEST], list(known), 1)), "")
