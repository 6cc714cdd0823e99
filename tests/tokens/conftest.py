"""Hosts, and the Redis that they share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.tokens.hosts import Hosts
from tests.tokens.redis_server import HAS_REDIS, RedisServer, redis_server


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder)) as made:
        yield made


@pytest.fixture(params=["memory", pytest.param("redis", marks=HAS_REDIS)])
async def hosts(request: pytest.FixtureRequest) -> AsyncIterator[Hosts]:
    made = Hosts(request.getfixturevalue("server") if request.param == "redis" else None)
    yield made
    await made.close()
