"""Lines typed before, and the place in them that the up and down keys have reached."""

from __future__ import annotations

from typing import Final

KEPT: Final = 500


class History:
    """The last KEPT lines, oldest first."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._at: int | None = None
        self._draft = ""

    def __repr__(self) -> str:
        return f"<History of {len(self.lines)} lines>"

    def add(self, line: str) -> None:
        """Remember a line; not a blank one, nor the one before again."""
        if line.strip() and self.lines[-1:] != [line]:
            self.lines = [*self.lines, line][-KEPT:]

    def rewind(self) -> None:
        """Forget the place: the next `older` gives the last line."""
        self._at, self._draft = None, ""

    def older(self, draft: str) -> str | None:
        """The line before the place; None at the oldest. `draft` is kept for the way back."""
        if self._at is None:
            self._draft = draft
        place = len(self.lines) if self._at is None else self._at
        if place == 0:
            return None
        self._at = place - 1
        return self.lines[self._at]

    def newer(self) -> str | None:
        """The line after the place, at last the draft; None when already there."""
        if self._at is None:
            return None
        self._at += 1
        if self._at < len(self.lines):
            return self.lines[self._at]
        self._at = None
        return self._draft
