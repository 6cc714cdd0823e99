"""What another consolesvc says, and how its numbers become ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.lines.remotewords import (
    AHEAD,
    Gap,
    Hello,
    LineState,
    Misspoken,
    Numbering,
    Refused,
    break_message,
    greeting,
    heard,
)

HELLO = {
    "type": "hello", "stream": "s", "offset": 9, "start": 0, "replay": [9, 9], "may_type": True, "resume": "r",
    "line": {"state": "connected", "why": ""},
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (HELLO, Hello("s", 9, open=True, why="", may_type=True, resume="r")),
        ({**HELLO, "resume": "", "later": 1}, Hello("s", 9, open=True, why="", may_type=True, resume="")),
        ({"type": "gap", "from": 1, "to": 7}, Gap(7)),
        ({"type": "line", "state": "connected", "why": "", "offset": 3, "text": "t"}, LineState(open=True, why="")),
        ({"type": "line", "state": "lent", "why": "lent until 12:00"}, LineState(open=False, why="lent until 12:00")),
        ({"type": "input", "refused": 3, "text": "bob holds it"}, Refused("bob holds it")),
        ({"type": "input", "mode": "lease", "holder": None, "may_type": True, "refused": 0, "text": ""}, None),
        ({"type": "viewers", "viewers": []}, None),
        ({"type": "something later"}, None),
    ],
)
def test_messages(message: dict[str, object], expected: object) -> None:
    """Each of the protocol's that matters to a line; the others are nobody's business here."""
    assert heard(json.dumps(message)) == expected


@pytest.mark.parametrize(
    "text", ["", "[]", "1", '{"type": "gap"}', '{"type": "gap", "to": -1}', '{"type": "gap", "to": true}', '{"type": 1']
)
def test_what_is_no_message_is_an_error(text: str) -> None:
    """Never a guess."""
    with pytest.raises(Misspoken):
        heard(text)


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda e: st.dictionaries(st.text(), e)).map(json.dumps)
)
def test_anything_else_is_a_word_or_misspoken(text: str) -> None:
    """Nothing that another service says is a fault here."""
    try:
        heard(text)
    except Misspoken:
        return


def test_a_hello_comes_first() -> None:
    """What begins otherwise is of another protocol."""
    assert greeting(json.dumps(HELLO)).stream == "s"
    with pytest.raises(Misspoken, match="no hello comes first"):
        greeting('{"type": "viewers"}')


def test_one_stream_has_one_numbering() -> None:
    """It goes on at our end, and a byte has its number there."""
    numbering = Numbering("s")
    assert numbering.wish(700) == {"since": "700", "stream": "s"}
    assert numbering.greeted(Hello("s", 700, open=True, why="", may_type=True, resume=""), 700) == 700
    assert numbering.ahead == 0


def test_another_stream_goes_on_above_all_that_was_counted() -> None:
    """And is asked for by its own numbers from then on; a third one is again above all."""
    numbering = Numbering("s")
    begin = numbering.greeted(Hello("t", 40, open=True, why="", may_type=True, resume=""), 700)
    assert begin == 700 + AHEAD
    assert numbering.wish(begin + 60) == {"since": "100", "stream": "t"}
    assert (
        numbering.greeted(Hello("u", 0, open=True, why="", may_type=True, resume=""), begin + 60) == begin + 60 + AHEAD
    )


def test_breaks_are_what_a_service_takes() -> None:
    """In milliseconds, no longer than five seconds."""
    assert json.loads(break_message(0.25)) == {"type": "break", "ms": 250}
    assert json.loads(break_message(60)) == {"type": "break", "ms": 5000}
