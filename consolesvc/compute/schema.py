"""The part of JSON Schema that Compute's requests need, with the sentences that clients know (nova-contract 1.5).

A schema is a plain mapping in JSON Schema's own words. Violations come in the order of its keywords, and the first one
is what the caller hears, as in nova.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_MAX_SHOWN = 200
"""Characters of a caller's own value that an answer repeats."""


class Violation(NamedTuple):
    """One way in which a value breaks its schema's `keyword`; `path` leads to `value`, empty for the whole."""

    path: tuple[str, ...]
    value: Any
    text: str
    keyword: str


def check_body(body: Any, schema: Schema, *, strangers: bool = False) -> None:
    """Hold a request's body against its schema; raises ValueError with nova's sentence.

    Args:
        body: What came.
        schema: What is expected.
        strangers: Whether keys that the schema does not know are passed over, as the legacy API has it.
    """
    for path, value, text, keyword in violations(body, schema):
        if strangers and keyword == "additionalProperties":
            continue
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


def violations(value: Any, schema: Schema, path: tuple[str, ...] = ()) -> list[Violation]:
    """Everything in which `value` breaks `schema`."""
    found: list[Violation] = []
    for keyword, argument in schema.items():
        found += _KEYWORDS[keyword](value, argument, schema, path)
    return found


def clipped(text: str) -> str:
    """Text of the caller's, short enough to be repeated."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    # JSON has one kind of number: 2.0 is an integer.
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


# Lists and not generators: nearly every body is valid, and an empty tuple costs a tenth of a generator.
def _type(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    names = [argument] if isinstance(argument, str) else argument
    for name in names:
        if _TYPES[name](value):
            return ()
    wanted = ", ".join(repr(name) for name in names)
    return [Violation(path, value, f"{clipped(repr(value))} is not of type {wanted}", "type")]


def _enum(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if value in argument:
        return ()
    return [Violation(path, value, f"{clipped(repr(value))} is not one of {argument!r}", "enum")]


def _pattern(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if not isinstance(value, str) or re.search(argument, value):
        return ()
    return [Violation(path, value, f"{clipped(repr(value))} does not match {argument!r}", "pattern")]


def _properties(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if not isinstance(value, dict):
        return ()
    found: list[Violation] = []
    for name, schema in argument.items():
        if name in value:
            found += violations(value[name], schema, (*path, name))
    return found


def _required(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if not isinstance(value, dict):
        return ()
    missing = [name for name in argument if name not in value]
    return [Violation(path, value, f"{name!r} is a required property", "required") for name in missing]


def _additional(value: Any, argument: Any, schema: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if argument is not False or not isinstance(value, dict) or value.keys() <= schema["properties"].keys():
        return ()
    extra = sorted(name for name in value if name not in schema["properties"])
    names, verb = ", ".join(repr(name) for name in extra), "was" if len(extra) == 1 else "were"
    text = f"Additional properties are not allowed ({clipped(names)} {verb} unexpected)"
    return [Violation(path, value, text, "additionalProperties")]


def _minimum(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    number = _number(value)
    if number is None or number >= argument:
        return ()
    return [Violation(path, value, f"{number!r} is less than the minimum of {argument!r}", "minimum")]


def _min_length(value: Any, argument: Any, _: Schema, path: tuple[str, ...]) -> Iterable[Violation]:
    if not isinstance(value, str) or len(value) >= argument:
        return ()
    text = "should be non-empty" if argument == 1 else "is too short"
    return [Violation(path, value, f"{clipped(repr(value))} {text}", "minLength")]


def _number(value: Any) -> float | None:
    """A number, or what nova takes for one: text that reads as a number."""
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


_KEYWORDS: Mapping[str, Callable[[Any, Any, Schema, tuple[str, ...]], Iterable[Violation]]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "minimum": _minimum,
    "minLength": _min_length,
}
