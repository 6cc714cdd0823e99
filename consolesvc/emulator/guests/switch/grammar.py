"""The switch's command language: rules of keywords, each given by any prefix that fits only one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from consolesvc.emulator.guests.program import Program
from consolesvc.emulator.guests.switch.device import Mode, Session

Action: TypeAlias = Callable[[Session, list[str]], "Program[None] | None"]
"""Runs a command; the texts are those that stand for the rule's parameters."""

_RANGE = re.compile(r"<(\d+)-(\d+)>")
_JOINED = re.compile(r"([A-Za-z]+)(\d+)")


class Rule(NamedTuple):
    """One command: `syntax` is its keywords in lower case, and parameters `<1-8>`, `WORD`, or `LINE` for the rest."""

    modes: tuple[Mode, ...]
    syntax: str
    action: Action

    @property
    def words(self) -> list[str]:
        """The parts of its syntax."""
        return self.syntax.split()


class Rejected(Exception):
    """A line that is no command; `column` is where it stops being one, None if that says nothing."""

    def __init__(self, text: str, column: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.column = column

    def __str__(self) -> str:
        return self.text


class Match(NamedTuple):
    """Rules that a line fits so far, and the texts given for their parameters."""

    rules: list[Rule]
    arguments: list[str]
    depth: int


def resolve(rules: Sequence[Rule], mode: Mode, line: str) -> tuple[Rule, list[str]]:
    """The rule that a line means, and its arguments; raises Rejected."""
    match = follow(rules, mode, line)
    for rule in match.rules:
        if len(rule.words) == match.depth:
            return rule, match.arguments
    raise Rejected("% Incomplete command.")


def follow(rules: Sequence[Rule], mode: Mode, line: str) -> Match:
    """Match the words of a line one after the other; raises Rejected at the first that fits nothing."""
    candidates = [rule for rule in rules if mode in rule.modes]
    tokens = [(token.group(), token.start()) for token in re.finditer(r"\S+", line)]
    arguments: list[str] = []
    depth = 0
    while tokens:
        token, column = tokens.pop(0)
        open_rules = [rule for rule in candidates if len(rule.words) > depth]
        keywords = _keywords(open_rules, depth, token)
        joined = _JOINED.fullmatch(token)
        if not keywords and joined and _keywords(open_rules, depth, joined[1]):
            tokens = [(joined[1], column), (joined[2], column + len(joined[1])), *tokens]
            continue
        if len(keywords) > 1:
            raise Rejected(f'% Ambiguous command:  "{line.strip()}"')
        wanted = keywords.pop() if keywords else _parameter(open_rules, depth, token)
        if wanted is None:
            raise Rejected("% Invalid input detected at '^' marker.", column)
        candidates = [rule for rule in open_rules if rule.words[depth] == wanted]
        depth += 1
        if wanted == "LINE":
            arguments.append(line[column:].rstrip())
            break
        if not _is_keyword(wanted):
            arguments.append(token)
    return Match(candidates, arguments, depth)


def _is_keyword(word: str) -> bool:
    return word[0].islower()


def _keywords(rules: Sequence[Rule], depth: int, token: str) -> set[str]:
    """The keywords that a token may mean: those it begins, or the one it is."""
    words = {rule.words[depth] for rule in rules if _is_keyword(rule.words[depth])}
    fitting = {word for word in words if word.startswith(token.lower())}
    return {token.lower()} if token.lower() in fitting else fitting


def _parameter(rules: Sequence[Rule], depth: int, token: str) -> str | None:
    """The parameter that a token is a value of."""
    for rule in rules:
        word = rule.words[depth]
        span = _RANGE.fullmatch(word)
        if word in ("WORD", "LINE"):
            return word
        if span and re.fullmatch(r"\d{1,5}", token, re.ASCII) and int(span[1]) <= int(token) <= int(span[2]):
            return word
    return None


def expected(rules: Sequence[Rule], mode: Mode, text: str) -> tuple[str, list[str]]:
    """The unfinished word at the end of `text`, and all words that could stand there; raises Rejected.

    `<cr>` among them says that the command could end before it.
    """
    stem = "" if not text or text[-1].isspace() else text.rsplit(maxsplit=1)[-1]
    match = follow(rules, mode, text[: len(text) - len(stem)])
    words = {rule.words[match.depth] for rule in match.rules if len(rule.words) > match.depth}
    found = sorted(word for word in words if not stem or (_is_keyword(word) and word.startswith(stem.lower())))
    if not stem and match.depth and any(len(rule.words) == match.depth for rule in match.rules):
        found.append("<cr>")
    return stem, found
