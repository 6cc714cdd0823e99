from __future__ import annotations

import shutil
import threading
from pathlib import Path

from consolesvc.metrics.disk import DiskWatch
from tests.proxy.world import world
from tests.web.world import with_log


async def test_what_the_disk_has(tmp_path: Path) -> None:
    """All logs together, and what is left; where the folder is gone, nothing is made up."""
    async with world(tmp_path, with_log(tmp_path)) as lab:
        await lab.said(b"x" * 1000)
        await lab.flushed()
        watch = DiskWatch()
        assert lab.service.logs is not None
        disk = await watch.look(lab.service.logs)
        assert disk is not None
        assert disk.logs == 1000
        assert 0 < disk.free <= disk.size
        lab.service.reopen_logs()
        shutil.rmtree(tmp_path / "logs")
        assert await watch.look(lab.service.logs) is None


async def test_a_disk_that_hangs_holds_no_scrape(tmp_path: Path) -> None:
    """The last that was known is told, and one look waits, not one more with each scrape."""
    async with world(tmp_path, with_log(tmp_path)) as lab:
        logs = lab.service.logs
        assert logs is not None
        watch = DiskWatch()
        before = await watch.look(logs)
        goes_on = threading.Event()
        logs.thread.post(goes_on.wait)
        await lab.said(b"more")
        try:
            assert await watch.look(logs) == before
            assert await watch.look(logs) == before
            assert logs.thread.waiting <= 2
        finally:
            goes_on.set()
        await lab.flushed()
        after = await watch.look(logs)
        assert after is not None
        assert after.logs == 4
