"""Who may type, in any order of what people do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from consolesvc.config.server import Input
from consolesvc.console.sharing import GRANTED_AFTER, Change, Sharing
from tests.console.people import shared_by

PEOPLE = st.sampled_from(["p0", "p1", "p2", "p3", "p4", "p5"])


class AnyOrder(RuleBasedStateMachine):
    """Anybody does anything at any time; p4 only looks, p5 is a call over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.sharing = Sharing()
        self.here: set[str] = set()
        self.wanting: set[str] = set()
        """Who typed, asked or took since they last had it, or since it was last free."""

    @precondition(lambda self: not self.here)
    @rule(mode=st.sampled_from(["shared", "exclusive", "lease"]), idle=st.sampled_from([0.0, 10.0, 300.0]))
    def another_console(self, mode: Input, idle: float) -> None:
        self.sharing = Sharing(mode, idle)
        self.wanting.clear()

    @rule(who=PEOPLE)
    def come_or_go(self, who: str) -> None:
        if who in self.here:
            self.here.discard(who)
            self.told(self.sharing.leave(who))
            self.wanting.discard(who)
        else:
            self.here.add(who)
            self.sharing.attach(who, may_type=who != "p4", is_call=who == "p5")

    @rule(who=PEOPLE)
    def type(self, who: str) -> None:
        if who in self.here and self.sharing.may_type(who):
            self.wanting.add(who)
            self.told(self.sharing.type(who, self.now))
            assert self.sharing.may_type(who)

    @rule(who=PEOPLE)
    def request(self, who: str) -> None:
        if who in self.here:
            self.wanting.add(who)
            self.told(self.sharing.request(who, self.now))

    @rule(who=PEOPLE)
    def take(self, who: str) -> None:
        if who in self.here:
            self.wanting.add(who)
            change = self.sharing.take(who, self.now)
            self.told(change)
            assert change is None or self.sharing.holder == who

    @rule(who=PEOPLE, to=PEOPLE, grants=st.booleans())
    def answer(self, who: str, to: str, grants: bool) -> None:
        if who in self.here:
            holder = self.sharing.holder
            change = self.sharing.grant(who, to, self.now) if grants else self.sharing.deny(who, to)
            assert change is None or (holder == who and to != who)
            self.told(change)

    @rule(who=PEOPLE)
    def release(self, who: str) -> None:
        if who in self.here:
            held = self.sharing.holder == who
            assert (self.sharing.release(who) is not None) is held
            if held:
                self.wanting.clear()

    @rule(seconds=st.sampled_from([0.5, 5.0, 29.9, 30.0, 400.0]), busy=st.booleans())
    def time_passes(self, seconds: float, busy: bool) -> None:
        self.now += seconds
        if busy:
            self.sharing.still_typing(self.now)
        due = self.sharing.due
        change = self.sharing.tick(self.now)
        assert (change is not None) is (due is not None and due <= self.now)
        assert not (change and busy)
        self.told(change)

    def told(self, change: Change | None) -> None:
        """Every change names people as they are now."""
        if change is None:
            return
        if change.what in ("held", "granted", "taken"):
            assert self.sharing.holder == change.who
            assert change.who in self.wanting, "nobody is promoted who did not ask"
        if change.what == "freed":
            assert self.sharing.holder is None
            self.wanting.clear()
        if change.what in ("asked", "denied", "withdrawn"):
            assert self.sharing.holder == change.other
            assert (change.who in self.sharing.requests) is (change.what == "asked")

    @invariant()
    def one_holder_who_is_here_and_types(self) -> None:
        sharing = self.sharing
        if sharing.holder is not None:
            assert sharing.mode != "shared"
            assert sharing.holder in self.here - {"p4"}
            assert [who for who in self.here if sharing.may_type(who)] == [sharing.holder]
        else:
            assert {who for who in self.here if sharing.may_type(who)} == self.here - {"p4"}

    @invariant()
    def requests_are_of_people_who_wait(self) -> None:
        sharing = self.sharing
        assert len(set(sharing.requests)) == len(sharing.requests)
        assert set(sharing.requests) <= self.here - {"p4", sharing.holder}
        assert not sharing.requests or (sharing.mode == "lease" and sharing.holder is not None)

    @invariant()
    def one_terminal_answers_where_one_may(self) -> None:
        may = {who for who in self.here - {"p5"} if self.sharing.may_type(who)}
        assert self.sharing.answerer in may if may else self.sharing.answerer is None


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(PEOPLE, st.floats(0, 100)), max_size=30))
def test_a_lease_never_ends_under_a_typing_hand(keys: list[tuple[str, float]]) -> None:
    """Whoever types first and goes on typing has it to the end, whatever others try but to take it."""
    sharing = shared_by("lease", "p0", "p1", "p2", "p3", "p4", "p5")
    sharing.type("p0", 0.0)
    now = 0.0
    for who, pause in keys:
        now += min(pause, GRANTED_AFTER - 1)
        sharing.request(who, now)
        assert sharing.tick(now) is None
        sharing.type("p0", now)
    assert sharing.holder == "p0"
