"""People at one console."""

from __future__ import annotations

import asyncio

import pytest

from tests.proxy.people import Person
from tests.proxy.world import World

ASK = b"\x1b[6n"


async def leave(*people: Person) -> None:
    for each in people:
        await each.ws.close()


async def nothing_heard(lab: World) -> None:
    """The machine has been sent nothing more."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await lab.device.heard(1)
