from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consolesvc.cli.attach.keys import BREAKS, COMMANDS, TILDE, Keys, Wish
from consolesvc.cli.attach.notation import caret
from consolesvc.cli.attach.session import Session
from consolesvc.cli.attach.words import Words, about

SINCE = datetime(2026, 11, 23, 19, 11, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "line", "leave"),
    [
        (Words(ord("~"), b"\x05c"), "Connected to node. Escape is ~. (after Enter); ~? for help.", "~."),
        (Words(0x1D, None), "Connected to node. Escape is ^]. (after Enter); ^]? for help.", "^]."),
        (Words(None, b"\x05c"), "Connected to node. Escape is ^Ec.; ^Ec? for help.", "^Ec."),
        (Words(None, None), "Connected to node. There is no escape: end this process to leave.", ""),
    ],
)
def test_the_first_line_says_how_to_leave(words: Words, line: str, leave: str) -> None:
    """With the keys that there are."""
    assert words.connected("node") == line
    assert words.leave == leave


def test_the_help_names_every_key() -> None:
    """As they are now; every one of them is a key, and none is left out."""
    page = Words(ord("%"), b"\x01a").help()
    assert [key for key in TILDE if f" %{caret(key)} " not in page] == [b"B"]  # as b
    listed = [line[5:].split()[0].removeprefix("^Aa") for line in page.splitlines()[1:] if "^Aa" in line[:10]]
    named = {*listed, "n", "p"}
    hidden = {"^R", "^Z"}
    commands = {caret(key) for key in COMMANDS}
    assert commands - hidden <= named
    for key in listed:
        found = Keys(None, b"\x01a").feed(b"\x01a" + key.encode() + b"xy" * (key == "e"))
        assert found
        assert not isinstance(found[0], Wish) or found[0].do.value != "unknown"
    assert {f"l{key.decode()}" for key in BREAKS} & named == {"l0"}


def test_the_help_of_one_kind_of_keys() -> None:
    """Only what there is."""
    tilde = Words(ord("~"), None).help()
    assert tilde.startswith("Keys: ~ at the start of a line (after Enter)\n ~.  leave; the console stays open\n")
    assert tilde.endswith("\n ~~  send one ~")
    assert "take the input" not in tilde
    sequence = Words(None, b"\x05c").help()
    assert sequence.startswith("Keys: ^Ec anywhere\n ^Ec.    leave; the console stays open\n")
    assert "~" not in sequence


def test_about_a_connection() -> None:
    """Where it stands, what is wrong with it, and who may type."""
    session = Session("node")
    list(session.opened("consolesvc.v1"))
    list(
        session.heard(
            '{"type": "hello", "stream": "s1", "offset": 100, "start": 7,'
            ' "line": {"state": "waiting", "why": "unplugged"}, "input": {"mode": "lease", "holder": null}}'
        )
    )
    list(session.heard(b"x" * 2048))
    list(session.heard('{"type": "gap", "from": 2148, "to": 3000}'))
    list(session.heard('{"type": "input", "refused": 5}'))
    assert about(session, "ws://lab:6083", SINCE, 2, "out.log").splitlines() == [
        "node at ws://lab:6083: consolesvc.v1",
        " line: waiting: unplugged",
        " next byte: 3000 of stream s1; the oldest at attach: 7",
        " input: lease; nobody holds it",
        " received: 2 KiB, 852 missing; 5 typed bytes refused",
        " since 2026-11-23 19:11:44, connection 2",
        " log: out.log",
    ]


def test_about_a_plain_connection() -> None:
    """What it cannot tell is not made up."""
    session = Session("the console")
    list(session.opened(None))
    list(session.heard(b"xy"))
    assert about(session, "ws://nova:6083", SINCE, 1, "").splitlines() == [
        "the console at ws://nova:6083: plain bytes: no offsets, no break, nobody is seen",
        " received: 2 bytes",
        " since 2026-11-23 19:11:44, connection 1",
    ]
