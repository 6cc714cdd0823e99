"""The unmodified openstack client, with a password at the builtin Keystone and with a static token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.identity.client import answered, needs_client, openstack, password
from tests.identity.world import ATTIC, LAB, cloud, write_tokens, write_users

pytestmark = [pytest.mark.timeout(180), needs_client]


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
