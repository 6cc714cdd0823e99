"""A lab, running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lines.remote.lab import Lab


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path)
    (tmp_path / "host-state").mkdir()
    made.device.plug()
    await made.api.start()
    await made.proxy.start()
    yield made
    await made.stop_hub()
    await made.stop_host()
    await made.api.close()
    await made.proxy.close()
    made.device.pull()
