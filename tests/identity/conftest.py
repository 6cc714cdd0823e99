"""What the tests of identities share: a real Keystone, started once in a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.identity.keystone_process import PYTHON, RealKeystone
from tests.scenarios.process import STRICT


@pytest.fixture(scope="session")
def _keystone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKeystone]:
    if not PYTHON.exists():
        reason = f"no Keystone here: {PYTHON} is missing; scripts/test makes its environment, .venvs/keystone"
        pytest.fail(reason) if STRICT else pytest.skip(reason)
    made = RealKeystone(tmp_path_factory.mktemp("keystone"))
    try:
        made.set_up()
        yield made
    finally:
        made.kill()


@pytest.fixture
def keystone(_keystone: RealKeystone) -> Iterator[RealKeystone]:
    """A real Keystone, alive; a test that kills it gets it started again."""
    yield _keystone
    if not _keystone.alive:
        _keystone.start()
