"""`$((…))`: integers of 64 bits with + - * / % and parentheses, as a shell counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

MOST_DIGITS: Final = 20
DEEPEST: Final = 40

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/%()]))", re.ASCII)


class ArithmeticProblem(Exception):
    """An expression has no value; the text says why."""


def evaluate(text: str, variables: Mapping[str, str]) -> int:
    """The value of an expression; a name stands for its variable's number, 0 if it has none.

    Raises:
        ArithmeticProblem: it is no such expression, or divides by zero.
    """
    return _Expression(text, variables).value()


class _Expression:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.tokens = _tokens(text)
        self.variables = variables
        self.depth = 0

    def value(self) -> int:
        if not self.tokens:
            return 0
        value = self._sum()
        if self.tokens:
            raise ArithmeticProblem("arithmetic syntax error")
        return value

    def _sum(self) -> int:
        return self._chain(self._product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})

    def _product(self) -> int:
        return self._chain(self._single, {"*": lambda a, b: a * b, "/": _divide, "%": _remainder})

    def _chain(self, part: Callable[[], int], signs: Mapping[str, Callable[[int, int], int]]) -> int:
        value = part()
        while self.tokens and self.tokens[0] in signs:
            sign = signs[self.tokens.pop(0)]
            value = _wrap(sign(value, part()))
        return value

    def _single(self) -> int:
        self.depth += 1
        first = self.tokens.pop(0) if self.tokens else ""
        if self.depth > DEEPEST:
            raise ArithmeticProblem("expression recursion level exceeded")
        if first in ("-", "+"):
            value = self._single() * (-1 if first == "-" else 1)
        elif first == "(":
            value = self._sum()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise ArithmeticProblem("arithmetic syntax error: expected ')'")
        else:
            value = self._number(first)
        self.depth -= 1
        return _wrap(value)

    def _number(self, token: str) -> int:
        text = self.variables.get(token, "0").strip() or "0" if token.isidentifier() else token
        if not re.fullmatch(r"-?\d+", text, re.ASCII):
            raise ArithmeticProblem("arithmetic syntax error")
        if len(text) > MOST_DIGITS:
            raise ArithmeticProblem(f"{text[:MOST_DIGITS]}...: number too large")
        return int(text)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ArithmeticProblem("arithmetic syntax error")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise ArithmeticProblem("divide by zero")
    # Towards zero, as C does; Python's own goes down.
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a: int, b: int) -> int:
    return a - b * _divide(a, b)


def _wrap(value: int) -> int:
    """As a 64-bit register holds it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
