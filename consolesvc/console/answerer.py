"""Which of several terminals' answers reach the machine: one to each question (DESIGN decision 8). No I/O.

The chosen terminal answers: that of who typed last. But people type while answers are on their way, and then "who typed
last" alone would let two answers to one question through, or none. The questions themselves are not looked at: nothing
here may run for each piece of output. So answers are counted. Every terminal sees the same questions in the same order
and gives each one answer, so the third position that a terminal reports is about what the third of another was about.

An answer is passed on if it is the first to its question, and of the chosen terminal. What that one had answered before
it was chosen was dropped: there, an answer of one that was chosen before it is passed on, for as long as it may be on
its way. Not every terminal answers everything: one that has fallen behind in counting is where the others are again
once no answer has been passed on for that long.
"""

from __future__ import annotations

import math

ON_THE_WAY = 1.0
"""Seconds that an answer takes at most, more or less than another's to the same question."""
FEW = 8
"""Questions of a kind that a machine asks at most without waiting for an answer."""


class Answerer:
    """The counts of one console."""

    def __init__(self) -> None:
        self.chosen: str | None = None
        self._chosen_until: dict[str, float] = {}
        """Those that were chosen, and until when."""
        self._dropped: dict[bytes, int] = {}
        """Questions of each kind that the chosen one had answered before it was chosen."""
        self._passed: dict[bytes, int] = {}
        """Questions of each kind up to the last to which an answer was passed on."""
        self._last: dict[bytes, float] = {}
        """When that was."""
        self._skipped: dict[bytes, set[int]] = {}
        """Questions before that one to which none was passed on, of the last few."""
        self._given: dict[str, dict[bytes, int]] = {}
        """Answers that each terminal has given, of each kind."""

    def __repr__(self) -> str:
        return f"<Answerer {self.chosen} of {len(self._given)}>"

    def attach(self, who: str) -> None:
        """A terminal comes; it sees the questions that come from now on."""
        self._given[who] = self._passed.copy()

    def leave(self, who: str) -> None:
        """A terminal goes."""
        del self._given[who]
        self._chosen_until.pop(who, None)

    def choose(self, who: str | None, now: float) -> None:
        """From now on it is this terminal, or none."""
        if who == self.chosen:
            return
        if self.chosen in self._given:
            self._chosen_until[self.chosen] = now
        self.chosen = who
        self._dropped = {} if who is None else self._given[who].copy()

    def passes(self, who: str, kind: bytes, now: float, *, may_type: bool) -> bool:
        """Count an answer; whether it is the one.

        Args:
            who: Whose terminal gives it.
            kind: Of what kind of question (answers.Answer); empty for a report, to which there is no question.
            now: Seconds.
            may_type: Whether they may type at all.
        """
        if not kind:
            return may_type and who == self.chosen
        given = self._given[who]
        given[kind] = given.get(kind, 0) + 1
        passed = self._passed.get(kind, 0)
        if given[kind] <= passed and given[kind] not in self._skipped[kind]:
            if now - self._last[kind] < ON_THE_WAY:
                return False
            given[kind] = passed + 1
        if not may_type or not (who == self.chosen or self._is_late(who, kind, now)):
            return False
        self._pass(kind, given[kind], now)
        return True

    def _pass(self, kind: bytes, question: int, now: float) -> None:
        skipped, before = self._skipped.setdefault(kind, set()), self._passed.get(kind, 0)
        if question > before:
            skipped.update(range(max(before, question - FEW) + 1, question))
            self._passed[kind] = question
        skipped -= {each for each in skipped if each == question or each <= max(before, question) - FEW}
        self._last[kind] = now

    def _is_late(self, who: str, kind: bytes, now: float) -> bool:
        """Whether this was on its way when another was chosen, whose own answer to the question was dropped before."""
        on_its_way = now - self._chosen_until.get(who, -math.inf) < ON_THE_WAY
        return on_its_way and self._given[who][kind] <= self._dropped.get(kind, 0)
