from __future__ import annotations

from consolesvc.cli.attach.life import ANSWER, SILENCE, TYPED, Life


def test_silence_is_asked_about_and_then_given_up() -> None:
    """After a while a sign of life is asked for; one that does not come is the end."""
    life = Life(100.0)
    assert (life.due, life.asking) == (100.0 + SILENCE, False)
    life.asked(130.0)
    assert (life.due, life.asking) == (130.0 + ANSWER, True)


def test_a_sign_of_life_begins_it_anew() -> None:
    """Whatever it is that comes."""
    life = Life(0.0)
    life.typed(1.0)
    life.asked(6.0)
    life.heard(7.0)
    assert (life.due, life.asking) == (7.0 + SILENCE, False)


def test_who_types_into_silence_waits_less() -> None:
    """From the first key that had no answer on; others do not put it off."""
    life = Life(0.0)
    life.typed(10.0)
    life.typed(12.0)
    assert life.due == 10.0 + TYPED
    life.heard(13.0)
    assert life.due == 13.0 + SILENCE


def test_typing_late_does_not_put_it_off() -> None:
    """Silence is over when it is over."""
    life = Life(0.0)
    life.typed(SILENCE - 1)
    assert life.due == SILENCE
