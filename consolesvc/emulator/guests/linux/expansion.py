"""Expansion: a word as typed into the arguments it stands for: `~`, `$`, `$((…))`, quotes and file patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from consolesvc.emulator.guests.linux.arithmetic import evaluate
from consolesvc.emulator.guests.linux.language import quoted_end

LONGEST: Final = 1 << 16
"""Characters that a word, or all of a command's, can become: `X=$X$X` doubles with every line."""

_SPECIAL = re.compile(r"\$([?$#0-9])")
_PATTERN = re.compile(r"[*?[]")


class ExpansionProblem(Exception):
    """A word stands for nothing that can be used; the text says why."""


class Scope(NamedTuple):
    """What a word may refer to.

    Attributes:
        variables: By name; `?`, `$` and `0` among them.
        match: Gives the paths that fit a pattern.
    """

    variables: Mapping[str, str]
    match: Callable[[str], list[str]]


class _Part(NamedTuple):
    text: str
    quoted: bool


def expand(word: str, scope: Scope) -> list[str]:
    """The arguments that a word stands for: none, one, or several.

    Raises:
        ExpansionProblem: it became too long.
        ArithmeticProblem: an expression in it has no value.
    """
    arguments: list[str] = []
    for parts in _fields(word, scope):
        text = "".join(part.text for part in parts)
        paths: list[str] = []
        if any(not part.quoted and _PATTERN.search(part.text) for part in parts):
            paths = scope.match("".join(_literal(part.text) if part.quoted else part.text for part in parts))
        arguments += paths or [text]
    return arguments


def expand_one(word: str, scope: Scope) -> str:
    """The one text that a word stands for, where arguments are not counted: an assignment, a file's name."""
    return " ".join("".join(part.text for part in parts) for parts in _fields(word, scope))


def _literal(text: str) -> str:
    return _PATTERN.sub(lambda match: f"[{match[0]}]", text)


def _fields(word: str, scope: Scope) -> list[list[_Part]]:
    """The parts of each argument. Only what `$` gives outside quotes is split at blanks."""
    fields: list[list[_Part]] = []
    open_field = False
    size, at = 0, 0
    if word == "~" or word.startswith("~/"):
        fields, open_field, at = [[_Part(scope.variables.get("HOME", "/"), quoted=True)]], True, 1
    while at < len(word):
        end = quoted_end(word, at)
        piece, at = word[at:end], end
        text = _value(piece, scope)
        size += len(text)
        if size > LONGEST:
            raise ExpansionProblem("Argument list too long")
        splits = piece[0] == "$" and len(piece) > 1
        for part in re.findall(r"\s+|\S+", text) if splits else [text]:
            if splits and part.isspace():
                open_field = False
                continue
            if not open_field:
                fields.append([])
            fields[-1].append(_Part(part, quoted=piece[0] in "\"'\\"))
            open_field = True
    return fields


def _value(piece: str, scope: Scope) -> str:
    """What one character, quote or `$` form stands for."""
    if piece[0] == "'":
        return piece[1:-1]
    if piece[0] == '"':
        return _in_double_quotes(piece[1:-1], scope)
    if piece[0] == "\\":
        return piece[1:]
    if piece.startswith("$(("):
        # Within an expression a name means its variable with and without `$`; only `$?` and its kind differ.
        text = _SPECIAL.sub(lambda match: scope.variables.get(match[1], ""), piece[3:-2])
        return str(evaluate(re.sub(r"[${}]", "", text), scope.variables))
    if piece[0] == "$" and len(piece) > 1:
        return scope.variables.get(piece[1:].strip("{}"), "")
    return piece


def _in_double_quotes(text: str, scope: Scope) -> str:
    """`$` is expanded there, and a backslash means itself but before these four."""
    out, at = "", 0
    while at < len(text):
        end = quoted_end(text, at) if text[at] in "\\$" else at + 1
        piece, at = text[at:end], end
        means_itself = piece[0] not in "\\$" or (piece[0] == "\\" and piece[1:] not in ('"', "$", "`", "\\"))
        out += piece if means_itself else _value(piece, scope)
        if len(out) > LONGEST:
            raise ExpansionProblem("Argument list too long")
    return out
