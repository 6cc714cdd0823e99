"""Reboot, stop and start: the states that clients wait for, and the machine behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.compute import power
from tests.compute.cloud import FAKE, REAL, Cloud, cloud
from tests.lines.devices import eventually
from tests.proxy.world import received


@pytest.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    monkeypatch.setattr(power, "TASK", 0.05)
    async with cloud(tmp_path) as running:
        yield running


async def states(lab: Cloud, server_id: str) -> tuple[str, str, str | None, int]:
    """Status, vm_state, task_state and power_state, as a client sees them."""
    shown = (await lab.show(server_id)).body["server"]
    keys = ("OS-EXT-STS:vm_state", "OS-EXT-STS:task_state", "OS-EXT-STS:power_state")
    return (shown["status"], *(shown[key] for key in keys))


async def test_stop_and_start(lab: Cloud) -> None:
    """Off it is silent, on it is itself again; viewers stay and are told, and its line is never lost."""
    server = lab.service.inventory.get(FAKE)
    ws = await lab.attach(FAKE)
    answer = await lab.act(FAKE, "os-stop")
    assert (answer.status, answer.body) == (202, None)
    assert await states(lab, FAKE) == ("ACTIVE", "active", "powering-off", 1)
    await eventually(lambda: server.status == "SHUTOFF")
    assert await received(ws, 1) == b"\r\n[consolesvc: fake is being switched off by admin]\r\n"
    assert await states(lab, FAKE) == ("SHUTOFF", "stopped", None, 4)
    await ws.send_bytes(b"nobody hears this")
    (viewer,) = server.console.viewers
    await eventually(lambda: viewer.typist.delivered == 17)
    await asyncio.sleep(0.05)  # from our side of the PTY to the fake's
    assert (await lab.act(FAKE, "os-start", {})).status == 202
    assert await states(lab, FAKE) == ("SHUTOFF", "stopped", "powering-on", 4)
    await eventually(lambda: server.status == "ACTIVE")
    assert await states(lab, FAKE) == ("ACTIVE", "active", None, 1)
    assert await received(ws, 1) == b"\r\n[consolesvc: fake is being switched on by admin]\r\n"
    await ws.send_bytes(b"this it does")
    assert await received(ws, 12) == b"this it does"
    assert server.console.reconnecting.opened == 1
    await ws.close()


@pytest.mark.parametrize(
    ("kind", "status", "tasks"),
    [
        ("SOFT", "REBOOT", ["rebooting", "reboot_started"]),
        ("hard", "HARD_REBOOT", ["rebooting_hard", "reboot_started_hard"]),
    ],
)
async def test_reboot(lab: Cloud, kind: str, status: str, tasks: list[str]) -> None:
    """The task is seen, then the machine starts from cold."""
    server = await lab.made(imageRef="chatter")
    await eventually(lambda: server.console.ring.end > 200)
    assert (await lab.act(server.id, "reboot", {"type": kind})).status == 202
    assert await states(lab, server.id) == (status, "active", tasks[0], 1)
    await eventually(lambda: server.task_state == tasks[1])
    await eventually(lambda: server.task_state is None)
    end = server.console.ring.end
    assert await states(lab, server.id) == ("ACTIVE", "active", None, 1)
    await eventually(lambda: server.console.ring.end > end + 200)
    assert b" 00000000" in server.console.ring.read(server.console.ring.start, 1 << 16)[100:]


async def test_a_machine_that_switches_itself_off(lab: Cloud) -> None:
    """It shows as one that was stopped, and can be started."""
    server = await lab.made(imageRef="linux")
    assert server.fake is not None
    guest = server.fake.guest
    await eventually(lambda: server.status == "ACTIVE")
    guest.power_off(0)  # what `poweroff` in its shell ends with
    server.fake._run()
    assert await states(lab, server.id) == ("SHUTOFF", "stopped", None, 4)
    await lab.act(server.id, "os-start")
    await eventually(lambda: server.status == "ACTIVE")
    assert guest.powered


async def test_states_that_forbid_it(lab: Cloud) -> None:
    """409 with nova's sentence."""
    server = lab.service.inventory.get(FAKE)
    answer = await lab.act(FAKE, "os-start")
    assert answer.body["conflictingRequest"] == {
        "code": 409,
        "message": f"Cannot 'start' instance {FAKE} while it is in vm_state active",
    }
    await lab.act(FAKE, "os-stop")
    for action, content in (("os-stop", None), ("reboot", {"type": "HARD"})):
        answer = await lab.act(FAKE, action, content)
        assert answer.message.endswith("while it is in task_state powering-off")
    await eventually(lambda: server.status == "SHUTOFF")
    for action, content in (("os-stop", None), ("reboot", {"type": "SOFT"})):
        answer = await lab.act(FAKE, action, content)
        assert (answer.status, answer.message.endswith("while it is in vm_state stopped")) == (409, True)
    assert (await lab.act(FAKE, "reboot", {"type": "HARD"})).status == 202
    await eventually(lambda: server.status == "ACTIVE")


async def test_a_hard_reboot_ends_a_soft_one(lab: Cloud) -> None:
    """One machine, one reboot: the soft one's next step does nothing any more."""
    server = lab.service.inventory.get(FAKE)
    await lab.act(FAKE, "reboot", {"type": "SOFT"})
    assert (await lab.act(FAKE, "reboot", {"type": "HARD"})).status == 202
    assert server.status == "HARD_REBOOT"
    await eventually(lambda: server.status == "ACTIVE")
    await lab.tell(FAKE, vm_state="error")
    assert (await lab.act(FAKE, "reboot", {"type": "HARD"})).status == 202
    await eventually(lambda: server.status == "ACTIVE")


async def test_deleted_while_at_its_task(lab: Cloud) -> None:
    """What was to come next doesn't; nothing is switched on again."""
    server = await lab.made()
    await lab.act(server.id, "reboot", {"type": "SOFT"})
    await lab.ask("DELETE", f"/servers/{server.id}")
    assert server.fake is not None
    fake = server.fake
    with pytest.raises(TimeoutError):
        await eventually(lambda: fake.powered, patience=2)


@pytest.mark.parametrize("action", [("reboot", {"type": "SOFT"}), ("os-stop", None), ("os-start", None)])
async def test_a_real_machine_has_no_switch_here(lab: Cloud, action: tuple[str, object]) -> None:
    """501 with nova's own sentence for it, which clients report at once; the server stays as it was."""
    answer = await lab.act(REAL, *action)
    assert answer.body == {"notImplemented": {"code": 501, "message": "The requested functionality is not supported."}}
    assert (await states(lab, REAL))[:3] == ("ACTIVE", "active", None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"type": "Medium"}, "'Medium' is not one of"),
        ({}, "'type' is a required property"),
        ({"type": "SOFT", "x": 1}, "Additional properties are not allowed ('x' was unexpected)"),
        (None, "None is not of type 'object'"),
    ],
)
async def test_wrong_reboots(lab: Cloud, content: object, message: str) -> None:
    """400, whatever the server is."""
    for server_id in (FAKE, REAL, "x"):
        answer = await lab.act(server_id, "reboot", content)
        assert (answer.status, message in answer.message) == (400, True)
