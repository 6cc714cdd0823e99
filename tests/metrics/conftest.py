"""What tests of a running service's metrics begin with."""

from __future__ import annotations

import pytest

from consolesvc import elsewhere
from consolesvc.metrics import scrape


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each scrape is made anew."""
    monkeypatch.setattr(scrape, "SPARING", 0)
    monkeypatch.setattr(elsewhere, "EVERY", 0.1)
