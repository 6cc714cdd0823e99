"""The blocks of a conserver.cf and of the files it includes: words in, statements out.

    block-type block-name { keyword value; keyword value; ... }

A block that is broken is dropped, as conserver(8) drops it, and reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from consolesvc.moving.conserver.keywords import KEYWORDS
from consolesvc.moving.conserver.words import Token, Words
from consolesvc.moving.moved import Moved, Nonsense, Place
from consolesvc.moving.source import MOST_FILES, beside, read

DEPTH: Final = 10
"""Files that may be open at a time, as in conserver."""
_SHOWN: Final = 40
"""Characters that a note repeats of what stands in a file."""
_BROKEN: Final = "is not whole, a { or ; is missing; conserver ignores it, too"


class Statement(NamedTuple):
    """A keyword in lower case and its value, which may be empty."""

    keyword: str
    value: str
    place: Place


class Block(NamedTuple):
    """A whole block; its type in lower case."""

    kind: str
    name: str
    place: Place
    statements: tuple[Statement, ...]

    @property
    def title(self) -> str:
        """The block as notes call it."""
        return f"{self.kind} {shown(self.name)}"


class Blocks:
    """The blocks of a file.

    Args:
        path: The file.
        moved: Where it is noted what is wrong.

    Raises:
        Nonsense: it is no text.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, moved: Moved) -> None:
        self._moved = moved
        self._files = 1
        self._open: list[tuple[Words, str]] = [(Words(read(path)), str(path))]

    def __iter__(self) -> Iterator[Block]:
        """Block by block, in their order."""
        while True:
            token, place = self._next(spaces=False)
            if token.kind == "end":
                return
            if token.kind == "word" and token.text.lower() in KEYWORDS:
                block = self._block(token.text.lower(), place)
                if block is not None:
                    yield block
            else:
                self._moved.leave_out(place, shown(token.text), f"expected one of {', '.join(KEYWORDS)}")

    def _block(self, kind: str, place: Place) -> Block | None:
        """A block, of which the type has been read; None for one that is dropped.

        What is out of place is passed over, as conserver passes over it; a brace that closes too early drops the block.
        """
        name = self._until("word", spaces=True)
        if name.kind != "word" or self._until("{", spaces=False).kind != "{":
            self._moved.leave_out(place, kind if name.kind != "word" else f"{kind} {shown(name.text)}", _BROKEN)
            return None
        statements: list[Statement] = []
        strange = False
        while True:
            token, at = self._next(spaces=False)
            if token.kind == "}":
                return Block(kind, name.text, place, tuple(statements))
            if token.kind == "word" and token.text.lower() in KEYWORDS[kind]:
                token = self._statement(token.text.lower(), at, statements)
            elif token.kind == "word" and not strange:
                # What follows it is not shown: it may be a password behind a slip of the finger.
                self._moved.leave_out(at, shown(token.text), f"is no keyword of a {kind} block")
            strange = token.kind == "word"
            if token.kind in ("}", "end"):
                self._moved.leave_out(at, f"{kind} {shown(name.text)}", _BROKEN)
                return None

    def _statement(self, keyword: str, place: Place, statements: list[Statement]) -> Token:
        """Read what follows a keyword; the token that ends it: a semicolon, or what drops its block."""
        value = self._until("word", ";", spaces=True)
        if value.kind == ";":
            self._moved.leave_out(place, keyword, 'has no value; an empty one is ""')
        if value.kind != "word":
            return value
        end = self._until(";", spaces=False)
        if end.kind == ";":
            statements.append(Statement(keyword, value.text, place))
        return end

    def _until(self, *wanted: str, spaces: bool) -> Token:
        """The next token of a kind that is wanted, or what closes a block; others are passed over."""
        while True:
            token, _ = self._next(spaces=spaces)
            if token.kind in (*wanted, "}", "end"):
                return token

    def _next(self, *, spaces: bool) -> tuple[Token, Place]:
        """The next token, from whichever file is open; the last one's end is the end."""
        while True:
            words, file = self._open[-1]
            token = words.next(spaces=spaces)
            place = Place(file, token.line)
            if token.kind == "include":
                self._include(token.text, place)
            elif token.kind == "end" and len(self._open) > 1:
                self._open.pop()
            else:
                return token, place

    def _include(self, name: str, place: Place) -> None:
        what, path = f"#include {shown(name)}", beside(name, place.file)
        if len(self._open) >= DEPTH or self._files >= MOST_FILES:
            self._moved.leave_out(
                place, what, f"files that include files are read {DEPTH} deep, and {MOST_FILES} in all"
            )
            return
        self._files += 1
        try:
            self._open.append((Words(read(path)), str(path)))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._moved.leave_out(place, what, f"cannot be read: {reason}")
        except Nonsense as error:
            self._moved.leave_out(place, what, str(error))


def shown(text: str) -> str:
    """What stands in a file, short and on one line."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
