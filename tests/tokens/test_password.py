"""A Redis that wants a password, which is in a file of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from consolesvc.config.model import Tokens
from consolesvc.errors import StoreUnavailable
from consolesvc.tokens.kinds import make_stores
from tests.tokens.redis_server import HAS_REDIS, redis_server


@HAS_REDIS
@pytest.mark.parametrize("user", ["", "default@"])
async def test_the_password_is_in_a_file(user: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a user's name in the URL or without; a wrong one is a store that does not answer, and a new one counts."""
    file = tmp_path / "redis.password"
    file.write_text("wrong\n")
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder), "hush hush") as server:
        url = server.url.replace("//", f"//{user}")
        stores = make_stores(url, asyncio.get_running_loop().time, Tokens(), str(file))
        try:
            with pytest.raises(StoreUnavailable):
                await stores.tokens.issue("a")
            file.write_text("hush hush\r\nand a second line\n")
            token = await stores.tokens.issue("a")
            assert (await stores.tokens.look_up(token)).server_id == "a"
            file.unlink()
            with server.client() as client:
                client.client_kill_filter(_type="normal", skipme=True)
            with pytest.raises(StoreUnavailable):
                await stores.tokens.issue("a")
        finally:
            await stores.close()
    assert "does not answer" in caplog.text
    assert "wrong" not in caplog.text.replace("wrong username", "").replace("WRONGPASS", "")
    assert "hush" not in caplog.text
