"""The `name` filter's patterns: the part of regular expressions that cannot be made to run for ever (DESIGN 5.3).

Literal text, escaped characters, `.`, `.*`, a leading `^` and a trailing `$`: what clients send to find a server by its
name. Python's `re` would take any pattern, and 24 characters are enough to keep it busy for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNDERSTOOD = "literal text, '.', '.*', a leading '^' and a trailing '$'"

_SPECIAL = frozenset("^$*+?{}[]()|\\")

_Run = tuple[str | None, ...]
"""Characters that must follow each other; None stands for any one."""


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern, as the runs of characters between its `.*`; the first is at the name's start, the last at its end."""

    runs: tuple[_Run, ...]

    @classmethod
    def parse(cls, text: str) -> NamePattern:
        """Read a pattern; unanchored ends match anywhere, as `re.search` does.

        Raises:
            ValueError: it is no regular expression, or one that is not understood here.
        """
        pieces = _pieces(text.removeprefix("^"))
        anchored_start = text.startswith("^")
        anchored_end = bool(pieces) and pieces[-1] == "$"
        if anchored_end:
            pieces.pop()
        runs: list[list[str | None]] = [[]] if anchored_start else [[], []]
        for piece in pieces:
            if piece == ".*":
                runs.append([])
            elif piece in _SPECIAL:
                raise ValueError(f"{text!r} is not a 'regex' of those understood here: {UNDERSTOOD}")
            else:
                runs[-1].append(None if piece == "." else piece[-1])
        if not anchored_end:
            runs.append([])
        return cls(tuple(tuple(run) for run in runs))

    def matches(self, name: str) -> bool:
        """Whether the pattern is found in `name`. Takes at most len(name) times the pattern's length."""
        first, *between = self.runs
        if not _at(first, name, 0):
            return False
        if not between:
            return len(first) == len(name)
        last = between.pop()
        position = len(first)
        for run in between:
            # The leftmost place is as good as any: what follows `.*` may lie anywhere behind it.
            found = next((at for at in range(position, len(name) + 1) if _at(run, name, at)), None)
            if found is None:
                return False
            position = found + len(run)
        return position <= len(name) - len(last) and _at(last, name, len(name) - len(last))


def _pieces(text: str) -> list[str]:
    r"""Split a pattern into single characters, `.*` and escaped characters such as `\.`."""
    pieces: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            # A letter or digit after a backslash is a class or a reference; any other character stands for itself.
            pieces.append(f"\\{escaped}" if escaped and not escaped.isalnum() else "\\")
        elif character == "*" and pieces and pieces[-1] == ".":
            pieces[-1] = ".*"
        else:
            pieces.append(character)
    return pieces


def _at(run: Sequence[str | None], name: str, position: int) -> bool:
    if position + len(run) > len(name):
        return False
    return all(wanted is None or wanted == name[position + i] for i, wanted in enumerate(run))
