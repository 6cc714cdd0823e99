"""The real, unmodified openstack client, run without blocking the test's loop."""

from __future__ import annotations

import asyncio
import os

from tests.identity.world import PASSWORD
from tests.scenarios.process import OPENSTACK, needs

needs_client = needs(OPENSTACK, "scripts/test makes its environment, .venvs/openstack")
"""Skips a test where the client is absent."""


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
