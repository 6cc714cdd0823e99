"""What webhooks are still to be told, over a restart: kept for who is still there, and for nobody else."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from pathlib import Path

import pytest

from consolesvc.config.telling import Webhook
from consolesvc.webhooks.hooks import Hooks
from consolesvc.webhooks.keeping import FILE, OLDEST, keep, restore
from tests.lines.devices import eventually
from tests.test_feed import item
from tests.webhooks.receiver import receiver

NOW = 1000.5
HOOK = Webhook("https://hooks.lab/s3cret")
EVENTS = [item("f-1"), item("f-2", "boot")]


def test_what_was_kept_is_there_once(tmp_path: Path) -> None:
    """As it was, for this URL; the file is ours alone, names no URL, and is gone once it was read."""
    other = dataclasses.replace(HOOK, url="https://hooks.lab/other")
    assert keep(tmp_path, [(HOOK, EVENTS[:1]), (other, []), (HOOK, EVENTS[1:])])
    file = tmp_path / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hooks.lab" not in file.read_text()
    kept = restore(tmp_path, lambda: NOW)
    assert (len(kept), repr(kept)) == (2, "<Kept 2 events>")
    assert kept.take(other) == []
    assert [kept.take(HOOK), kept.take(HOOK), kept.take(HOOK)] == [EVENTS[:1], EVENTS[1:], []]
    assert len(restore(tmp_path)) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_old_is_no_news(tmp_path: Path) -> None:
    """A service that comes back after weeks wakes nobody for what was then."""
    keep(tmp_path, [(HOOK, [item("f-1"), item("f-2")._replace(time=NOW + 10)])])
    assert [each.id for each in restore(tmp_path, lambda: NOW + OLDEST + 1).take(HOOK)] == ["f-2"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"webhooks": 1}', '{"webhooks": [{"url": "x", "events": [{"id": 1}]}]}', "\xff"]
)
def test_a_file_that_is_not_ours(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """Restores nothing, and is said."""
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    assert len(restore(tmp_path)) == 0
    assert "could not be read" in caplog.text


async def test_a_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """How many events that costs is said."""
    hooks = Hooks(tmp_path / "nowhere")
    await hooks.apply([Webhook("http://127.0.0.1:9/")])
    hooks.hear(item("f-1"))
    await hooks.close(0)
    assert "was not kept: " in caplog.text
    assert "webhook 127.0.0.1:9: 1 events were not delivered" in caplog.text


async def test_over_a_restart(tmp_path: Path, unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that was away over it is told what it would have been, in order, if it is asked for still."""
    caplog.set_level(logging.INFO)
    there = Webhook(f"http://127.0.0.1:{unused_tcp_port}/hook")
    gone = dataclasses.replace(there, url=f"http://127.0.0.1:{unused_tcp_port}/gone")
    first = Hooks(tmp_path)
    await first.apply([there, gone])
    for number, name in enumerate(("panic", "boot", "login"), 1):
        first.hear(item(f"f-{number}", name)._replace(time=time.time()))
    await first.close(0)
    assert len(json.loads((tmp_path / FILE).read_text())["webhooks"]) == 2
    assert caplog.text.count("3 events are kept for the next start") == 2
    second = Hooks(tmp_path)
    await second.apply([dataclasses.replace(there, events=("panic", "login"))])
    assert "3 events of the last run were for webhooks that are gone" in caplog.text
    async with receiver(unused_tcp_port) as far:
        second.hear(item("g-1", "panic"))
        await eventually(lambda: [each.headers["Console-Delivery"] for each in far.got] == ["f-1", "f-3", "g-1"])
        await second.close(1)
        assert not (tmp_path / FILE).exists()
