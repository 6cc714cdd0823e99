"""Webhooks of a running service: from what a machine says to what a receiver gets, over reloads and stops."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from consolesvc.config.telling import Webhook
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, world
from tests.web.world import with_fake
from tests.webhooks.receiver import receiver

PANIC = b"\r\nKernel panic - not syncing: x\r\n"
LINUX = b"\r\n[    0.000000] Linux version 6.1\r\n"


async def test_a_panic_is_told(tmp_path: Path) -> None:
    """To all who asked for it, and to nobody else."""
    async with receiver() as all_of_it, receiver() as boots, receiver() as others:
        hooks = (
            Webhook(f"{all_of_it.url}/hook"),
            Webhook(f"{boots.url}/hook", ("boot", "lost")),
            Webhook(f"{others.url}/hook", (), ("fake",)),
        )
        async with world(tmp_path, dataclasses.replace(BASE, webhooks=hooks)) as lab:
            await with_fake(lab)
            await lab.said(PANIC + LINUX)
            await eventually(lambda: all_of_it.names == ["panic", "boot"])
            lab.device.pull()
            await eventually(lambda: boots.names == ["boot", "lost"])
        panic = all_of_it.got[0].event
        assert (panic["console"], panic["id"], panic["offset"]) == ("node", NODE, 2)
        assert panic["text"] == "node panic: Kernel panic - not syncing: x"
        assert others.got == []


async def test_a_reload_changes_who_is_told(tmp_path: Path) -> None:
    """One that stays keeps what it has still to be told; one that goes is told nothing more; twins are two."""
    async with receiver() as stays, receiver() as goes, receiver() as comes:
        first, second = Webhook(f"{stays.url}/hook"), Webhook(f"{goes.url}/hook")
        async with world(tmp_path, dataclasses.replace(BASE, webhooks=(first, first, second))) as lab:
            stays.status = 503
            await lab.said(PANIC)
            await eventually(lambda: len(stays.got) >= 2 and goes.got)
            third = Webhook(f"{comes.url}/hook")
            config = dataclasses.replace(lab.service.config, webhooks=(third, first, first))
            assert await lab.service.reload(config) == []
            await lab.said(LINUX)
            await eventually(lambda: comes.names == ["boot"])
            stays.got.clear()
            stays.status = 204
            await eventually(lambda: sorted(stays.names) == ["boot", "boot", "panic", "panic"], 10)
            await lab.service.reload(dataclasses.replace(config, webhooks=()))
            await lab.said(PANIC)
            await eventually(lambda: lab.service.watching.feed.end == 4)
        assert goes.names == ["panic"]
        assert comes.names == ["boot"]


async def test_webhooks_by_a_reload_alone(tmp_path: Path) -> None:
    """A service that had none tells them from then on."""
    async with receiver() as far, world(tmp_path) as lab:
        await lab.said(LINUX)
        await eventually(lambda: lab.service.watching.feed.end == 2)
        hooks = (Webhook(f"{far.url}/hook"),)
        await lab.service.reload(dataclasses.replace(lab.service.config, webhooks=hooks))
        await lab.said(PANIC)
        await eventually(lambda: far.names == ["panic"])


async def test_last_words_are_told_at_a_stop(tmp_path: Path) -> None:
    """What was recognised while the service stopped is told still."""
    async with receiver() as far:
        hooks = (Webhook(f"{far.url}/hook"),)
        async with world(tmp_path, dataclasses.replace(BASE, webhooks=hooks)) as lab:
            await lab.said(PANIC)
            await lab.service.stop()
        assert far.names == ["panic"]


def test_no_client_is_imported_for_nobody() -> None:
    """A service without webhooks has none of their code in memory."""
    code = "import sys, consolesvc.service; sys.exit('consolesvc.webhooks.delivery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
