"""Who may type, in any order of what people do."""

from __future__ import annotations

import pytest

from consolesvc.config.server import Input
from consolesvc.console.sharing import GRACE, GRANTED_AFTER, Change
from tests.console.people import ALICE, BOB, CAROL, LOOKER, shared_by


def test_it_is_kept_for_a_holder_who_was_cut() -> None:
    """For GRACE and no longer; nobody is granted it by time meanwhile; who comes back has it, and its requests."""
    sharing = shared_by("lease")
    sharing.type(ALICE, 1.0)
    sharing.request(BOB, 2.0)
    assert not sharing.cut(CAROL, 30.0)
    assert sharing.cut(ALICE, 30.0)
    assert [sharing.answerer] == [None]
    assert (sharing.due or 0.0) == 30.0 + GRACE
    assert sharing.tick(1.0 + GRANTED_AFTER) is None
    sharing.attach("again")
    assert sharing.succeed(BOB, "again") is None
    assert sharing.succeed(ALICE, LOOKER) is None
    assert sharing.succeed(ALICE, "again") == Change("back", "again", ALICE)
    assert sharing.answerer == sharing.holder == "again"
    assert sharing.requests == [BOB]
    assert sharing.succeed(ALICE, "again") is None
    assert sharing.cut("again", 40.0)
    assert sharing.tick(40.0 + GRACE) == Change("freed", "again")
    assert not sharing.requests
    assert sharing.due is None


def test_it_is_taken_from_one_who_was_cut_and_in_exclusive_it_is_not() -> None:
    """As from one who is there."""
    lease, exclusive = shared_by("lease"), shared_by("exclusive")
    for sharing in (lease, exclusive):
        sharing.type(ALICE, 1.0)
        sharing.cut(ALICE, 2.0)
        assert not sharing.may_type(BOB)
    assert lease.take(BOB, 3.0) == Change("taken", BOB, ALICE)
    assert exclusive.take(BOB, 3.0) is None
    assert exclusive.due == 2.0 + GRACE


def test_shared_is_everybodys() -> None:
    """With a typing token; nobody holds anything, and there is nothing to ask for."""
    sharing = shared_by("shared")
    for who in (ALICE, BOB, ALICE):
        assert sharing.may_type(who)
        assert sharing.type(who, 1.0) is None
    assert not sharing.may_type(LOOKER)
    asked = [
        sharing.request(BOB, 2.0),
        sharing.take(BOB, 2.0),
        sharing.release(ALICE),
        sharing.grant(ALICE, BOB, 2.0),
        sharing.deny(ALICE, BOB),
    ]
    assert asked == [None] * 5
    assert (sharing.holder, sharing.due, sharing.tick(1e9)) == (None, None, None)


@pytest.mark.parametrize("mode", ["exclusive", "lease"])
def test_the_first_who_types_or_asks_holds_it(mode: Input) -> None:
    """Until they hand it back or leave; then it is free, and nobody has it for having waited."""
    sharing = shared_by(mode)
    assert all(sharing.may_type(who) for who in (ALICE, BOB))
    assert sharing.type(ALICE, 1.0) == Change("held", ALICE)
    assert sharing.type(ALICE, 2.0) is None
    assert [sharing.may_type(who) for who in (ALICE, BOB, LOOKER)] == [True, False, False]
    assert sharing.release(BOB) is None
    assert sharing.release(ALICE) == Change("freed", ALICE)
    assert sharing.request(BOB, 3.0) == Change("held", BOB)
    assert sharing.request(BOB, 3.0) is None
    assert repr(sharing) == f"<Sharing {mode} 4 here, held by bob>"
    assert sharing.leave(BOB) == Change("freed", BOB)
    assert (sharing.holder, sharing.may_type(CAROL), sharing.may_type(LOOKER)) == (None, True, False)


def test_exclusive_is_not_taken_not_asked_for_and_has_no_end() -> None:
    """All that helps is that the holder leaves or hands it back."""
    sharing = shared_by("exclusive")
    sharing.type(ALICE, 0.0)
    assert [sharing.take(BOB, 1.0), sharing.request(BOB, 1.0)] == [None, None]
    assert (sharing.requests, sharing.due, sharing.tick(1e9), sharing.holder) == ([], None, None, ALICE)
    sharing.release(ALICE)
    assert sharing.take(BOB, 2.0) == Change("held", BOB)


def test_a_lease_is_asked_for_and_granted_or_denied() -> None:
    """By its holder alone, to who has asked; the others go on asking the new one."""
    sharing = shared_by("lease")
    sharing.type(ALICE, 0.0)
    assert sharing.request(BOB, 1.0) == Change("asked", BOB, ALICE)
    assert sharing.request(BOB, 1.0) is None
    assert sharing.request(CAROL, 1.0) == Change("asked", CAROL, ALICE)
    assert sharing.request(LOOKER, 1.0) is None
    assert [sharing.grant(BOB, CAROL, 2.0), sharing.grant(ALICE, LOOKER, 2.0), sharing.deny(CAROL, BOB)] == [None] * 3
    assert sharing.deny(ALICE, BOB) == Change("denied", BOB, ALICE)
    assert sharing.deny(ALICE, BOB) is None
    assert sharing.requests == [CAROL]
    sharing.request(BOB, 3.0)
    assert sharing.grant(ALICE, CAROL, 3.0) == Change("granted", CAROL, ALICE)
    assert (sharing.holder, sharing.requests) == (CAROL, [BOB])


def test_a_lease_is_taken() -> None:
    """At once, by anybody who types; who had asked need not any more, and the loser has no claim."""
    sharing = shared_by("lease")
    sharing.type(ALICE, 0.0)
    sharing.request(BOB, 0.0)
    sharing.request(CAROL, 0.0)
    assert sharing.take(LOOKER, 1.0) is None
    assert sharing.take(BOB, 1.0) == Change("taken", BOB, ALICE)
    assert sharing.take(BOB, 1.0) is None
    assert (sharing.holder, sharing.requests, sharing.may_type(ALICE)) == (BOB, [CAROL], False)


def test_silence_grants_what_was_asked_for() -> None:
    """GRANTED_AFTER from the last keystroke, not from the request: a holder silent that long loses at once."""
    sharing = shared_by("lease")
    sharing.type(ALICE, 100.0)
    sharing.request(BOB, 120.0)
    sharing.type(ALICE, 125.0)
    assert sharing.due == 125.0 + GRANTED_AFTER
    assert sharing.tick(125.0 + GRANTED_AFTER - 0.1) is None
    assert sharing.tick(125.0 + GRANTED_AFTER) == Change("granted", BOB, ALICE, by_time=True)
    assert sharing.request(CAROL, 190.0) == Change("granted", CAROL, BOB, by_time=True)


def test_silence_ends_a_lease() -> None:
    """After `idle` seconds it is free; with 0 it never ends. Who still sends a paste is not silent."""
    sharing = shared_by("lease", idle=60.0)
    sharing.take(ALICE, 0.0)
    assert sharing.tick(59.9) is None
    sharing.still_typing(59.9)
    assert sharing.tick(60.0) is None
    assert sharing.tick(119.9) == Change("freed", ALICE, by_time=True)
    endless = shared_by("lease", idle=0.0)
    endless.type(ALICE, 0.0)
    assert (endless.due, endless.tick(1e9)) == (None, None)
    endless.request(BOB, 1.0)
    assert endless.due == GRANTED_AFTER


def test_a_short_lease_is_granted_where_it_would_end() -> None:
    """To who asked first; the next is granted it by the same silence, and without any it ends."""
    sharing = shared_by("lease", idle=10.0)
    assert sharing.grants_after == 10.0
    sharing.type(ALICE, 0.0)
    sharing.request(BOB, 1.0)
    sharing.request(CAROL, 2.0)
    assert sharing.due == 10.0
    assert sharing.tick(9.9) is None
    assert sharing.tick(10.0) == Change("granted", BOB, ALICE, by_time=True)
    assert (sharing.requests, sharing.may_type(ALICE)) == ([CAROL], False)
    assert sharing.tick(20.0) == Change("granted", CAROL, BOB, by_time=True)
    assert sharing.tick(30.0) == Change("freed", CAROL, by_time=True)
    assert (sharing.requests, sharing.may_type(BOB)) == ([], True)


def test_who_asked_and_leaves_asks_no_more() -> None:
    """The holder hears of it; the leaving of anybody else is nobody's matter."""
    sharing = shared_by("lease")
    sharing.type(ALICE, 0.0)
    sharing.request(BOB, 0.0)
    assert sharing.leave(BOB) == Change("withdrawn", BOB, ALICE)
    assert sharing.leave(CAROL) is None
    assert sharing.due == 300.0


def test_a_call_holds_the_input_for_its_length() -> None:
    """Time takes nothing from it, whoever asks; a take does; and no answers are looked for at it."""
    sharing = shared_by("lease", ALICE, BOB)
    sharing.attach("call", is_call=True)
    sharing.type("call", 0.0)
    assert sharing.request(ALICE, 1000.0) == Change("asked", ALICE, "call")
    assert (sharing.due, sharing.tick(1e9), sharing.answerer) == (None, None, None)
    assert sharing.take(BOB, 2000.0) == Change("taken", BOB, "call")
    assert sharing.leave("call") is None


def test_whose_terminal_answers() -> None:
    """Who typed last of those who may type; before that the first who came, which is nobody who only looks."""
    sharing = shared_by("shared", LOOKER, ALICE, BOB)
    assert sharing.answerer == ALICE
    sharing.type(BOB, 1.0)
    assert sharing.answerer == BOB
    sharing.attach("call", is_call=True)
    sharing.type("call", 2.0)
    assert sharing.answerer == BOB
    sharing.leave(BOB)
    assert sharing.answerer == ALICE
    sharing.leave(ALICE)
    assert sharing.answerer is None


def test_the_holders_terminal_answers() -> None:
    """Also before they have typed; while nobody holds it, the last who did."""
    sharing = shared_by("lease", ALICE, BOB, CAROL)
    sharing.type(BOB, 1.0)
    sharing.take(CAROL, 2.0)
    assert sharing.answerer == CAROL
    sharing.release(CAROL)
    assert sharing.answerer == BOB
