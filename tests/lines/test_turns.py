"""How much a line may read: by who else speaks, and who types."""

from __future__ import annotations

import pytest

from consolesvc.lines.base import READ_ALONE, READ_BESIDE_TYPING, READ_SIZE
from consolesvc.lines.turns import QUIET, TYPING, Turns


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("consolesvc.lines.turns.time", made)
    return made


def test_a_line_is_alone_after_a_while(clock: Clock) -> None:
    """A tenth of a second in which nobody else has read; then much at a time, until somebody else does."""
    turns = Turns()
    assert turns.most("flood") == READ_SIZE
    clock.now += QUIET
    assert turns.most("flood") == READ_ALONE
    assert turns.most("other") == READ_SIZE
    assert turns.most("flood") == READ_SIZE


def test_who_types_elsewhere_makes_reads_small(clock: Clock) -> None:
    """For a second; the line that is typed at keeps its own size, for its flood is what the typist waits for."""
    turns = Turns()
    turns.most("flood")
    clock.now += QUIET
    turns.typed("shell")
    assert turns.most("flood") == READ_BESIDE_TYPING
    turns.typed("flood")
    assert turns.most("flood") == READ_ALONE
    turns.typed("shell")
    clock.now += TYPING
    assert turns.most("flood") == READ_ALONE
