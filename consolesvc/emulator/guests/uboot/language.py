"""U-Boot's command language: commands joined by `;` and `&&`, quotes, and `${variables}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 4096
"""Characters of a word with its variables put in."""

_PIECE = re.compile(r"""'([^']*)'|"([^"]*)"|\\(.)|(&&|;)|(\s+)|([^\s;'"\\&]+|.)""", re.DOTALL)
_REFERENCE = re.compile(r"\$\{(\w+)\}|\$(\w+)", re.ASCII)


@dataclass(slots=True)
class Statement:
    """One command; `joint` says when it runs after the one before."""

    joint: str
    words: list[str] = field(default_factory=list)


def statements(script: str) -> list[Statement]:
    """The commands of a script. Variables stay as they are: they are put in when a command runs."""
    found = [Statement(";")]
    word: str | None = None
    for match in _PIECE.finditer(script):
        literal, quoted, escaped, joint, blank, plain = match.groups()
        if joint or blank:
            found[-1].words += [] if word is None else [word]
            word = None
            if joint:
                found.append(Statement(joint))
        elif literal is not None or escaped is not None:
            # A zero byte keeps a `$` from being a variable's, as U-Boot's parser marks it too.
            word = (word or "") + (literal or escaped or "").replace("$", "\0$")
        else:
            word = (word or "") + (quoted if quoted is not None else plain)
    found[-1].words += [] if word is None else [word]
    return [statement for statement in found if statement.words]


def substitute(word: str, variables: Mapping[str, str]) -> str:
    """Put in the values of `$name` and `${name}`; a name without a value stands for nothing."""
    pieces = re.split("(\0\\$)", word)
    filled = (_REFERENCE.sub(lambda match: variables.get(match[1] or match[2], ""), piece) for piece in pieces)
    return "".join("$" if piece == "\0$" else piece for piece in filled)[:LONGEST]
