"""What tests of life under systemd begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.systemd import ECHO, Manager, manager


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Manager]:
    """Who is told, as systemd is."""
    with manager(tmp_path) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file with one server, `echo1`."""
    path = tmp_path / "lab.yaml"
    path.write_text(ECHO)
    return path
