"""Patterns of the configuration, on RE2 (DESIGN 5.3): however one is written, it takes time in proportion to the text.

RE2 is imported for the first of them: most services have none.
"""

from __future__ import annotations

from collections.abc import Callable

LONGEST_PATTERN = 1000
"""Characters."""
LINES = "(?m)"
"""What has `^` and `$` be those of a line."""


def line_searcher(pattern: str) -> Callable[[str, int], int]:
    """What tells where `pattern` is found next in lines of text, from a place on; -1 where it is not.

    `^` and `$` are those of a line.

    Raises:
        ValueError: the pattern is none in RE2's syntax (no look-around, no back-references); the message says why.
    """
    import re2  # noqa: PLC0415 - see above: memory is a feature

    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"it is longer than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(LINES + pattern, options)
    except re2.error as error:
        [reason] = error.args
        raise ValueError(reason.decode("utf-8", "replace").replace(LINES, "", 1)) from None

    def search(text: str, start: int) -> int:
        match = found.search(text, start)
        return -1 if match is None else int(match.start())

    return search
