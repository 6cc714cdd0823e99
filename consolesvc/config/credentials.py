"""What the files of credentials have in common: a list of entries, and values that are never quoted (DESIGN 5.2).

An error about a secret names its place and what was expected, not what stands there: people put the password where
its hash belongs, and errors end up in logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml

from consolesvc.config.reading import Parser, Reading, Section, Unreadable, Value, items, mapping
from consolesvc.config.scalars import text
from consolesvc.config.yaml_nodes import compose, is_null, read_text
from consolesvc.errors import ConfigurationError

T = TypeVar("T")

LONGEST_NAME = 255
"""Characters of a name, as in Keystone."""
_ROLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}")


def read_file(path: Path, document: Parser[T]) -> T:
    """Read a file of credentials with the parser of its document.

    Raises:
        ConfigurationError: with every problem found.
    """
    reading = Reading(path.parent)
    root = compose(read_text(path), str(path))
    read: list[T] = []
    with suppress(Unreadable):
        read.append(document(Value(root, "", root.start_mark, reading)))
    if reading.problems:
        raise ConfigurationError(reading.problems)
    return read[0]


def credentials_file(check: Callable[[Path], object]) -> Parser[str]:
    """A parser for the path of such a file, which `check` reads; its problems are the configuration's, too."""

    def parse(value: Value) -> str:
        written = text(value, "a path")
        if not written:
            raise value.unexpected("a path")
        path = value.reading.folder / written
        try:
            check(path)
        except ConfigurationError as error:
            value.reading.problems.extend(error.problems)
        return str(path)

    return parse


def entries(value: Value, example: str) -> list[Value]:
    """The items of a list; an empty one has to be written `[]`.

    A file that is just being written is empty for a moment, and must not be taken for one that lets nobody in.
    """
    if is_null(value.node):
        raise value.wrong(f"holds nothing, expected a list of entries such as {example}; [] is an empty one")
    return items(value, f"a list of entries such as {example}")


def entry(value: Value, section: Section[Any], required: tuple[str, ...], example: str) -> dict[str, Any]:
    """What the keys of an entry say; raises Unreadable where one of `required` is missing or wrong."""
    if not isinstance(value.node, yaml.MappingNode):
        raise value.wrong(f"is no mapping, expected an entry such as {example}")
    found: Mapping[str, Value] = mapping(value)
    for key in required:
        if key not in found:
            value.note(f"`{key}` is missing, expected an entry such as {example}")
    given = section.given(value, found)
    if not given.keys() >= set(required):
        raise Unreadable
    return given


def secret(pattern: re.Pattern[str], expected: str) -> Parser[str]:
    """A parser for text that matches; what stands there instead is not said."""

    def parse(value: Value) -> str:
        written = value.node.value if isinstance(value.node, yaml.ScalarNode) else ""
        if pattern.fullmatch(written) is None:
            raise value.wrong(f"what stands here is none (and is not shown, it may be secret), expected {expected}")
        return str(written)

    return parse


def name(value: Value) -> str:
    """The name of a user, a project or a token."""
    written = text(value, "a name")
    if not 0 < len(written) <= LONGEST_NAME:
        raise value.wrong(f"is {len(written)} characters long, expected a name of 1 to {LONGEST_NAME}")
    return written


def roles(value: Value) -> frozenset[str]:
    """Role names in lower case: Keystone's are compared without regard to case."""
    expected = "a list of roles, such as [member]"
    read = set()
    for item in items(value, expected):
        written = text(item, "a role, such as reader, member or admin")
        if _ROLE.fullmatch(written) is None:
            raise item.unexpected("a role, such as reader, member or admin")
        read.add(written.lower())
    if not read:
        raise value.unexpected(expected)
    return frozenset(read)
