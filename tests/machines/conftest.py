"""What the tests with machines share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.linux import linux


@pytest.fixture(scope="session")
def linux_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Linux with a login on its serial console."""
    return linux(tmp_path_factory.mktemp("linux"))
