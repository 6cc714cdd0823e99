"""Calls of the native API on a running service."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.model import Config
from consolesvc.config.operators import Log
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World

FAKE = default_id("fake")


def with_log(path: Path, **log: Any) -> Config:
    """A configuration that logs below `path`, and keeps what it logs."""
    kept: dict[str, Any] = {"keep": 0, "max_total": 0, "min_free": 0}
    return dataclasses.replace(BASE, log=Log(directory=path / "logs", **(kept | log)))


async def with_fake(lab: World, guest: str = "echo") -> None:
    """Add a fake server, `fake`."""
    entry = ServerConfig(FAKE, "fake", BASE.defaults.project_id, EmulatedSpec(guest, speed="max"))
    config = lab.service.config
    await lab.service.reload(dataclasses.replace(config, servers=(*config.servers, entry)))
    await eventually(lambda: lab.service.inventory.get(FAKE).console.connected)


async def call(lab: World, method: str, path: str, **kwargs: Any) -> tuple[int, Any]:
    """Status and JSON of a call under `/console/v1/consoles/`."""
    async with lab.http.request(method, f"{lab.api}/console/v1/consoles/{path}", **kwargs) as answer:
        return answer.status, await answer.json()


async def refusal(lab: World, method: str, path: str, **kwargs: Any) -> tuple[int, str]:
    """Status and message of a fault."""
    status, body = await call(lab, method, path, **kwargs)
    (content,) = body.values()
    assert content["code"] == status
    return status, content["message"]


async def head(lab: World, path: str, **headers: str) -> bytes:
    """All that a HEAD is answered, to the last byte."""
    reader, writer = await asyncio.open_connection(*lab.api.removeprefix("http://").split(":"))
    lines = "".join(
        f"{name}: {value}\r\n" for name, value in {"Host": "localhost", "Connection": "close", **headers}.items()
    )
    writer.write(f"HEAD /console/v1/consoles/{path} HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
        await writer.wait_closed()
