"""Words for messages: safe to print, and of bearable length."""

from __future__ import annotations

from collections.abc import Sequence

NAMES = 20
"""Names that a message lists at most."""


def escape(text: str) -> str:
    r"""Text as one line that moves no cursor: what does not print is written as `\x1b` or `\u202e`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


def some_of(names: Sequence[str]) -> str:
    """Names in a row, the first of many."""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return (", ".join(names[:NAMES]) or "none") + more
