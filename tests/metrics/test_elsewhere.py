"""A token store or a Keystone that is away is a number, and a warning."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from consolesvc.config.access import Address, IdentityKeystone
from consolesvc.config.model import Tokens
from consolesvc.config.operators import Metrics
from consolesvc.errors import StoreUnavailable
from consolesvc.metrics.scrape import EVERYTHING
from tests.identity.forwarder import forwarder
from tests.identity.world import PASSWORD, cloud, write_users
from tests.metrics.samples import read, samples, value
from tests.proxy.world import BASE, NODE, World, world
from tests.tokens.redis_server import HAS_REDIS, redis_server

pytestmark = pytest.mark.usefixtures("fresh")


@HAS_REDIS
async def test_a_token_store_that_is_away_is_seen(tmp_path: Path) -> None:
    """By what happened last; while it is away it is looked for, so that the alert ends when it is back."""
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder)) as redis:
        config = dataclasses.replace(BASE, tokens=Tokens(store=redis.url))
        async with world(tmp_path, config) as lab:
            assert value(await samples(lab), "consolesvc_identity_up") is None, "it is not another process"
            assert await becomes(lab, "consolesvc_token_store_up", 1)
            redis.kill()
            assert value(await samples(lab), "consolesvc_token_store_up") == 1, "nobody has asked it anything"
            with pytest.raises(StoreUnavailable):
                await lab.service.tokens.issue(NODE)
            assert value(await samples(lab), "consolesvc_token_store_up") == 0
            assert "tokens" in await warnings_of(lab)
            redis.start()
            assert await becomes(lab, "consolesvc_token_store_up", 1)
            assert "tokens" not in await warnings_of(lab)


async def test_a_keystone_that_is_away_is_seen(tmp_path: Path) -> None:
    """Likewise; one that does not let us in is no help either."""
    users = write_users(tmp_path, svc={"lab": ["admin"]})
    password = tmp_path / "password"
    async with cloud(users) as far, forwarder(far.api) as between:
        password.write_text("wrong")
        identity = IdentityKeystone(f"{between.url}/identity/v3", "svc", str(password), "lab")
        listen = Metrics(Address("127.0.0.1", 0))
        async with world(tmp_path, dataclasses.replace(BASE, identity=identity, metrics=listen)) as lab:
            assert await becomes(lab, "consolesvc_identity_up", 0)
            assert "identity" in await warnings_of(lab)
            password.write_text(PASSWORD)
            assert await becomes(lab, "consolesvc_identity_up", 1)
            assert "identity" not in await warnings_of(lab)


async def becomes(lab: World, name: str, wanted: float) -> bool:
    """Whether a number of the service's own becomes this in time."""
    for _ in range(300):
        text = (await lab.service.seen.scrape.text(EVERYTHING, lambda _: True)).decode()
        if value(read(text), name) == wanted:
            return True
        await asyncio.sleep(0.05)
    return False


async def warnings_of(lab: World) -> list[str]:
    """What `/healthcheck` warns of."""
    async with lab.http.get(f"{lab.api}/healthcheck") as answer:
        return list((await answer.json())["warnings"])
