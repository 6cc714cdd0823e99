"""Where metrics are read, and who reads them."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.access import Address, IdentityNone
from consolesvc.config.model import Config
from consolesvc.config.operators import Metrics
from consolesvc.errors import StartError
from consolesvc.service import Service
from tests.identity.world import ATTIC, Cloud, cloud, write_tokens
from tests.metrics.samples import read
from tests.proxy.world import BASE, world

HERE = Address("127.0.0.1", 0)
READER = {"roles": ["reader"]}


def with_metrics(config: Config, metrics: Metrics) -> Config:
    return dataclasses.replace(config, metrics=metrics)


async def asked(lab: Cloud, headers: Mapping[str, str]) -> tuple[int, set[str], str]:
    """Status, the consoles that are seen, and where a 401 says that tokens come from."""
    async with lab.http.get(f"{lab.api}/metrics", headers=headers) as answer:
        if answer.status != 200:
            return answer.status, set(), answer.headers.get("WWW-Authenticate", "")
        seen = read(await answer.text())
    return 200, {dict(labels)["console"] for _, labels in seen if "console" in dict(labels)}, ""


AWAY = {"X-Forwarded-For": "10.0.0.9"}
"""A client of another host, as the proxy on this one tells it."""


@pytest.mark.parametrize("identity", [True, False])
async def test_who_asks_for_it(tmp_path: Path, identity: bool) -> None:
    """No token by default on this host; with `identity`, each sees the consoles that they see elsewhere."""
    tokens = write_tokens(
        tmp_path,
        reader=READER,
        other={**READER, "project_id": ATTIC},
        root={"roles": ["admin"]},
        nobody={"roles": ["dreamer"]},
    )
    async with cloud(tokens) as lab:
        assert await asked(lab, {}) == (200, {"ours", "theirs"}, "")
        await lab.service.reload(with_metrics(lab.service.config, Metrics(identity=identity)))
        if not identity:
            assert await asked(lab, AWAY) == (200, {"ours", "theirs"}, "")
            return
        assert await asked(lab, {}) == (401, set(), f'Keystone uri="{lab.api}"')
        assert await asked(lab, {"X-Auth-Token": "wrong"}) == (401, set(), f'Keystone uri="{lab.api}"')
        assert await asked(lab, {"X-Auth-Token": "reader"}) == (200, {"ours"}, "")
        assert await asked(lab, {"X-Auth-Token": "other"}) == (200, {"theirs"}, "")
        assert await asked(lab, {"X-Auth-Token": "root"}) == (200, {"ours", "theirs"}, "")
        assert (await asked(lab, {"X-Auth-Token": "nobody"}))[0] == 403


async def test_other_hosts_need_a_token(tmp_path: Path) -> None:
    """By default, where the API needs one: by the client's own address, not by that of a proxy on this host."""
    async with cloud(write_tokens(tmp_path, reader=READER)) as lab:
        assert await asked(lab, AWAY) == (401, set(), f'Keystone uri="{lab.api}"')
        assert await asked(lab, {**AWAY, "X-Auth-Token": "reader"}) == (200, {"ours"}, "")
        # What stands further left is what the client wrote itself.
        assert (await asked(lab, {"X-Forwarded-For": "127.0.0.1, 10.0.0.9"}))[0] == 401
        assert (await asked(lab, {"X-Forwarded-For": "127.0.0.1"}))[0] == 200
        await lab.service.reload(dataclasses.replace(lab.service.config, trusted_proxies=()))
        assert (await asked(lab, AWAY))[0] == 200
        await lab.service.reload(dataclasses.replace(lab.service.config, identity=IdentityNone()))
        assert (await asked(lab, {}))[0] == 200


async def test_with_identity_none_nobody_needs_one(tmp_path: Path) -> None:
    """Who reaches the API there is admin anyhow; `true` asks, and everybody is."""
    async with world(tmp_path) as lab:
        assert await status(lab.http, f"{lab.api}/metrics", **AWAY) == 200
        await lab.service.reload(with_metrics(lab.service.config, Metrics(identity=True)))
        assert await status(lab.http, f"{lab.api}/metrics", **AWAY) == 200


async def test_prometheus_sends_its_token_as_a_bearer(tmp_path: Path) -> None:
    """`authorization: {credentials: …}` of a scrape configuration is all that it takes."""
    async with cloud(write_tokens(tmp_path, reader=READER)) as lab:
        await lab.service.reload(with_metrics(lab.service.config, Metrics(identity=True)))
        assert (await asked(lab, {"Authorization": "Bearer reader"}))[0] == 200
        assert (await asked(lab, {"Authorization": "Bearer wrong"}))[0] == 401
        assert (await asked(lab, {"Authorization": "Basic reader"}))[0] == 401
        assert (await asked(lab, {"Authorization": "Bearer reader", "X-Auth-Token": "wrong"}))[0] == 401


async def test_a_port_of_their_own_asks_nobody(tmp_path: Path) -> None:
    """There they are, and health; the API's port has them no more, whatever `identity` says."""
    async with world(tmp_path, with_metrics(BASE, Metrics(HERE, identity=True))) as lab:
        assert await status(lab.http, f"{lab.api}/metrics") == 404
        own = f"http://{lab.service.seen.address}"
        assert await status(lab.http, f"{own}/metrics") == 200
        assert await status(lab.http, f"{own}/healthcheck") == 200
        assert await status(lab.http, f"{own}/v2.1/servers") == 404
        # A page that had a name resolve to this host reads nothing either (DESIGN 5.3).
        assert await status(lab.http, f"{own}/metrics", Host="evil.example") == 403


async def status(http: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with http.get(url, headers=headers) as answer:
        return answer.status


async def test_a_reload_moves_them(tmp_path: Path) -> None:
    """To a port of their own, to another, and back, without a restart."""
    async with world(tmp_path) as lab:
        service = lab.service
        assert await service.reload(with_metrics(service.config, Metrics(HERE))) == []
        first = service.seen.address
        assert await status(lab.http, f"http://{first}/metrics") == 200
        assert await status(lab.http, f"{lab.api}/metrics") == 404
        assert await service.reload(with_metrics(service.config, Metrics(Address("localhost", 0)))) == []
        assert service.seen.address != first
        with pytest.raises(aiohttp.ClientConnectionError):
            await status(lab.http, f"http://{first}/metrics")
        assert await service.reload(with_metrics(service.config, Metrics())) == []
        assert await status(lab.http, f"{lab.api}/metrics") == 200


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """At the start it is an error like the others; at a reload it is told, and metrics stay where they are."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        taken = Metrics(Address(*held.getsockname()))
        service = Service(with_metrics(BASE, taken))
        with pytest.raises(StartError, match=r"metrics\.listen .*: the port is taken by pid"):
            await service.start()
        await service.stop()
        async with world(tmp_path) as lab:
            (told,) = await lab.service.reload(with_metrics(lab.service.config, taken))
            assert "metrics.listen" in told
            assert told.endswith("; metrics stay where they are")
            assert await status(lab.http, f"{lab.api}/metrics") == 200
    await asyncio.sleep(0)
