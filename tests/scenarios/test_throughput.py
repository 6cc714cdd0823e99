"""Much at once: 64 MiB through a PTY line to two viewers, every byte of it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
import time
from pathlib import Path

import aiohttp
import pytest

from tests.scenarios.process import service
from tests.scenarios.test_device import device, lab

pytestmark = pytest.mark.timeout(180)

TOTAL = 64 * 1024 * 1024
PIECE = 64 * 1024


async def test_64_mib_reach_two_viewers_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both viewers get what the machine sent, by sha256; nobody is told of a gap. Prints the rate."""
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        with service(tmp_path / "run", "--config", lab(port.path)) as running:
            await asyncio.to_thread(running.wait_for_line, "node3", "connected")
            urls = [await asyncio.to_thread(running.console_url, "node3") for _ in range(2)]
            async with aiohttp.ClientSession() as session:
                viewers = [await session.ws_connect(url, protocols=["binary"], max_msg_size=0) for url in urls]
                sent = hashlib.sha256()
                machine = threading.Thread(target=write, args=(port.master, sent), name="machine")
                begun = time.monotonic()
                machine.start()
                seen = await asyncio.wait_for(asyncio.gather(*(digest(viewer) for viewer in viewers)), 150)
                seconds = time.monotonic() - begun
                machine.join()
                for viewer in viewers:
                    await viewer.close()
            assert seen == [sent.hexdigest()] * 2
            assert "bytes lost" not in running.stderr
    with capsys.disabled():  # on stderr, which a worker of xdist has from its parent
        sys.stderr.write(f"\n64 MiB through a PTY line to two viewers: {TOTAL / seconds / 1e6:.1f} MB/s each\n")


def write(master: int, sent: hashlib._Hash) -> None:
    """Be a machine that talks as fast as it is read; no two pieces are alike."""
    left = TOTAL
    while left:
        piece = os.urandom(min(PIECE, left))
        sent.update(piece)
        left -= len(piece)
        while piece:
            piece = piece[os.write(master, piece) :]


async def digest(viewer: aiohttp.ClientWebSocketResponse) -> str:
    """The sha256 of the next TOTAL bytes."""
    seen, left = hashlib.sha256(), TOTAL
    while left > 0:
        message = await viewer.receive()
        assert message.type is aiohttp.WSMsgType.BINARY, message
        seen.update(message.data)
        left -= len(message.data)
    assert left == 0
    return seen.hexdigest()
