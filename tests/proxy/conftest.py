"""A service with one console, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proxy.world import World, world


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
async def exclusive(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, input="exclusive") as made:
        yield made


@pytest.fixture
async def lease(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, input="lease") as made:
        yield made
