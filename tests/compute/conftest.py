"""What all tests of Compute have in common."""

from __future__ import annotations

import pytest

from consolesvc.power import switch


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was switched is looked at soon."""
    monkeypatch.setattr(switch, "LOOK", 0.05)
