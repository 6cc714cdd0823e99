"""`/healthcheck`: what who starts, balances and restarts services is told."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Address
from consolesvc.config.operators import Audit, Metrics
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, world
from tests.web.world import with_log


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    config = dataclasses.replace(with_log(tmp_path), audit=Audit(str(tmp_path / "audit/audit.log")))
    (tmp_path / "audit").mkdir()
    async with world(tmp_path, config) as made:
        yield made


async def health(lab: World, query: str = "") -> tuple[int, dict[str, Any]]:
    async with lab.http.get(f"{lab.api}/healthcheck{query}") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json()


async def test_a_service_that_serves_is_ready(lab: World) -> None:
    """200, and nothing to say; HEAD is enough for who looks at the status alone."""
    assert await health(lab) == (200, {"status": "ok", "ready": True, "warnings": []})
    async with lab.http.head(f"{lab.api}/healthcheck") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("status", ["starting", "stopping"])
async def test_ready_is_not_alive(lab: World, status: Any) -> None:
    """While it starts or stops nobody is to be sent there, and nobody is to kill it."""
    lab.service.seen.health.status = status
    assert await health(lab) == (503, {"status": status, "ready": False, "warnings": []})
    assert await health(lab, "?live=1") == (200, {"status": status, "ready": False, "warnings": []})
    assert (await health(lab, "?live=0"))[0] == 503


async def test_a_stop_is_seen_before_the_end(tmp_path: Path) -> None:
    """On the port for metrics, which stays to the last, and only on that: the others take nobody any more."""
    config = dataclasses.replace(BASE, metrics=Metrics(Address("127.0.0.1", 0)))
    async with world(tmp_path, config) as lab, await lab.attach() as ws:
        url = f"http://{lab.service.seen.address}/healthcheck"
        stopping = asyncio.create_task(lab.service.stop())  # the viewer has two seconds to leave
        await asyncio.sleep(0)
        async with lab.http.get(url) as answer:
            assert (answer.status, (await answer.json())["status"]) == (503, "stopping")
        async with lab.http.get(f"{url}?live=1") as answer:
            assert answer.status == 200
        await ws.close()
        await stopping


async def test_what_the_service_cannot_help_is_a_warning(lab: World, tmp_path: Path) -> None:
    """No line open, a log and an audit that cannot be written, a configuration that is wrong: ready all the same."""
    lab.device.pull()
    await eventually(lambda: not lab.console.connected)
    assert await health(lab) == (200, {"status": "ok", "ready": True, "warnings": ["lines"]})
    lab.device.plug()
    await eventually(lambda: lab.console.connected)
    lab.service.reopen_logs()
    for folder in ("logs", "audit"):
        shutil.rmtree(tmp_path / folder)
        (tmp_path / folder).write_text("no folder")
    await lab.said(b"lost")
    await lab.url()
    lab.service.seen.refused("lab.yaml:3: …")
    await eventually(lambda: lab.console.log.failing and lab.service.seen.audit.failing)
    assert await health(lab) == (200, {"status": "ok", "ready": True, "warnings": ["log", "configuration", "audit"]})
