"""The service with a real Keystone, from its package: its users, its revocations, its death and return."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from consolesvc.config.access import IdentityKeystone
from consolesvc.identity.keystone import GOOD_FOR, Keystone
from tests.identity.client import answered, needs_client, password
from tests.identity.forwarder import Forwarder, forwarder
from tests.identity.keystone_process import ADMIN, PASSWORD, SERVICE_PASSWORD, RealKeystone
from tests.identity.world import OURS, SERIAL, UNAUTHENTICATED, Clock, Cloud, cloud

pytestmark = pytest.mark.timeout(180)

SECRET = "user secret"


@dataclass
class Scene:
    """A service, its identity, and the forwarder between it and the real Keystone."""

    lab: Cloud
    between: Forwarder
    identity: Keystone
    clock: Clock

    async def status(self, token: str) -> int:
        """What a call of Compute answers."""
        return (await self.lab.ask("GET", "/v2.1/servers", token)).status

    def forget(self) -> None:
        """Let the time pass after which every answer is asked for again."""
        self.clock.now += GOOD_FOR


@pytest.fixture(scope="session")
def users(_keystone: RealKeystone) -> dict[str, str]:
    """Projects by name; each user is named after their role, and in project lab."""
    lab = _keystone.make_project("lab")
    for role in ("member", "reader", "admin", "auditor"):
        _keystone.make_user(f"{role}-user", SECRET, lab, role)
    return {"lab": lab}


@contextlib.asynccontextmanager
async def scene(
    keystone: RealKeystone, folder: Path, *, password: str = SERVICE_PASSWORD, direct: bool = False
) -> AsyncIterator[Scene]:
    """A service whose Keystone is behind a forwarder, or not; time passes by hand for what the service remembers."""
    file = folder / "password"
    file.write_text(f"{password}\n")
    async with forwarder(keystone.url.removesuffix("/v3")) as between:
        config = IdentityKeystone(keystone.url if direct else f"{between.url}/v3", "consolesvc", str(file), "service")
        clock = Clock()
        identity = Keystone(config, clock=clock)
        async with cloud(config, identity=identity) as lab:
            yield Scene(lab, between, identity, clock)


def own(lab: Cloud, project: str) -> None:
    """Give the server `ours` to a project whose id Keystone made."""
    server = lab.service.inventory.get(OURS)
    server.config = replace(server.config, project_id=project)


async def test_users_and_their_roles(keystone: RealKeystone, users: dict[str, str], tmp_path: Path) -> None:
    """A project's members and readers see its servers, an admin all, a role that is none of these nothing."""
    async with scene(keystone, tmp_path) as made:
        own(made.lab, users["lab"])
        for role, seen in (
            ("member", ["ours"]),
            ("reader", ["ours"]),
            ("admin", ["ours", "theirs"]),
            ("auditor", []),
        ):
            token = await asyncio.to_thread(keystone.token, f"{role}-user", SECRET, "lab")
            assert await made.lab.seen(token) == seen, role
        unscoped = await asyncio.to_thread(keystone.token, "admin-user", SECRET, None)
        assert await made.lab.seen(unscoped) == []
        token = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        minted = await made.lab.ask("POST", f"/v2.1/servers/{OURS}/action", token, json=SERIAL)
        assert minted.body["console"]["type"] == "serial"


async def test_bad_tokens(keystone: RealKeystone, users: dict[str, str], tmp_path: Path) -> None:
    """Made up, cut, or missing: keystonemiddleware's 401, with Keystone's URL."""
    assert users
    async with scene(keystone, tmp_path) as made:
        good = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        for token in ("made-up", good[:-4], f"{good}x", "", None):
            answer = await made.lab.ask("GET", "/v2.1/servers", token)
            assert (answer.status, answer.body) == (401, UNAUTHENTICATED)
            assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{made.between.url}/v3"'
        assert await made.status(good) == 200


async def test_a_revoked_token_is_refused_within_a_minute(
    keystone: RealKeystone, users: dict[str, str], tmp_path: Path
) -> None:
    """Its answer may be remembered for sixty seconds, no longer."""
    assert users
    async with scene(keystone, tmp_path) as made:
        token = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        assert await made.status(token) == 200
        await asyncio.to_thread(keystone.revoke, token)
        made.clock.now += GOOD_FOR - 0.01
        assert await made.status(token) == 200
        made.clock.now += 0.01
        assert await made.status(token) == 401


async def test_our_own_token_is_renewed(keystone: RealKeystone, users: dict[str, str], tmp_path: Path) -> None:
    """Revoked behind our back, it is fetched again, once, and no client notices."""
    assert users
    async with scene(keystone, tmp_path) as made:
        token = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        assert await made.status(token) == 200
        before = made.identity._own
        await asyncio.to_thread(keystone.revoke, before)
        made.forget()
        made.between.counts.clear()
        assert await made.status(token) == 200
        assert made.identity._own != before
        assert made.between.counts == {"GET": 2, "POST": 1}


async def test_one_question_for_fifty_requests(keystone: RealKeystone, users: dict[str, str], tmp_path: Path) -> None:
    """They come at once with one token; Keystone is asked once, and once for our own token."""
    assert users
    async with scene(keystone, tmp_path) as made:
        token = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        assert set(await asyncio.gather(*(made.status(token) for _ in range(50)))) == {200}
        assert made.between.counts == {"POST": 1, "GET": 1}


async def test_a_wrong_password_of_ours_opens_nothing(
    keystone: RealKeystone, users: dict[str, str], tmp_path: Path
) -> None:
    """503, not 401: the client's token may well be good."""
    assert users
    async with scene(keystone, tmp_path, password="wrong") as made:
        token = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        answer = await made.lab.ask("GET", "/v2.1/servers", token)
        assert (answer.status, answer.body["serviceUnavailable"]["code"]) == (503, 503)


async def test_a_keystone_that_dies_and_comes_back(
    keystone: RealKeystone, users: dict[str, str], tmp_path: Path
) -> None:
    """Dead, nobody new gets in, with whatever token; back, everybody does, and an expired token does not."""
    assert users
    async with scene(keystone, tmp_path, direct=True) as made:
        good, other = await asyncio.gather(
            *(asyncio.to_thread(keystone.token, f"{role}-user", SECRET, "lab") for role in ("member", "admin"))
        )
        assert await made.status(good) == 200
        await asyncio.to_thread(keystone.kill)
        assert await made.status(good) == 200, "an answer counts for a minute"
        assert [await made.status(token) for token in (other, "made-up")] == [503, 503]
        made.forget()
        assert [await made.status(token) for token in (good, other, "made-up")] == [503, 503, 503]
        answer = await made.lab.ask("POST", f"/v2.1/servers/{OURS}/action", other, json=SERIAL)
        assert (answer.status, *answer.body) == (503, "serviceUnavailable")
        assert (await made.lab.ask("GET", "/v2.1")).status == 200, "a version document needs nobody"

        await asyncio.to_thread(keystone.start, expiration=2)
        assert [await made.status(token) for token in (good, other, "made-up")] == [200, 200, 401]
        brief = await asyncio.to_thread(keystone.token, "member-user", SECRET, "lab")
        await asyncio.sleep(2.1)
        assert await made.status(brief) == 401, "expired"
        await asyncio.to_thread(keystone.kill)  # the next test gets one whose tokens live longer


@needs_client
async def test_the_openstack_client(keystone: RealKeystone, tmp_path: Path) -> None:
    """Its catalog names us as Compute; its users' tokens open us."""
    file = tmp_path / "password"
    file.write_text(SERVICE_PASSWORD)
    config = IdentityKeystone(keystone.url, "consolesvc", str(file), "service")
    async with cloud(config) as lab:
        await asyncio.to_thread(keystone.register, "compute", f"{lab.api}/v2.1")
        admin = password(keystone.url, ADMIN, "admin", PASSWORD)
        listed = json.loads(await answered("server", "list", "-f", "json", **admin))
        assert {server["Name"] for server in listed} == {"ours", "theirs"}
        url = await answered("console", "url", "show", "--serial", "ours", "-f", "value", "-c", "url", **admin)
        async with lab.http.ws_connect(url) as ws:
            assert not ws.closed
