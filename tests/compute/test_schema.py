from __future__ import annotations

from typing import Any

import pytest

from consolesvc.compute.consoles import LEGACY_CONSOLES
from consolesvc.compute.schema import Schema, check_body, check_parameter, violations

NAME = "os-getSerialConsole"
GET_SERIAL_CONSOLE = LEGACY_CONSOLES[NAME]
FIELD = "Invalid input for field/attribute"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": None}, f"{FIELD} type. Value: None. None is not of type 'string'"),
        ({"type": "novnc"}, f"{FIELD} type. Value: novnc. 'novnc' is not one of ['serial']"),
        ({"type": 1}, f"{FIELD} type. Value: 1. 1 is not of type 'string'"),
        ({"type": True}, f"{FIELD} type. Value: True. True is not of type 'string'"),
        ({"type": ["serial"]}, f"{FIELD} type. Value: ['serial']. ['serial'] is not of type 'string'"),
        ({}, f"{FIELD} {NAME}. Value: {{}}. 'type' is a required property"),
        (
            {"type": "serial", "x": 1},
            (
                f"{FIELD} {NAME}. Value: {{'type': 'serial', 'x': 1}}. "
                "Additional properties are not allowed ('x' was unexpected)"
            ),
        ),
        (
            {"type": "serial", "y": 1, "x": 1},
            (
                f"{FIELD} {NAME}. Value: {{'type': 'serial', 'y': 1, 'x': 1}}. "
                "Additional properties are not allowed ('x', 'y' were unexpected)"
            ),
        ),
        ({"x": 1}, f"{FIELD} {NAME}. Value: {{'x': 1}}. 'type' is a required property"),
        (None, f"{FIELD} {NAME}. Value: None. None is not of type 'object'"),
        ([], f"{FIELD} {NAME}. Value: []. [] is not of type 'object'"),
        ("serial", f"{FIELD} {NAME}. Value: serial. 'serial' is not of type 'object'"),
    ],
)
def test_sentences(value: Any, message: str) -> None:
    """The sentences are those that clients of nova know (nova-contract 1.5)."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole sentence is compared below
        check_body({NAME: value}, GET_SERIAL_CONSOLE)
    assert str(caught.value) == message


def test_valid_body() -> None:
    """The one body there is passes."""
    check_body({NAME: {"type": "serial"}}, GET_SERIAL_CONSOLE)


def test_whole_body() -> None:
    """What is wrong with the body itself is said without a field."""
    with pytest.raises(ValueError, match=r"^'os-getSerialConsole' is a required property$"):
        check_body({}, GET_SERIAL_CONSOLE)


def test_long_values_are_cut() -> None:
    """A caller's megabyte does not come back twice."""
    with pytest.raises(ValueError, match=r"\.\.\. is not one of") as caught:
        check_body({NAME: {"type": "x" * 1_000_000}}, GET_SERIAL_CONSOLE)
    assert len(str(caught.value)) < 1000
    with pytest.raises(ValueError, match="were unexpected") as caught:
        check_body({NAME: {"type": "serial", **{f"x{i}": 1 for i in range(10_000)}}}, GET_SERIAL_CONSOLE)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        (1.5, {"type": ["integer", "string", "null"]}, "1.5 is not of type 'integer', 'string', 'null'"),
        (True, {"type": "integer"}, "True is not of type 'integer'"),
        ({}, {"type": "array"}, "{} is not of type 'array'"),
        (1, {"type": "boolean"}, "1 is not of type 'boolean'"),
        ("abc", {"pattern": "^-?[0-9]+$"}, "'abc' does not match '^-?[0-9]+$'"),
        (-2, {"minimum": -1}, "-2 is less than the minimum of -1"),
        ("-2", {"minimum": -1}, "-2 is less than the minimum of -1"),
        ("", {"minLength": 1}, "'' should be non-empty"),
        ("ab", {"minLength": 3}, "'ab' is too short"),
    ],
)
def test_keywords(value: Any, schema: Schema, text: str) -> None:
    """Types, lists of types and patterns, as other actions will use them."""
    assert [violation.text for violation in violations(value, schema)] == [text]


def test_keywords_of_other_types_do_not_apply() -> None:
    """As in JSON Schema, a keyword for objects or strings passes over any other value."""
    schema = {"pattern": "x", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
    assert list(violations(1, schema)) == []


def test_parameter() -> None:
    """A query parameter has a sentence of its own."""
    check_parameter("limit", "5", {"pattern": "^[0-9]*$"})
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole sentence is compared below
        check_parameter("limit", "-1", {"pattern": "^[0-9]*$"})
    assert str(caught.value) == ("Invalid input for query parameters limit. Value: -1. '-1' does not match '^[0-9]*$'")


def test_whole_numbers_are_integers() -> None:
    """JSON has one kind of number; a number in text is held against a minimum as well."""
    assert violations(2.0, {"type": "integer"}) == []
    assert violations("5", {"minimum": 1}) == []
    assert violations("x", {"minimum": 1}) == []
    assert violations(None, {"minimum": 1}) == []


def test_strangers() -> None:
    """Unknown keys are passed over where that is asked for, at every level; what is missing is not."""
    check_body({NAME: {"type": "serial", "x": 1}, "y": 1}, GET_SERIAL_CONSOLE, strangers=True)
    with pytest.raises(ValueError, match="required property"):
        check_body({NAME: {"x": 1}, "y": 1}, GET_SERIAL_CONSOLE, strangers=True)
