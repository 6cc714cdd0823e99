"""A gensio's text, taken apart (gensio(5)): `telnet(rfc2217),tcp,h,2002` is two layers and what the last one takes."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FILTERS: Final = frozenset(
    {
        *("telnet", "ssl", "certauth", "mux", "msgdelim", "relpkt", "trace", "perf", "keepopen", "script", "xlt"),
        *("ratelimit", "kiss", "ax25", "chardelay", "convcode"),
    }
)
"""Layers that stand on another one."""
_NAME = re.compile(r"\s*([A-Za-z0-9_-]+)\s*")
_TRUE: Final = frozenset({"true", "1", "on", "yes"})


class Layer(NamedTuple):
    """A layer and its options, each as it is written."""

    name: str
    options: tuple[str, ...] = ()

    def has(self, option: str) -> bool:
        """Whether an option is set: alone, or to true."""
        for each in self.options:
            key, equals, value = each.partition("=")
            if key.strip().lower() == option:
                return not equals or value.strip().lower() in _TRUE
        return False


class Stack(NamedTuple):
    """The layers from the top, and what the lowest one takes."""

    layers: tuple[Layer, ...]
    rest: str

    @property
    def lowest(self) -> Layer:
        """The layer that all others stand on."""
        return self.layers[-1]


def parse_stack(text: str) -> Stack:
    """Take it apart; raises ValueError, which says what is wrong."""
    layers: list[Layer] = []
    at = 0
    while True:
        match = _NAME.match(text, at)
        if match is None:
            raise ValueError(f"expected the name of a gensio, such as serialdev, found {text[at : at + 20]!r}")
        at = match.end()
        options: tuple[str, ...] = ()
        if text[at : at + 1] == "(":
            options, at = _options(text, at + 1)
        layers.append(Layer(match[1].lower(), options))
        comma = text[at : at + 1] == ","
        if layers[-1].name not in FILTERS or not comma:
            return Stack(tuple(layers), text[at + comma :].strip())
        at += 1


def _options(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """What stands between the parentheses, and where it ends."""
    end = _closing(text, at)
    return tuple(words(text[at:end], " \t\n,")), end + 1


def _closing(text: str, at: int) -> int:
    quote = ""
    while at < len(text):
        c = text[at]
        if c == "\\":
            at += 1
        elif quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c == ")":
            return at
        at += 1
    raise ValueError("a ) is missing")


def words(text: str, separators: str = " \t\n\r\f\v") -> list[str]:
    """The words of a text, quotes taken off: between them, and after a backslash, a separator is none."""
    found: list[str] = []
    word, quote, begun, escaped = "", "", False, False
    for c in text:
        if escaped:
            word, escaped = word + c, False
        elif c == "\\":
            begun = escaped = True
        elif quote:
            if c == quote:
                quote = ""
            else:
                word += c
        elif c in "\"'":
            quote, begun = c, True
        elif c in separators:
            if begun:
                found.append(word)
            word, begun = "", False
        else:
            word, begun = word + c, True
    return [*found, word] if begun else found
