"""The status of a real machine, asked of its command now and then."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from consolesvc.config.model import Power
from tests.compute.metal import ALL, METAL, metal, notice
from tests.lines.devices import eventually
from tests.proxy.world import received


async def test_somebody_else_switches_it(tmp_path: Path) -> None:
    """Its status is asked now and then, from the start on; viewers are told of a change."""
    async with metal(tmp_path, "status", poll=0.05) as lab:
        ws = await lab.attach(METAL)
        await eventually(lambda: len(lab.bmc.told) > 2)
        assert await lab.states() == ("ACTIVE", "active", None, 1)
        lab.bmc.turn(on=False)
        await eventually(lambda: lab.server.status == "SHUTOFF")
        assert await lab.states() == ("SHUTOFF", "stopped", None, 4)
        lab.bmc.turn(on=True)
        await eventually(lambda: lab.server.status == "ACTIVE")
        both = notice("is off") + notice("is on")
        assert await received(ws, len(both)) == both
        await ws.close()


async def test_a_machine_that_is_off_from_the_start(tmp_path: Path) -> None:
    """No event: nothing has changed."""
    async with metal(tmp_path, "status", poll=0) as lab:
        lab.bmc.turn(on=False)
        await lab.service.reload(dataclasses.replace(lab.service.config, power=Power(0.05)))
        await eventually(lambda: lab.server.status == "SHUTOFF")
        assert lab.server.console.event_count == 0
        await lab.service.reload(dataclasses.replace(lab.service.config, power=Power(0)))
        told = len(lab.bmc.told)
        lab.bmc.turn(on=True)
        with pytest.raises(TimeoutError):
            await eventually(lambda: len(lab.bmc.told) > told, patience=0.3)


async def test_a_bmc_that_does_not_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is known: the states stay as they are, and it is said once."""
    async with metal(tmp_path, "status", poll=0.05) as lab:
        (lab.bmc.folder / "broken").touch()
        before = len(lab.bmc.told)
        await eventually(lambda: len(lab.bmc.told) > before + 3)
        assert await lab.states() == ("ACTIVE", "active", None, 1)
        said = "metal: power status unknown: bmc ended with status 1: Error: Unable to establish IPMI v2 session"
        assert [record.levelname for record in caplog.records if record.getMessage() == said] == ["WARNING"]


async def test_no_poll_while_it_is_switched(tmp_path: Path) -> None:
    """A look that began before a command says nothing of what comes after."""
    async with metal(tmp_path, *ALL, poll=0.05) as lab:
        lab.bmc.hold("status")
        before = len(lab.bmc.told)
        await eventually(lambda: len(lab.bmc.told) > before)
        lab.bmc.hold("off")
        await lab.act(METAL, "os-stop")
        lab.bmc.let_go("status")
        await eventually(lambda: "off" in lab.bmc.told)
        told = len(lab.bmc.told)
        assert await lab.states() == ("ACTIVE", "active", "powering-off", 1)
        with pytest.raises(TimeoutError):
            await eventually(lambda: len(lab.bmc.told) > told, patience=0.3)
        lab.bmc.let_go("off")
        await eventually(lambda: lab.server.status == "SHUTOFF")
