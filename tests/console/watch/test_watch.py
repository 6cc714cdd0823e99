"""A console's watch on a real line: what it tells viewers, writes into the index, and finds there after a restart."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.viewer import Viewer
from consolesvc.console.watch.watch import LOOK, MOST, UNWATCHED, look_all
from tests.console.watch.watched import LINUX, LOGIN, PANIC, recorded, sizes_of_looks, watched
from tests.lines.devices import eventually


async def test_a_boot_is_told_and_recorded(tmp_path: Path) -> None:
    """With where it is, when it was and what was said; and how long it took to the login."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(LINUX)
        boot, *_ = await told.until("boot")
        await lab.said(LOGIN)
        _, login = await told.until("boot", "login")
        begins = 2
        assert (boot.offset, boot.text) == (begins, "node boots: Linux version 6.1")
        assert boot.facts == {"stage": "kernel", "line": "Linux version 6.1"}
        assert login.offset == lab.console.ring.end - len(LOGIN) + 2
        assert login.facts == {"seconds": pytest.approx(0.3, abs=10), "line": "node login:"}
        assert login.text == f"node asks for a login after {login.facts['seconds']:.0f} s: node login:"
        assert 0 <= login.time - boot.time < 10
        await eventually(lambda: len(recorded(tmp_path, "boot", "login")) == 2)
        first, second = recorded(tmp_path, "boot", "login")
        assert first.offset == begins
        assert first.time == pytest.approx(boot.time, abs=1e-5)
        assert first.facts == {"text": boot.text, **boot.facts}
        assert second.facts["seconds"] == login.facts["seconds"]


async def test_viewers_are_told_by_consolesvc_v1_alone(tmp_path: Path) -> None:
    """A raw viewer sees the output that it is about, and nothing beside; the other one reads of it, in its place."""
    async with watched(tmp_path) as (lab, told):
        raw = await lab.attach({"replay": "0"})
        url = await lab.url({"replay": "0"})
        async with lab.http.ws_connect(url, protocols=("consolesvc.v1",)) as v1:
            assert json.loads((await v1.receive(5)).data)["type"] == "hello"
            await lab.said(PANIC)
            assert (await v1.receive(5)).data == PANIC
            event = json.loads((await v1.receive(5)).data)
            assert event == {
                "type": "event",
                "event": "panic",
                "offset": 2,
                "text": "node panic: Kernel panic - not syncing: no init",
            }
        await told.until("panic")
        await lab.said(b"after")
        got = b""
        while len(got) < len(PANIC) + 5:
            got += (await raw.receive(5)).data
        assert got == PANIC + b"after"
        await raw.close()


async def test_a_line_that_is_not_finished_has_its_time(tmp_path: Path) -> None:
    """The reason of a panic may come a moment later: the sentence waits for it, and not for ever."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(b"\r\nKernel panic - not syncing")
        await asyncio.sleep(LOOK * 1.3)
        await lab.said(b": no working init\r\n")
        (panic,) = await told.until("panic")
        assert panic.text == "node panic: Kernel panic - not syncing: no working init"
        await lab.said(LINUX + b"Kernel panic - not syncing: no n")
        *_, panic = await told.until("panic", "boot", "panic")
        assert panic.facts["line"] == "Kernel panic - not syncing: no n"


async def test_what_a_burst_begins_with_is_told(tmp_path: Path) -> None:
    """A panic with 200 KB behind it, all within one look, and a boot in their middle: further looks find them."""
    async with watched(tmp_path) as (lab, told):
        looks = sizes_of_looks(lab.console.watch)
        await lab.said(PANIC + b"x" * 100_000 + LINUX + b"x" * 100_000 + LOGIN)
        panic, boot, login = await told.until("panic", "boot", "login")
        assert (panic.offset, boot.offset) == (2, len(PANIC) + 100_002)
        assert login.offset == lab.console.ring.end - len(LOGIN) + 2
        assert lab.console.watch.offset == lab.console.ring.end
        assert lab.console.watch.skipped == 0
        assert max(looks) == MOST


async def test_of_a_flood_that_is_too_fast_the_end_is_seen(tmp_path: Path) -> None:
    """More than half a ring within a look: the last 64 KiB are seen, and what was not is counted and recorded, once."""
    async with watched(tmp_path) as (lab, told):
        ring = lab.console.ring
        for _ in range(3):
            ring.append(PANIC + b"x" * (ring.capacity // 2))
            lab.console.watch.news()
            look_all([lab.console.watch])
        await lab.said(LOGIN)
        await told.until("login")
        skipped = ring.end - 3 * MOST - len(LOGIN)
        assert lab.console.watch.skipped == skipped
        async with lab.http.get(f"{lab.api}/metrics") as answer:
            (line,) = [
                line
                for line in (await answer.text()).splitlines()
                if line.startswith("consolesvc_watch_skipped_bytes_total{")
            ]
        assert line.endswith(f"}} {skipped}")
    (record,) = recorded(tmp_path, UNWATCHED)
    assert (record.offset, record.facts["bytes"]) == (0, skipped)


async def test_a_flood_costs_a_look_and_no_more(tmp_path: Path) -> None:
    """Of a machine that says more than can be seen, however long, each look is one and none follows it at once."""
    async with watched(tmp_path) as (lab, _):
        watch, ring = lab.console.watch, lab.console.ring
        looks = sizes_of_looks(watch)
        begun = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begun < 5 * LOOK:
            ring.append(b"x" * ring.capacity)
            watch.news()
            await asyncio.sleep(0.01)
        assert len(looks) <= 6


async def test_what_a_stop_finds_unseen_is_seen(tmp_path: Path) -> None:
    """All of it, in one go; so it is where the line is lost."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(PANIC + b"x" * (4 * MOST))
        lab.device.pull()
        await told.until("panic", "lost")
        lab.device.plug()
        await told.until("panic", "lost", "back")
        await lab.said(LINUX + b"x" * (4 * MOST))
    assert [record.event for record in recorded(tmp_path, "panic", "boot")] == ["panic", "boot"]


async def test_silence_and_its_end(tmp_path: Path) -> None:
    """Counted from when the line was opened, then from the last byte; each told once, in turn."""
    async with watched(tmp_path, silence=0.4) as (lab, told):
        (first,) = await told.until("silence")
        assert (first.offset, first.facts) == (0, {"seconds": pytest.approx(0.4, abs=0.3)})
        assert first.text == "node is silent for 0 s"
        await asyncio.sleep(0.6)
        await lab.said(b"hello")
        _, over = await told.until("silence", "silence-over")
        assert over.offset == 0
        assert over.facts["seconds"] == pytest.approx(1.1, abs=0.8)
        await told.until("silence", "silence-over", "silence")


async def test_who_speaks_now_and_then_is_not_silent(tmp_path: Path) -> None:
    """Every byte counts anew."""
    async with watched(tmp_path, silence=1.5) as (lab, told):
        for _ in range(8):
            await lab.said(b"x")
            await asyncio.sleep(0.3)
        assert told.kinds == []


async def test_a_line_that_is_away_is_not_silent(tmp_path: Path) -> None:
    """Only what could be heard is silence; a silence that was told goes on until a byte comes."""
    async with watched(tmp_path, silence=0.5) as (lab, told):
        lab.device.pull()
        await eventually(lambda: not lab.console.connected)
        await asyncio.sleep(1)
        assert told.kinds == ["lost"]
        lab.device.plug()
        await told.until("lost", "back", "silence")
        lab.device.pull()
        await told.until("lost", "back", "silence", "lost")
        lab.device.plug()
        await told.until("lost", "back", "silence", "lost", "back")
        await asyncio.sleep(0.8)
        await lab.said(b"x")
        await told.until("lost", "back", "silence", "lost", "back", "silence-over")


async def test_what_comes_behind_a_loss_begins_a_line(tmp_path: Path) -> None:
    """The rest of the line before is unknown."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(b"half a line, U-B")
        lab.device.pull()
        await told.until("lost")
        lab.device.plug()
        await told.until("lost", "back")
        await lab.said(b"U-Boot 2024.01 (x)\r\n")
        *_, boot = await told.until("lost", "back", "boot")
        assert boot.facts["line"] == "U-Boot 2024.01 (x)"


async def test_nothing_is_looked_for_where_nothing_is_wanted(tmp_path: Path) -> None:
    """No clock runs for it."""
    off = {"boot": False, "bootloader": False, "login": False, "panic": False, "reset_loop": 0}
    async with watched(tmp_path, **off) as (lab, told):
        await lab.said(LINUX + LOGIN + PANIC)
        await asyncio.sleep(2 * LOOK)
        assert told.kinds == []
        assert lab.console.watch.offset == 0
        assert len(lab.service.watching.rounds) == 0


async def test_a_fault_in_one_look_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback, and the next console is looked at."""
    async with watched(tmp_path) as (lab, told):
        broken = Console("broken", lab.console.reconnecting.opener, ring=4096, replay=0)
        broken.ring.append(PANIC)
        broken.heard = lambda event: [][event.offset]
        await lab.said(PANIC)
        look_all([broken.watch, lab.console.watch])
        assert told.kinds == ["panic"]
        assert "<Watch of broken at 54> failed" in caplog.text
        assert "IndexError" in caplog.text


async def test_a_viewer_that_is_behind_is_told_too(tmp_path: Path) -> None:
    """Of what was recognised since it came; where it is in the stream, the event says."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(b"x" * 1000)
        viewer = Viewer(lab.console, 0)
        await lab.said(PANIC)
        (panic,) = await told.until("panic")
        items = [await viewer.next() for _ in range(2)]
        viewer.detach()
        assert [item for item in items if isinstance(item, Event)] == [panic]
        assert panic.offset == 1002
