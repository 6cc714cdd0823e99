"""The unmodified openstack client, with a password, at the builtin Keystone and at a real one."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from consolesvc.config.model import IdentityKeystone
from tests.identity.keystone_process import SERVICE_PASSWORD, RealKeystone
from tests.identity.world import ATTIC, LAB, PASSWORD, cloud, write_tokens, write_users
from tests.scenarios.process import OPENSTACK, needs

pytestmark = [
    pytest.mark.xdist_group("keystone"),
    pytest.mark.timeout(180),
    needs(OPENSTACK, "scripts/test makes its environment, .venvs/openstack"),
]


async def openstack(*words: str, **settings: str) -> tuple[int, str, str]:
    """Run the client; its exit code, and what it wrote. `settings` are OS_* variables."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    environment |= {f"OS_{key.upper()}": value for key, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        OPENSTACK, *words, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def answered(*words: str, **settings: str) -> str:
    """What the client prints when all is well."""
    code, out, err = await openstack(*words, **settings)
    assert code == 0, err
    return out.strip()


def password(auth_url: str, user: str, project: str, secret: str = PASSWORD) -> dict[str, str]:
    """The settings of somebody with a password."""
    return {
        "auth_url": auth_url,
        "username": user,
        "password": secret,
        "project_name": project,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


async def test_the_builtin_keystone(tmp_path: Path) -> None:
    """Log in, be somebody, list and show servers, and get a console's URL, in one's own project."""
    users = write_users(tmp_path, alice={"lab": ["member"], "attic": ["member"]}, root={"lab": ["admin"]})
    async with cloud(users) as lab:
        alice = password(f"{lab.api}/identity", "alice", "lab")
        issued = json.loads(await answered("token", "issue", "-f", "json", **alice))
        assert issued["project_id"] == LAB
        assert await lab.seen(issued["id"]) == ["ours"]
        url = await answered("console", "url", "show", "--serial", "ours", "-f", "value", "-c", "url", **alice)
        async with lab.http.ws_connect(url) as ws:
            assert not ws.closed
        again = {**alice, "auth_url": f"{lab.api}/identity/v3", "project_name": "attic"}
        assert (await answered("token", "issue", "-f", "value", "-c", "project_id", **again)) == ATTIC
        root = password(f"{lab.api}/identity/v3", "root", "lab")
        listed = await answered("project", "list", "-f", "value", "-c", "Name", **root)
        assert listed.split() == ["attic", "lab"]
        assert "compute" in await answered("catalog", "list", "-f", "value", "-c", "Type", **root)
        assert (await answered("user", "show", "alice", "-f", "value", "-c", "name", **root)) == "alice"
        assert (await answered("token", "revoke", issued["id"], **root)) == ""
        assert (await lab.ask("GET", "/v2.1/servers", issued["id"])).status == 401


async def test_a_wrong_password_is_said_plainly(tmp_path: Path) -> None:
    """As the client says it of any Keystone."""
    async with cloud(write_users(tmp_path, alice={"lab": ["member"]})) as lab:
        code, _, err = await openstack("server", "list", **password(f"{lab.api}/identity", "alice", "lab", "wrong"))
        assert code == 1
        assert "The request you have made requires authentication. (HTTP 401)" in err


async def test_a_static_token(tmp_path: Path) -> None:
    """By the client's admin_token, which needs no Keystone."""
    async with cloud(write_tokens(tmp_path, sesame={"roles": ["member"]})) as lab:
        settings = {"auth_type": "admin_token", "endpoint": f"{lab.api}/v2.1", "token": "sesame"}
        show = ("console", "url", "show", "--serial", "ours", "-f", "value", "-c", "url")
        assert (await answered(*show, **settings)).startswith("ws://127.0.0.1:")
        code, _, err = await openstack(*show, **{**settings, "token": "wrong"})
        assert code == 1
        assert "401" in err


async def test_a_real_keystone(keystone: RealKeystone, tmp_path: Path) -> None:
    """Its catalog names us as Compute; its users' tokens open us."""
    file = tmp_path / "password"
    file.write_text(SERVICE_PASSWORD)
    config = IdentityKeystone(keystone.url, "consolesvc", str(file), "service")
    async with cloud(config) as lab:
        await asyncio.to_thread(keystone.register, "compute", f"{lab.api}/v2.1")
        admin = password(keystone.url, "admin", "admin", "keystone secret")
        listed = json.loads(await answered("server", "list", "-f", "json", **admin))
        assert {server["Name"] for server in listed} == {"ours", "theirs"}
        url = await answered("console", "url", "show", "--serial", "ours", "-f", "value", "-c", "url", **admin)
        async with lab.http.ws_connect(url) as ws:
            assert not ws.closed
