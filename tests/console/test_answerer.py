"""One answer to each question, also while people type and answers are on their way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.answerer import ON_THE_WAY, Answerer

POSITION, COLOUR = b"[R", b"osc11"


def with_terminals(*people: str) -> Answerer:
    """The first of them is chosen, and has been for long."""
    answerer = Answerer()
    for who in people:
        answerer.attach(who)
    answerer.choose(people[0], 0.0)
    return answerer


def given_by(answerer: Answerer, who: str, now: float = 100.0, kind: bytes = POSITION) -> bool:
    """Whether an answer of somebody who may type is passed on."""
    return answerer.passes(who, kind, now, may_type=True)


def test_the_chosen_terminals_answers_are_passed_and_no_others() -> None:
    """Question by question, whoever is faster."""
    answerer = with_terminals("a", "b", "c")
    assert repr(answerer) == "<Answerer a of 3>"
    for order in ("abc", "cba", "bac"):
        assert [who for who in order if given_by(answerer, who)] == ["a"]
    assert [who for who in "abc" if given_by(answerer, who, kind=COLOUR)] == ["a"]


def test_who_may_not_type_does_not_answer() -> None:
    """Chosen or not: the right may have been lost while the answer was on its way."""
    assert not with_terminals("a").passes("a", POSITION, 1.0, may_type=False)
    assert not with_terminals("a").passes("a", b"", 1.0, may_type=False)


def test_a_question_that_was_answered_is_not_answered_again() -> None:
    """b types while its answer is on the way, and a's has arrived."""
    answerer = with_terminals("a", "b")
    assert given_by(answerer, "a", 100.0)
    answerer.choose("b", 100.1)
    assert not given_by(answerer, "b", 100.2)
    assert [who for who in "ab" if given_by(answerer, who, 100.3)] == ["b"]


def test_a_question_is_answered_though_its_terminal_is_chosen_no_more() -> None:
    """b's answer came, and was dropped; b types; then a's comes."""
    answerer = with_terminals("a", "b")
    assert not given_by(answerer, "b", 100.0)
    answerer.choose("b", 100.1)
    assert given_by(answerer, "a", 100.2)
    assert [who for who in "ab" if given_by(answerer, who, 100.3)] == ["b"]


def test_a_terminal_that_was_chosen_long_ago_answers_no_more() -> None:
    """Nothing is on its way for so long."""
    answerer = with_terminals("a", "b")
    assert not given_by(answerer, "b", 99.0)
    answerer.choose("b", 100.0)
    assert not given_by(answerer, "a", 100.0 + ON_THE_WAY)
    assert given_by(answerer, "b", 100.0 + ON_THE_WAY)


def test_three_who_type_at_once_have_one_answer() -> None:
    """b's and c's were dropped, each before they typed; a's is the one."""
    answerer = with_terminals("a", "b", "c")
    assert not given_by(answerer, "b", 100.0)
    answerer.choose("b", 100.1)
    assert not given_by(answerer, "c", 100.1)
    answerer.choose("c", 100.2)
    assert given_by(answerer, "a", 100.3)
    assert [who for who in "abc" if given_by(answerer, who, 100.4)] == ["c"]


def test_nobody_chosen_is_nobodys_answer() -> None:
    """As while a call over HTTP holds the input."""
    answerer = with_terminals("a", "b")
    answerer.choose(None, 100.0)
    assert [who for who in "ab" if given_by(answerer, who, 100.1)] == []
    answerer.choose("b", 101.0)
    assert [who for who in "ab" if given_by(answerer, who, 102.1)] == ["b"]


def test_who_came_later_answers_what_was_asked_later() -> None:
    """Counting begins where the others are."""
    answerer = with_terminals("a")
    for _ in range(7):
        assert given_by(answerer, "a")
    answerer.attach("b")
    answerer.choose("b", 200.0)
    assert [who for who in "ba" if given_by(answerer, who, 300.0)] == ["b"]


def test_a_terminal_that_missed_questions_is_heard_again() -> None:
    """It was a script that answers nothing, until somebody used it: from the second question on at the latest."""
    answerer = with_terminals("a", "b")
    for second in range(5):
        assert given_by(answerer, "a", 100.0 + second)
    answerer.choose("b", 104.1)
    heard = [given_by(answerer, "b", 104.2 + second) for second in range(3)]
    assert heard[1:] == [True, True]


def test_a_terminal_that_goes_leaves_the_others_as_they_were() -> None:
    """And one that comes back begins anew."""
    answerer = with_terminals("a", "b")
    given_by(answerer, "a")
    answerer.leave("a")
    answerer.choose("b", 101.0)
    assert not given_by(answerer, "b", 100.5)
    assert given_by(answerer, "b", 101.5)
    answerer.attach("a")
    assert not given_by(answerer, "a", 102.6)


def test_reports_are_the_chosen_terminals() -> None:
    """They answer nothing, so they are not counted."""
    answerer = with_terminals("a", "b")
    assert [who for who in "abab" if given_by(answerer, who, kind=b"")] == ["a", "a"]


DELAY = st.floats(0.001, 0.3)


@given(st.lists(st.tuples(st.floats(0.05, 0.4), DELAY, DELAY, DELAY, st.sampled_from("abc")), max_size=30))
def test_each_question_is_answered_once_whatever_the_delays(
    asked: list[tuple[float, float, float, float, str]],
) -> None:
    """Three terminals see each question and answer it in order, after delays; then somebody types at one of them."""
    answerer = with_terminals("a", "b", "c")
    events: list[tuple[float, int, str, int]] = []
    now, last = 10.0, dict.fromkeys("abc", 0.0)
    for question, (pause, *slow, typist) in enumerate(asked):
        now += pause
        for who, delay in zip("abc", slow, strict=True):
            last[who] = max(last[who], now + delay)  # one connection: in order
            events.append((last[who], 1, who, question))
        # Whoever types next has seen the question: their answer to it is on its way before the key.
        events.append((last[typist], 2, typist, question))
    answered: list[int] = []
    for when, what, who, question in sorted(events, key=lambda event: event[:2]):
        if what == 1 and given_by(answerer, who, when):
            answered.append(question)
        elif what == 2:
            answerer.choose(who, when)
    assert sorted(answered) == list(range(len(asked)))
