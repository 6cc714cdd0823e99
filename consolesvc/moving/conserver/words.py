r"""The words of a conserver.cf (conserver.cf(5), PARSER): text in, tokens with their lines out.

`{`, `}` and `;` are tokens; `#` begins a comment; `\` takes the next character as it is; between double quotes all
characters are as they are but for `\"`. White space ends a word, unless a name or a value is looked for. A comment that
is `#include FILE` is an order.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

Kind = Literal["{", "}", ";", "word", "include", "end"]

_SPACE: Final = " \f\n\r\t\v"
_INCLUDE = re.compile(r"include[ \f\r\t\v]+(\S.*)")


class Token(NamedTuple):
    """A token: what it is, its text with the quotes taken off, and the line where it begins."""

    kind: Kind
    text: str
    line: int


class Words:
    """The tokens of one file, one at a time: what a space means depends on what is looked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def next(self, *, spaces: bool) -> Token:
        """The next token; `spaces`: whether they may stand in a word."""
        text, word, quoted, begun = self._text, "", False, 0
        while self._at < len(text):
            c = text[self._at]
            if c == "#":
                line = self._line
                if (included := self._comment()) and not word:
                    return Token("include", included, line)
            elif c in "{};":
                if word or quoted:
                    break
                return Token(c, c, self._take())  # type: ignore[arg-type]  # one of the three
            elif c in _SPACE:
                if word and not spaces:
                    break
                self._take()
                word += c if word else ""
            else:
                begun = begun or self._line
                quoted = quoted or c == '"'
                word += self._quoted() if c == '"' else self._escaped() if c == "\\" else text[self._at]
                self._at += c not in '"\\'
        if word or quoted:
            return Token("word", word.rstrip(_SPACE), begun)
        return Token("end", "", self._line)

    def _take(self) -> int:
        """Pass over a character; the line it stands on."""
        line = self._line
        self._line += self._text[self._at] == "\n"
        self._at += 1
        return line

    def _comment(self) -> str:
        """Pass over a comment and the end of its line, which is no space; the file that it includes, "" for none."""
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        match = _INCLUDE.match(self._text, self._at + 1, end)
        self._at = end
        if end < len(self._text):
            self._take()
        return match[1].rstrip() if match else ""

    def _escaped(self) -> str:
        """A backslash and what it stands before; alone at the end of the file, nothing."""
        self._take()
        if self._at == len(self._text):
            return ""
        c = self._text[self._at]
        self._take()
        return c

    def _quoted(self) -> str:
        """What stands between two quotes, or to the end of the file."""
        self._take()
        found = []
        while self._at < len(self._text):
            c = self._text[self._at]
            self._take()
            if c == '"':
                break
            if c == "\\" and self._text[self._at : self._at + 1] == '"':
                c = '"'
                self._take()
            found.append(c)
        return "".join(found)
