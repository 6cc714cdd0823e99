"""What most tests of a console begin with: a device that is plugged in, and a console on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.console.console import Console
from tests.console.consoles import running
from tests.lines.devices import Device, plugged


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    async with plugged(tmp_path / "ttyUSB0") as device:
        yield device


@pytest.fixture
async def console(device: Device) -> AsyncIterator[Console]:
    async with running(device) as console:
        yield console
