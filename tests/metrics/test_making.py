"""How a scrape is made: shared, sparingly, in slices, and for as many consoles as there are."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.server import ServerConfig
from consolesvc.metrics import consoles, scrape
from consolesvc.metrics.scrape import EVERYTHING, Scrape
from tests.metrics.samples import read, value
from tests.proxy.world import BASE, World, serving, world

PROJECT = BASE.defaults.project_id


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_scrapes_at_once_and_one_after_another_share_a_text(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who scrapes without end has it made no more often than it is worth; then it is made anew."""
    monkeypatch.setattr(scrape, "SPARING", 1e6)
    seen = lab.service.seen.scrape
    first, second = await asyncio.gather(*(seen.text(EVERYTHING, lambda _: True) for _ in range(2)))
    assert first is second
    assert await seen.text(EVERYTHING, lambda _: True) is first
    monkeypatch.setattr(scrape, "SPARING", 0)
    other = await seen.text("another", lambda _: False)
    assert b'console="node"' not in other
    await asyncio.sleep(0.01)
    assert await seen.text("another", lambda _: True) is not other


async def test_one_who_leaves_does_not_take_the_others_text_along(lab: World) -> None:
    """The text goes on being made for who still waits."""
    seen = lab.service.seen.scrape
    leaving = asyncio.create_task(seen.text(EVERYTHING, lambda _: True))
    await asyncio.sleep(0)
    staying = asyncio.create_task(seen.text(EVERYTHING, lambda _: True))
    await asyncio.sleep(0)
    leaving.cancel()
    assert b"consolesvc_build_info" in await staying


async def test_the_loop_goes_on_while_a_text_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two slices everybody else has a turn: with many consoles, hundreds of turns in one scrape."""
    monkeypatch.setattr(scrape, "SLICE", 0.0)
    many = 1000
    servers = tuple(
        ServerConfig(f"{number:08x}-0000-4000-8000-000000000000", f"n{number}", PROJECT, EmulatedSpec("echo"))
        for number in range(many)
    )
    async with serving(dataclasses.replace(BASE, servers=())) as service:
        for server in servers:
            service.intake._take_in(server)  # its line is not opened: it is the text that counts
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        seen = read((await Scrape(service.seen._sources()).text(EVERYTHING, lambda _: True)).decode())
        counting.cancel()
        assert value(seen, "consolesvc_viewers", console="n999") == 0
        assert turns > (len(consoles.FAMILIES) + 1) * many / scrape.AT_ONCE
