"""The way from nodes to typed values: every problem is noted where it is met, and reading goes on.

A parser is a callable that takes a `Value` and returns what it stands for. Where it cannot, it notes a problem
and raises `Unreadable`; the mapping or list around it leaves that value out and reads the next one. Thus one
reading finds everything that is wrong (DESIGN 5.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import yaml

from consolesvc.config import strangers
from consolesvc.config.yaml_nodes import describe, is_null, shown_key
from consolesvc.errors import Problem

T = TypeVar("T")

OVERRIDE = "--set"
"""What stands for a file where an override is wrong; it has no lines."""


class Unreadable(Exception):
    """A value could not be read, and its problem is noted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a configuration.

    Attributes:
        folder: Where relative paths start: the main file's folder, absolute.
        problems: Everything found wrong so far.
        places: The first value read at each dotted key, for problems found when all is read.
    """

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Value] = field(default_factory=dict)


class Value(NamedTuple):
    """A node, and where it stands.

    Attributes:
        key: Its dotted path, such as `servers[2].line.settings`; empty for the document.
        mark: Where its key begins, or itself where it has none.
    """

    node: yaml.Node
    key: str
    mark: yaml.Mark
    reading: Reading

    @property
    def where(self) -> str:
        """`file:line`, or `--set`."""
        return OVERRIDE if self.mark.name == OVERRIDE else f"{self.mark.name}:{self.mark.line + 1}"

    @property
    def schema(self) -> str:
        """The dotted path without its indexes: `servers[].line.settings`."""
        return re.sub(r"\[\d+\]", "[]", self.key)

    def note(self, text: str, mark: yaml.Mark | None = None) -> None:
        """Note a problem here, or at `mark`."""
        mark = mark or self.mark
        line = 0 if mark.name == OVERRIDE else mark.line + 1
        self.reading.problems.append(Problem(mark.name, line, self.key, text))

    def wrong(self, text: str) -> Unreadable:
        """Note a problem here; the exception to raise."""
        self.note(text)
        return Unreadable()

    def unexpected(self, expected: str) -> Unreadable:
        """Note that this is not what was expected; the exception to raise."""
        if is_null(self.node):
            return self.wrong(f"has no value, expected {expected}")
        return self.wrong(f"found {describe(self.node)}, expected {expected}")


Parser = Callable[[Value], T]


def mapping(value: Value, expected: str = "keys and values") -> dict[str, Value]:
    """The values of a mapping by key; an empty value is an empty mapping. A key given twice is noted."""
    if is_null(value.node):
        return {}
    if not isinstance(value.node, yaml.MappingNode):
        raise value.unexpected(expected)
    found: dict[str, Value] = {}
    for key, node in value.node.value:
        if not isinstance(key, yaml.ScalarNode):
            value.note(f"a key is a word; this one is {describe(key)}", key.start_mark)
        elif key.value in found:
            first = found[key.value].where
            value.note(f"{shown_key(key.value)} is given twice, first in {first}; keep one", key.start_mark)
        else:
            path = f"{value.key}.{key.value}" if value.key else key.value
            found[key.value] = Value(node, path, key.start_mark, value.reading)
            value.reading.places.setdefault(path, found[key.value])
    return found


def items(value: Value, expected: str) -> list[Value]:
    """The values of a list; an empty value is an empty list."""
    if is_null(value.node):
        return []
    if not isinstance(value.node, yaml.SequenceNode):
        raise value.unexpected(expected)
    return [
        Value(node, f"{value.key}[{index}]", node.start_mark, value.reading)
        for index, node in enumerate(value.node.value)
    ]


def list_of(parser: Parser[T], expected: str) -> Parser[tuple[T, ...]]:
    """A parser for a list whose items `parser` reads; `expected` says what the list is to hold."""

    def parse(value: Value) -> tuple[T, ...]:
        read = []
        for item in items(value, expected):
            with suppress(Unreadable):
                read.append(parser(item))
        return tuple(read)

    return parse


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """A parser for a mapping with known keys.

    Attributes:
        make: Makes the section's object from the keys that were given; its defaults fill in the others.
        keys: The parser of each key.
    """

    make: Callable[..., T]
    keys: Mapping[str, Parser[Any]]

    def __call__(self, value: Value) -> T:
        """Read the mapping at `value`."""
        return self.make(**self.given(value, mapping(value)))

    def given(self, value: Value, entries: Mapping[str, Value]) -> dict[str, Any]:
        """What could be read of `entries`, the mapping at `value`; strangers are noted."""
        read: dict[str, Any] = {}
        for name, entry in entries.items():
            if name not in self.keys:
                refuse_stranger(value, name, entry, self.keys)
                continue
            with suppress(Unreadable):
                read[name] = self.keys[name](entry)
        return read


def refuse_stranger(parent: Value, name: str, entry: Value, known: Collection[str]) -> None:
    """Note a key that is not known."""
    scalar = entry.node.value if isinstance(entry.node, yaml.ScalarNode) else ""
    hint = strangers.hint(entry.schema, name, scalar, known)
    parent.note(f"unknown key {shown_key(name)}; {hint}", entry.mark)
