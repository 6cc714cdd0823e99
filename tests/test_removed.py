"""A server that is gone is gone from memory, too."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from pathlib import Path

import pytest

from consolesvc.config.linespec import EmulatedSpec, RemoteSpec, TcpSpec
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.console import console as console_module
from consolesvc.rounds import LONGEST
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, world
from tests.web.world import with_log


async def tried(lab: World, name: str) -> None:
    """Its machine has said something, or why it cannot is known."""
    console = lab.service.inventory.get(default_id(name)).console
    await eventually(lambda: console.ring.end or console.reconnecting.why, 5)


@pytest.mark.parametrize(
    "spec",
    [EmulatedSpec("linux", speed="max"), TcpSpec("127.0.0.1", 9), RemoteSpec("http://127.0.0.1:9", "node")],
    ids=lambda spec: spec.kind,
)
async def test_what_is_removed_is_left_to_no_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: EmulatedSpec | TcpSpec | RemoteSpec
) -> None:
    """Its console and its machine go at once, whatever of them knows whatever."""
    monkeypatch.setattr(console_module, "LEFT_TO_READ", LONGEST + 0.2)  # a look may still be due
    async with world(tmp_path, with_log(tmp_path)) as lab:
        before = lab.service.config
        entries = [ServerConfig(default_id(name), name, BASE.defaults.project_id, spec) for name in ("one", "two")]
        await lab.service.reload(dataclasses.replace(before, servers=(*before.servers, *entries[:1])))
        await tried(lab, "one")
        gc.collect()
        gc.disable()
        try:
            server = lab.service.inventory.get(default_id("one"))
            parts = [server.console, server.console.watch, server.console.keyboard]
            known = [weakref.ref(each) for each in [*parts, *([server.fake] if server.fake else [])]]
            del server, parts
            # The other one takes its place wherever somebody remembers whom it was asked about last.
            await lab.service.reload(dataclasses.replace(before, servers=(*before.servers, *entries[1:])))
            await tried(lab, "two")
            await lab.service.reload(before)
            await eventually(lambda: not any(each() for each in known), 5)
        finally:
            gc.enable()
