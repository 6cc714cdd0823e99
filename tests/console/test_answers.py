"""A terminal's answers, told from keys; however they are mixed and wherever a message ends."""

from __future__ import annotations

import itertools
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.answers import LARGEST, LONGEST, Answer, Answers, Typed

ANSWERS = [
    b"\x1b[24;80R",
    b"\x1b[1;1R",
    b"\x1b[?24;80R",
    b"\x1b[?24;80;1R",
    b"\x1b[0n",
    b"\x1b[3n",
    b"\x1b[?13n",
    b"\x1b[?27;1;0;0n",
    b"\x1b[?1;2c",
    b"\x1b[?64;1;2;6;9;15;18;21;22c",
    b"\x1b[>0;276;0c",
    b"\x1b[?2026;2$y",
    b"\x1b[4;2$y",
    b"\x1b[2;1;1;112;112;1;0x",
    b"\x1b[1t",
    b"\x1b[3;10;20t",
    b"\x1b[4;600;800t",
    b"\x1b[6;16;8t",
    b"\x1b[8;24;80t",
    b"\x1b[9;50;200t",
    b'\x1b[24;80;1;1;1"w',
    b"\x1b[?1u",
    b"\x1b[?1;0;256S",
    b"\x1b]11;rgb:0000/0000/0000\x07",
    b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]52;c;aGVsbG8=\x07",
    b"\x1b]1337;ReportCellSize=17.5;8.0\x1b\\",
    "\x1b]lgröße 漢字\x1b\\".encode(),
    b"\x1b]Licon\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1bP>|xterm(390)\x1b\\",
    b"\x1bP!|00000000\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x9b24;80R",
    b"\xc2\x9b24;80R",
    b"\x9d11;rgb:0/0/0\x9c",
    b"\xc2\x9d11;rgb:0/0/0\xc2\x9c",
]
REPORTS = [b"\x1b[I", b"\x1b[O", b"\x1b[48;24;80;384;640t", b"\x1b[?997;1n"]
KEYS = [
    b"ls -l\r",
    b"\x1b",
    b"\x1b\x1b",
    b"\x1b[A",
    b"\x1bOA",
    b"\x1b[1;5C",
    b"\x1b[15~",
    b"\x1b[5;2~",
    b"\x1b[Z",
    b"\x1b[H",
    b"\x1bOR",
    b"\x1b[97;5u",
    b"\x1b[27;5;9~",
    b"\x1b[200~pasted\x1b[201~",
    b"\x1b[<0;10;20M",
    b"\x1b[<0;10;20m",
    b"\x1b[M !!",
    b"\x1bb",
    b"\x1b.",
    b"\x03\x04\x00\x7f",
    "größe 漢字 😀 Лист Ü\u0085".encode(),
    b"\xff\xfe\x80\x9a",
    b"\x1b[R",
    b"\x1b[80R",
    b"\x1b[c",
    b"\x1b]11;rgb:0/0/0\r",
    b"\x1bP",
    b"\x1b]",
    b"\x1b[",
    b"\x1b[24;",
]

anything = st.lists(st.sampled_from(ANSWERS + REPORTS + KEYS) | st.binary(max_size=8), max_size=12).map(b"".join)


def told_apart(*messages: bytes) -> list[Typed | Answer]:
    """All pieces of some messages, what was typed at a stretch in one piece."""
    answers = Answers()
    pieces = [piece for message in messages for piece in answers.feed(message)] + answers.flush()
    joined: list[Typed | Answer] = []
    for piece in pieces:
        if joined and isinstance(piece, Typed) and isinstance(joined[-1], Typed):
            joined[-1] = Typed(joined[-1].data + piece.data)
        else:
            joined.append(piece)
    return joined


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_are_found(answer: bytes) -> None:
    """Alone, and between what is typed, in 7-bit, 8-bit and UTF-8 forms; each of a kind."""
    (alone,) = told_apart(answer)
    assert isinstance(alone, Answer)
    assert alone.data == answer
    assert alone.kind
    assert told_apart(b"before" + answer + b"after") == [Typed(b"before"), alone, Typed(b"after")]
    assert told_apart(answer + answer) == [alone, alone]


@pytest.mark.parametrize("report", REPORTS)
def test_reports_are_found(report: bytes) -> None:
    """Likewise; they answer nothing, and have no kind."""
    assert told_apart(b"x" + report + b"y") == [Typed(b"x"), Answer(report, b""), Typed(b"y")]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_typed(key: bytes) -> None:
    """Every key, paste and mouse, and what only resembles an answer."""
    assert told_apart(key) == [Typed(key)]
    assert told_apart(b"a" + key + b"\rb") == [Typed(b"a" + key + b"\rb")]


def test_answers_to_one_question_are_of_one_kind() -> None:
    """Whatever terminals say; and those to others of others."""
    one, two = told_apart(b"\x1b[24;80R\x1b[1;1R")
    assert isinstance(one, Answer)
    assert isinstance(two, Answer)
    assert one.kind == two.kind
    questions = [
        b"\x1b[1;1R",
        b"\x1b[?1;1R",
        b"\x1b[0n",
        b"\x1b[?1;2c",
        b"\x1b[>0;1;0c",
        b"\x1b[4;1;1t",
        b"\x1b[8;1;1t",
        b"\x1b]4;1;x\x07",
        b"\x1b]10;x\x07",
        b"\x1b]11;x\x07",
        b"\x1bP1$rx\x1b\\",
        b"\x1bP1+rx\x1b\\",
        b"\x1bP>|x\x1b\\",
        b"\x1b_G\x1b\\",
    ]
    kinds = {piece.kind for question in questions for piece in told_apart(question) if isinstance(piece, Answer)}
    assert len(kinds) == len(questions)


@given(st.integers(0, 9999), st.binary(max_size=6))
def test_the_kinds_are_few(number: int, text: bytes) -> None:
    """Nobody makes up more, for somebody keeps count of each."""
    for data in (b"\x1b]%d;x\x07" % number, b"\x1bP" + text.hex().encode() + b"\x1b\\"):
        (piece,) = told_apart(data)
        assert isinstance(piece, Answer)
        assert len(piece.kind) <= 5


@given(anything, st.lists(st.integers(0, 200)))
def test_nothing_is_lost_or_moved(data: bytes, cuts: list[int]) -> None:
    """Whatever is sent, in whatever messages: the pieces are all of it, in order."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = told_apart(*(data[a:b] for a, b in itertools.pairwise(places)))
    assert b"".join(piece.data for piece in pieces) == data


@pytest.mark.parametrize("answer", [answer for answer in ANSWERS + REPORTS if answer[:1] == b"\x1b"])
def test_an_answer_in_two_messages_is_one(answer: bytes) -> None:
    """Cut anywhere but behind its ESC, which is a key of its own, or inside a UTF-8 character's first control."""
    whole = told_apart(answer)
    for place in range(2, len(answer)):
        assert told_apart(answer[:place], answer[place:]) == whole
    assert told_apart(*(bytes((byte,)) for byte in answer[2:])) != whole


def test_what_is_held_is_little_and_known() -> None:
    """The beginning of an answer; anything else, a lone ESC above all, passes at once."""
    answers = Answers()
    sent = [b"vi\x1b", b"x\x1b[24;", b"80R", b"\x1b[1;5", b"C", b"\x1b]52;c;" + b"A" * LONGEST]
    pieces = [(answers.feed(message), answers.holds) for message in sent]
    assert pieces == [
        ([Typed(b"vi\x1b")], False),
        ([Typed(b"x")], True),
        ([Answer(b"\x1b[24;80R", b"[R")], False),
        ([], True),
        ([Typed(b"\x1b[1;5C")], False),
        ([Typed(sent[-1])], False),
    ]


def test_a_file_is_typed_as_it_is() -> None:
    """No terminal answers in so large a message, and nothing is looked for in it."""
    file = b"\x1b[24;80R" * (LARGEST // 8 + 1)
    assert told_apart(file) == [Typed(file)]
    assert told_apart(b"\x1b[24;", file) == [Typed(b"\x1b[24;" + file)]


def test_hostile_bytes_cost_no_more_than_others() -> None:
    """As much as is looked through, of beginnings, of no text, of what nearly is an answer: it passes in no time."""
    patterns = [b"\x1b[", b"\x1b]1;", b"\x1bP1$r", b"\x9b", b"\xff", b"\xc2", b"\x1b[1;1;", b"\x1b]1;a\xc3", b"\xe6"]
    for data in (*(pattern * (LARGEST // len(pattern)) for pattern in patterns), os.urandom(LARGEST)):
        started = time.perf_counter()
        for _ in range(16):
            assert b"".join(piece.data for piece in told_apart(data)) == data
        assert time.perf_counter() - started < 5
