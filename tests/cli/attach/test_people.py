from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from consolesvc.cli.attach.people import People

ME = {"session": "a1", "who": "10.0.0.3:51422", "user": "alice", "may_type": True, "holds": False, "since": ""}
BOB = {"session": "b2", "who": "10.0.0.4:1", "user": "bob", "may_type": True, "holds": True, "since": ""}
GUEST = {"session": "c3", "who": "10.0.0.5:1", "user": "", "may_type": False, "holds": False, "since": ""}


def people(*viewers: dict[str, Any], **members: Any) -> People:
    """What a hello makes of it."""
    found = People()
    found.hello({"session": "a1", "viewers": list(viewers), **members})
    return found


def test_who_else_is_here() -> None:
    """By user and address, as far as there are, and not this session itself."""
    assert people(ME, BOB, GUEST).others() == "Also here: bob (10.0.0.4:1), 10.0.0.5:1."
    assert people(ME).others() == ""
    assert people(ME, {"session": "d4"}).others() == "Also here: d4."


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, ""),
        ({"input": {"mode": "shared", "holder": None}}, ""),
        (
            {"input": {"mode": "lease", "holder": None}},
            "Nobody types now: who types first holds the input (lease).",
        ),
        ({"input": {"mode": "lease", "holder": "a1"}}, "You hold the input (lease)."),
        (
            {"input": {"mode": "lease", "holder": "b2"}},
            "bob (10.0.0.4:1) holds the input (lease); ^Eca asks for it, ^Ecf takes it.",
        ),
        (
            {"input": {"mode": "exclusive", "holder": "b2"}},
            "bob (10.0.0.4:1) holds the input (exclusive); ^Eca asks for it.",
        ),
        (
            {"input": {"mode": "exclusive", "holder": "gone"}},
            "gone holds the input (exclusive); ^Eca asks for it.",
        ),
    ],
)
def test_who_may_type(members: dict[str, Any], sentence: str) -> None:
    """Said where it is not everybody, with the keys that change it."""
    assert people(ME, BOB, **members).rights("^Eca", "^Ecf") == sentence


def test_the_right_to_type_is_not_the_turn() -> None:
    """Who waits for the input may type; who is a guest may not, whatever the hello says of the moment."""
    held = {"input": {"mode": "lease", "holder": "b2"}, "may_type": False}
    assert people(ME, BOB, **held).allowed
    guest = people(ME | {"may_type": False}, BOB, may_type=True)
    assert guest.rights("^Eca", "^Ecf") == "This session may only look."
    assert not people(**held).allowed


def test_without_keys_none_are_named() -> None:
    """Input from a pipe has none."""
    held = people(ME, BOB, input={"mode": "lease", "holder": "b2"})
    assert held.rights("", "") == "bob (10.0.0.4:1) holds the input (lease)."


def test_the_table() -> None:
    """Everybody, with what they may and since when; this session is marked."""
    today = datetime.now().astimezone().replace(hour=9, minute=5, second=1)
    mine = ME | {"since": today.isoformat()}
    before = BOB | {"since": (today - timedelta(days=400)).isoformat()}
    lines = people(mine, before, GUEST | {"since": "soon"}, {"session": "d4"}).table().splitlines()
    assert [line.split() for line in lines] == [
        ["SESSION", "FROM", "USER", "TYPES", "SINCE"],
        ["a1", "(you)", "10.0.0.3:51422", "alice", "may", "09:05:01"],
        ["b2", "10.0.0.4:1", "bob", "holds", "the", "input", f"{today - timedelta(days=400):%Y-%m-%d}", "09:05"],
        ["c3", "10.0.0.5:1", "-", "looks", "only", "soon"],
        ["d4", "-", "-", "may", "-"],
    ]


def test_the_table_knows_the_holder_of_now() -> None:
    """The list is of when somebody came; the input has changed hands since."""
    mine = people(ME, BOB, input={"mode": "lease", "holder": "b2"})
    mine.input({"holder": "a1"})
    assert ["holds" in line for line in mine.table().splitlines()] == [False, True, False]
    mine.input({"holder": None})
    assert "holds" not in mine.table()


def test_a_service_that_does_not_tell() -> None:
    """An earlier one says nothing of sessions: that is said."""
    silent = People()
    silent.hello({"stream": "x"})
    assert silent.table() == "This service does not tell who is here."
    assert (silent.others(), silent.rights("a", "f"), silent.holds) == ("", "", False)


def test_requests_are_told_once() -> None:
    """Who asks is new once; what is left out stays as it was."""
    mine = people(ME, BOB, input={"mode": "lease", "holder": "a1"})
    assert mine.holds
    assert mine.input({"requests": ["b2"]}) == ["b2"]
    assert mine.input({"requests": ["b2", "c3"]}) == ["c3"]
    assert mine.input({"refused": 3}) == []
    assert mine.requests == ["b2", "c3"]
    assert mine.input({"holder": None, "requests": []}) == []
    assert (mine.holder, mine.mode) == (None, "lease")


def test_viewers_come_and_go() -> None:
    """The last list counts."""
    mine = people(ME)
    mine.came([ME, BOB])
    assert mine.others() == "Also here: bob (10.0.0.4:1)."
    mine.came([ME])
    assert mine.others() == ""


@pytest.mark.parametrize(
    "strange", [None, 7, "x", [7, None, "x"], [{"session": 7, "who": [], "user": {}, "since": 5}], {"a": 1}]
)
def test_what_is_no_list_of_viewers_harms_nobody(strange: object) -> None:
    """A service of another version, or none of ours at all."""
    mine = people(ME)
    mine.came(strange)
    assert mine.input({"mode": strange, "holder": strange, "requests": strange}) in ([], ["x"])
    assert mine.table()
    assert mine.name(None) == "nobody"
