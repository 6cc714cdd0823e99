from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.keys import COMMANDS, TILDE, Do, Keys, Wish

typed = st.lists(st.sampled_from([b"~", b".", b"?", b"\r", b"\n", b"a", b"\x05", b"c", b"l", b"e", b"\\", b"\xff"]))


def feed(pieces: Sequence[bytes], keys: Keys | None = None) -> list[bytes | Wish]:
    """What the pieces come to together, up to LEAVE; bytes that follow each other as one."""
    keys = keys or Keys()
    together: list[bytes | Wish] = []
    for piece in pieces:
        for item in keys.feed(piece):
            last = together[-1] if together else None
            if isinstance(item, bytes) and isinstance(last, bytes):
                together[-1] = last + item
            else:
                together.append(item)
        if Wish(Do.LEAVE) in together:
            break
    return together


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"~.", [Wish(Do.LEAVE)]),
        (b"ls\r~.rm", [b"ls\r", Wish(Do.LEAVE)]),
        (b"ls\n~.", [b"ls\n", Wish(Do.LEAVE)]),
        (b"ls~.", [b"ls~."]),
        (b"~~.", [b"~."]),
        (b"~?~.", [Wish(Do.HELP), Wish(Do.LEAVE)]),
        (b"~b~B\r~w", [Wish(Do.BREAK), Wish(Do.BREAK), b"\r", Wish(Do.WHO)]),
        (b"~\x1a~t", [Wish(Do.SUSPEND), Wish(Do.SIZE)]),
        (b"~x~.", [b"~x~."]),
        (b"~\r~.", [b"~\r", Wish(Do.LEAVE)]),
        (b"\r~", [b"\r"]),
    ],
)
def test_the_habits_of_ssh(data: bytes, expected: list[bytes | Wish]) -> None:
    """Escapes at the start of a line, ~~ for one ~, and ~x for both bytes."""
    assert feed([data]) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"ls\x05c.x", [b"ls", Wish(Do.LEAVE)]),
        (b"l\x05c?s", [b"l", Wish(Do.HELP), b"s"]),
        (b"\x05ca\x05cf\x05cs", [Wish(Do.REQUEST), Wish(Do.TAKE), Wish(Do.VIEW)]),
        (b"\x05cg\x05cn", [Wish(Do.GRANT), Wish(Do.DENY)]),
        (b"\x05cw\x05ci", [Wish(Do.WHO), Wish(Do.INFO)]),
        (b"\x05cr\x05cp\x05c\x12", [Wish(Do.LINES_20), Wish(Do.LINES_60), Wish(Do.LAST_LINE)]),
        (b"\x05cl0\x05cl?", [Wish(Do.BREAK), Wish(Do.BREAKS)]),
        (b"\x05cl7", [Wish(Do.UNKNOWN, "l7")]),
        (b"\x05cz\x05c\x1a\x05ct", [Wish(Do.SUSPEND), Wish(Do.SUSPEND), Wish(Do.SIZE)]),
        (b"a\x05c\rb", [b"ab"]),
        (b"a\x05cxb", [b"a", Wish(Do.UNKNOWN, "x"), b"b"]),
        (b"\x05c\x05", [Wish(Do.UNKNOWN, "^E")]),
        (b"\x05c\\005c\x05c\\101", [b"\x05cA"]),
        (
            b"\x05c\\777\x05c\\9\x05c\\18",
            [Wish(Do.UNKNOWN, "\\777"), Wish(Do.UNKNOWN, "\\9"), Wish(Do.UNKNOWN, "\\18")],
        ),
        (b"a\x05b", [b"a\x05b"]),
        (b"\x05\x05c.", [b"\x05", Wish(Do.LEAVE)]),
        (b"\x05~.", [b"\x05~."]),
        (b"~\x05c.", [b"~", Wish(Do.LEAVE)]),
        (b"\r\x05c?~.", [b"\r", Wish(Do.HELP), Wish(Do.LEAVE)]),
        (b"a\x05c?~.", [b"a", Wish(Do.HELP), b"~."]),
        (b"\x05ce\x01x\x05c.\x01x.", [Wish(Do.CHANGED, "^Ax"), b"\x05c.", Wish(Do.LEAVE)]),
        (b"\x05ce~x\x05c.", [Wish(Do.UNKNOWN, "e~x"), Wish(Do.LEAVE)]),
        (b"\x05ce\rx\x05c.", [Wish(Do.UNKNOWN, "e^Mx"), Wish(Do.LEAVE)]),
    ],
)
def test_the_habits_of_conserver(data: bytes, expected: list[bytes | Wish]) -> None:
    """The sequence is heard anywhere; what follows it is no input, whether it is a key or not."""
    assert feed([data]) == expected


def test_the_first_key_of_the_sequence_is_let_go_of() -> None:
    """^E alone goes to the machine, once somebody says that nothing follows; then c is a letter."""
    keys = Keys()
    assert keys.feed(b"\x05") == []
    held = [keys.holding]
    assert keys.flush() == [b"\x05"]
    assert [*held, keys.holding] == [True, False]
    assert keys.feed(b"c.") == [b"c."]
    assert keys.flush() == []


def test_half_an_escape_is_not_let_go_of() -> None:
    """~ and a whole sequence wait for as long as it takes: with them, more is meant."""
    keys = Keys()
    for begun, rest, expected in ((b"~", b"?", Wish(Do.HELP)), (b"\x05c", b"w", Wish(Do.WHO))):
        assert keys.feed(begun) == keys.flush() == []
        assert keys.feed(rest) == [expected]


def test_other_keys() -> None:
    """Both can be others, for who is within another attach or ssh."""
    keys = Keys(ord("%"), b"\x01\x01")
    assert feed([b"~.\x05c.\r%%\r%?\x01\x01?"], keys) == [b"~.\x05c.\r%\r", Wish(Do.HELP), Wish(Do.HELP)]


def test_no_keys() -> None:
    """Without either, every byte is the console's."""
    assert feed([b"~.\r~.\x05c.\xff"], Keys(None, None)) == [b"~.\r~.\x05c.\xff"]


def test_what_it_is_at_shows() -> None:
    """For who looks at it in a debugger."""
    keys = Keys()
    assert repr(keys) == "<Keys plain>"
    keys.feed(b"~")
    assert repr(keys) == "<Keys tilde>"


@given(st.lists(typed.map(b"".join)))
def test_the_split_makes_no_difference(pieces: list[bytes]) -> None:
    """However typed bytes arrive, they come to the same."""
    assert feed(pieces) == feed([b"".join(pieces)])


@given(st.lists(st.binary()))
def test_bytes_without_an_escape_pass_unchanged(pieces: list[bytes]) -> None:
    """Any bytes with no ~ at the start of a line, no ^E and no answer are the console's, all of them."""
    data = re.sub(rb"(?:^|(?<=[\r\n]))~+", b"", re.sub(rb"[\x05\x1b]", b"", b"".join(pieces)))
    assert feed([data[at : at + 3] for at in range(0, len(data), 3)]) == [data] * bool(data)


@given(typed.map(b"".join))
def test_every_byte_can_be_sent(data: bytes) -> None:
    """Doubling the ~ that begins a line, and naming ^E by its code, sends exactly what was meant."""
    doubled = re.sub(rb"(?:^|(?<=[\r\n]))~", b"~~", data)
    assert feed([doubled.replace(b"\x05", b"\x05c\\005")]) == [data] * bool(data)


def test_the_keys_that_two_worlds_share_do_the_same() -> None:
    """Who knows one of them is not surprised by the other."""
    shared = (TILDE.keys() & COMMANDS.keys()) - {b"b"}
    assert shared == {b".", b"?", b"w", b"t", b"\x1a"}
    assert all(TILDE[key] is COMMANDS[key] for key in shared)
