from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.compute.bodies import MAX_DEPTH, parse_object

TEXT = st.text(st.characters(codec="utf-8"))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def nested(depth: int) -> bytes:
    """`depth` levels: the object and the lists in it."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@given(st.dictionaries(TEXT, JSON, max_size=3))
def test_reads_objects(value: dict[str, Any]) -> None:
    """Any JSON object comes back as it was, escaped or not."""
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b"}", b'{"a":1', b'{"a":1}x', b"{'a':1}", b'{"a":1,}', b"\0"),
        *(b"[]", b'[{"a":1}]', b"null", b"true", b'"os-getSerialConsole"', b"1"),
        *(b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}'),
        *(b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":' + b"9" * 5000 + b"}"),
        *(b'\xef\xbb\xbf{"a":1}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', '{"a":1}'.encode("utf-16")),
        *(b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'{"a":["\\ud800x"]}'),
        *(nested(MAX_DEPTH + 1), nested(1000), nested(100_000), b'{"a":' * 100_000),
    ],
)
def test_refuses(data: bytes) -> None:
    """Broken, ambiguous and hostile bodies are one and the same ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text reaches nobody: the caller hears "Malformed request body"
        parse_object(data)


def test_depth() -> None:
    """The deepest accepted body is as deep as promised."""
    assert list(parse_object(nested(MAX_DEPTH))) == ["a"]


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    """Any bytes are an object or a ValueError."""
    with suppress(ValueError):
        assert isinstance(parse_object(data), dict)
