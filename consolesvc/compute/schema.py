"""The part of JSON Schema that Compute's requests need, with the sentences that clients know (nova-contract 1.5).

A schema is a plain mapping in JSON Schema's own words. Violations come in the order of its keywords, and the first one
is what the caller hears, as in nova.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_MAX_SHOWN = 200
"""Characters of a caller's own value that an answer repeats."""


class Violation(NamedTuple):
    """One way in which a value breaks its schema; `path` leads to `value`, empty for the whole."""

    path: tuple[str, ...]
    value: Any
    text: str


def check_body(body: Any, schema: Schema) -> None:
    """Hold a request's body against its schema; raises ValueError with nova's sentence."""
    for path, value, text in violations(body, schema):
        if not path:
            raise ValueError(text)
        raise ValueError(f"Invalid input for field/attribute {path[-1]}. Value: {clipped(str(value))}. {text}")


def check_parameter(name: str, value: str, schema: Schema) -> None:
    """Hold a query parameter's value against its schema; raises ValueError with nova's sentence."""
    for violation in violations(value, schema):
        raise ValueError(invalid_parameter(name, value, violation.text))


def invalid_parameter(name: str, value: str, text: str) -> str:
    """Nova's sentence about a query parameter; `text` says what is wrong."""
    return f"Invalid input for query parameters {name}. Value: {clipped(value)}. {text}"


def violations(value: Any, schema: Schema, path: tuple[str, ...] = ()) -> Iterator[Violation]:
    """Everything in which `value` breaks `schema`."""
    for keyword, argument in schema.items():
        yield from _KEYWORDS[keyword](value, argument, schema, path)


def clipped(text: str) -> str:
    """Text of the caller's, short enough to be repeated."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _type(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    names = [argument] if isinstance(argument, str) else argument
    if not any(_TYPES[name](value) for name in names):
        wanted = ", ".join(repr(name) for name in names)
        yield Violation(path, value, f"{clipped(repr(value))} is not of type {wanted}")


def _enum(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    if value not in argument:
        yield Violation(path, value, f"{clipped(repr(value))} is not one of {argument!r}")


def _pattern(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    if isinstance(value, str) and not re.search(argument, value):
        yield Violation(path, value, f"{clipped(repr(value))} does not match {argument!r}")


def _properties(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    if isinstance(value, dict):
        for name, schema in argument.items():
            if name in value:
                yield from violations(value[name], schema, (*path, name))


def _required(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    if isinstance(value, dict):
        for name in argument:
            if name not in value:
                yield Violation(path, value, f"{name!r} is a required property")


def _additional(value: Any, argument: Any, schema: Schema, path: tuple[str, ...]) -> Iterator[Violation]:
    if argument is False and isinstance(value, dict):
        extra = sorted(name for name in value if name not in schema["properties"])
        if extra:
            names, verb = ", ".join(repr(name) for name in extra), "was" if len(extra) == 1 else "were"
            yield Violation(path, value, f"Additional properties are not allowed ({clipped(names)} {verb} unexpected)")


_KEYWORDS: Mapping[str, Callable[[Any, Any, Schema, tuple[str, ...]], Iterator[Violation]]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
}
