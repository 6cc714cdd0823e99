"""Reboot, stop and start of a real machine: its commands run for real, with the console open to see it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.compute.power import UNSUPPORTED
from consolesvc.config.access import IdentityStatic
from consolesvc.config.server import PowerCommands
from tests.compute.metal import ALL, METAL, Metal, gone, metal, notice
from tests.lines.devices import eventually
from tests.proxy.world import BASE, received


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Metal]:
    async with metal(tmp_path, *ALL) as running:
        yield running


def noted(tmp_path: Path) -> list[dict[str, str]]:
    """The power events in the log's index, without their times."""
    records = [json.loads(line) for line in (tmp_path / "logs/metal.index").read_text().splitlines()]
    keys = ("what", "who", "why")
    return [{key: r[key] for key in keys if key in r} for r in records if r.get("event") == "power"]


async def test_stop_and_start(lab: Metal, tmp_path: Path) -> None:
    """The commands run, the states follow them, viewers stay and see who did it, and so does the log's index."""
    ws = await lab.attach(METAL)
    lab.bmc.hold("off")
    assert (await lab.act(METAL, "os-stop")).status == 202
    assert await lab.states() == ("ACTIVE", "active", "powering-off", 1)
    assert await received(ws, 1) == notice("is being switched off by admin")
    lab.bmc.let_go("off")
    await eventually(lambda: lab.server.status == "SHUTOFF")
    assert await lab.states() == ("SHUTOFF", "stopped", None, 4)
    assert not lab.bmc.is_on()
    lab.bmc.hold("on")
    assert (await lab.act(METAL, "os-start")).status == 202
    assert await lab.states() == ("SHUTOFF", "stopped", "powering-on", 4)
    lab.bmc.let_go("on")
    await eventually(lambda: lab.server.status == "ACTIVE")
    assert await lab.states() == ("ACTIVE", "active", None, 1)
    assert await received(ws, 1) == notice("is being switched on by admin")
    await lab.device.say(b"Booting\r\n")
    assert await received(ws, 9) == b"Booting\r\n"
    assert lab.server.console.reconnecting.opened == 1
    await ws.close()
    assert lab.bmc.told == ["off", "status", "on", "status"]
    await eventually(lambda: len(noted(tmp_path)) == 2)
    assert noted(tmp_path) == [{"what": "off", "who": "admin"}, {"what": "on", "who": "admin"}]


@pytest.mark.parametrize(
    ("kind", "status", "task"),
    [("SOFT", "REBOOT", "reboot_started"), ("HARD", "HARD_REBOOT", "reboot_started_hard")],
)
async def test_reboot(lab: Metal, kind: str, status: str, task: str, caplog: pytest.LogCaptureFixture) -> None:
    """Both kinds reset it; the task is seen for as long as that takes; what the command said is in the log."""
    caplog.set_level(logging.INFO, "consolesvc.power")
    lab.bmc.hold("reset")
    assert (await lab.act(METAL, "reboot", {"type": kind})).status == 202
    await eventually(lambda: lab.server.task_state == task)
    assert await lab.states() == (status, "active", task, 1)
    lab.bmc.let_go("reset")
    await eventually(lambda: lab.server.task_state is None)
    assert await lab.states() == ("ACTIVE", "active", None, 1)
    assert lab.bmc.told == ["reset"]
    assert "metal: power reset by admin: done; it said: Chassis Power Control: reset" in caplog.messages


async def test_one_at_a_time(lab: Metal) -> None:
    """While a command runs, another is 409 in nova's words."""
    lab.bmc.hold("off")
    await lab.act(METAL, "os-stop")
    for action, content in (
        ("os-stop", None),
        ("os-start", None),
        ("reboot", {"type": "SOFT"}),
        ("reboot", {"type": "HARD"}),
    ):
        answer = await lab.act(METAL, action, content)
        assert answer.status == 409
        assert "while it is in " in answer.message
    lab.bmc.let_go("off")
    await eventually(lambda: lab.server.status == "SHUTOFF")
    assert lab.bmc.told == ["off", "status"]
    answer = await lab.act(METAL, "os-stop")
    assert (answer.status, answer.message.endswith("while it is in vm_state stopped")) == (409, True)


async def test_a_hard_reboot_ends_a_soft_one(lab: Metal) -> None:
    """As in nova; the first command is gone before the second begins. A second hard one has to wait."""
    lab.bmc.hold("reset")
    await lab.act(METAL, "reboot", {"type": "SOFT"})
    await eventually(lambda: len(lab.bmc.pids) == 1)
    assert (await lab.act(METAL, "reboot", {"type": "HARD"})).status == 202
    await eventually(lambda: len(lab.bmc.pids) == 2)
    assert gone(lab.bmc.pids[0])
    assert lab.server.status == "HARD_REBOOT"
    assert (await lab.act(METAL, "reboot", {"type": "HARD"})).status == 409
    lab.bmc.let_go("reset")
    await eventually(lambda: lab.server.status == "ACTIVE")
    assert lab.bmc.told == ["reset", "reset"]


async def test_a_command_that_fails(lab: Metal, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ERROR, with a fault that says why and what was said; the console stays; the next that succeeds clears it."""
    ws = await lab.attach(METAL)
    (lab.bmc.folder / "broken").touch()
    await lab.act(METAL, "reboot", {"type": "HARD"})
    await eventually(lambda: lab.server.status == "ERROR")
    shown = (await lab.show(METAL)).body["server"]
    assert (shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:task_state"]) == ("error", None)
    said = "Error: Unable to establish IPMI v2 session"
    fault = shown["fault"]
    assert (fault["code"], fault["message"]) == (500, "power reset failed: bmc ended with status 1")
    assert fault["details"] == said
    assert f"metal: power reset by admin: bmc ended with status 1; it said: {said}" in caplog.messages
    begun, failed = notice("is being reset by admin"), notice("was not reset: bmc ended with status 1")
    assert await received(ws, len(begun + failed)) == begun + failed
    await ws.close()
    assert (await lab.act(METAL, "os-getSerialConsole", {"type": "serial"})).status == 200
    await lab.act(METAL, "os-start")
    await eventually(lambda: lab.bmc.told == ["reset", "on"] and lab.server.status == "ERROR")
    (lab.bmc.folder / "broken").unlink()
    assert (await lab.act(METAL, "os-start")).status == 202
    await eventually(lambda: lab.server.status == "ACTIVE")
    assert "fault" not in (await lab.show(METAL)).body["server"]
    await eventually(lambda: len(noted(tmp_path)) == 5)
    assert noted(tmp_path)[1] == {"what": "reset", "who": "admin", "why": "bmc ended with status 1"}


async def test_a_command_that_never_ends(tmp_path: Path) -> None:
    """At the end of its time it is ended, and the server is in error."""
    async with metal(tmp_path, "reset", timeout=0.2) as lab:
        lab.bmc.hold("reset")
        await lab.act(METAL, "reboot", {"type": "HARD"})
        await eventually(lambda: lab.server.status == "ERROR")
        assert lab.server.fault is not None
        assert lab.server.fault.message == "power reset failed: bmc did not end in 0.2 s"
        await eventually(lambda: gone(lab.bmc.pids[0]))
        assert (await lab.act(METAL, "reboot", {"type": "HARD"})).status == 202


async def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    """Said in words, with the cure."""
    async with metal(tmp_path, "reset") as lab:
        lab.bmc.path.unlink()
        await lab.act(METAL, "reboot", {"type": "SOFT"})
        await eventually(lambda: lab.server.status == "ERROR")
        assert lab.server.fault is not None
        assert lab.server.fault.message == (
            f"power reset failed: no such program: {lab.bmc.path}: install it, or give its full path"
        )


async def test_a_machine_that_takes_its_time(tmp_path: Path) -> None:
    """`off` is done when the machine is off: one that shuts down is at its task until then."""
    async with metal(tmp_path, *ALL) as lab:
        (lab.bmc.folder / "stuck").touch()
        await lab.act(METAL, "os-stop")
        await eventually(lambda: lab.bmc.told.count("status") >= 3)
        assert await lab.states() == ("ACTIVE", "active", "powering-off", 1)
        lab.bmc.turn(on=False)
        await eventually(lambda: lab.server.status == "SHUTOFF")


async def test_a_machine_that_does_not_obey(tmp_path: Path) -> None:
    """Its time is over: in error, and the fault says that it is still on."""
    async with metal(tmp_path, *ALL, settle=1) as lab:
        (lab.bmc.folder / "stuck").touch()
        await lab.act(METAL, "os-stop")
        await eventually(lambda: lab.server.status == "ERROR")
        assert lab.server.fault is not None
        assert lab.server.fault.message == "power off failed: the machine is still on after 1 s"
        (lab.bmc.folder / "stuck").unlink()
        assert (await lab.act(METAL, "os-stop")).status == 202
        await eventually(lambda: lab.server.status == "SHUTOFF")


async def test_a_machine_that_obeys_after_its_time(tmp_path: Path) -> None:
    """It was given up, in error; once it is found as it was switched, that is over, and viewers are told."""
    async with metal(tmp_path, *ALL, settle=0.5, poll=0.1) as lab:
        ws = await lab.attach(METAL)
        (lab.bmc.folder / "stuck").touch()
        await lab.act(METAL, "os-stop")
        await eventually(lambda: lab.server.status == "ERROR", 10)
        looks = lab.bmc.told.count("status")
        await eventually(lambda: lab.bmc.told.count("status") > looks + 2)
        assert (await lab.states())[0] == "ERROR", "it is still on"
        lab.bmc.turn(on=False)
        await eventually(lambda: lab.server.status == "SHUTOFF")
        assert await lab.states() == ("SHUTOFF", "stopped", None, 4)
        assert lab.server.fault is None
        said = [notice("was not switched off: the machine is still on after 0.5 s"), notice("is off")]
        told = notice("is being switched off by admin") + b"".join(said)
        assert await received(ws, len(told)) == told
        await ws.close()


async def test_a_command_that_failed_stays_in_error(tmp_path: Path) -> None:
    """Whatever the machine is: what was wanted of it was not done by us."""
    async with metal(tmp_path, *ALL, poll=0.1) as lab:
        (lab.bmc.folder / "broken").touch()
        await lab.act(METAL, "os-stop")
        await eventually(lambda: lab.server.status == "ERROR")
        (lab.bmc.folder / "broken").unlink()
        lab.bmc.turn(on=False)
        looks = lab.bmc.told.count("status")
        await eventually(lambda: lab.bmc.told.count("status") > looks + 2)
        assert (await lab.states())[0] == "ERROR"


@pytest.mark.parametrize(
    ("action", "content", "command"),
    [("reboot", {"type": "SOFT"}, "reset"), ("os-stop", None, "off"), ("os-start", None, "on")],
)
async def test_a_command_that_is_not_configured(tmp_path: Path, action: str, content: object, command: str) -> None:
    """501, and which is missing; without any, as ever."""
    async with metal(tmp_path, "status") as lab:
        answer = await lab.act(METAL, action, content)
        expected = f"{UNSUPPORTED.rstrip('.')}: the configuration of metal has no power.{command}."
        assert (answer.status, answer.message) == (501, expected)


async def test_who_may(tmp_path: Path) -> None:
    """Members of the project and admins; a reader is refused, and sees no details; to others it is not there."""

    def entry(user: str, role: str, project: str = BASE.defaults.project_id) -> dict[str, object]:
        return {
            "sha256": hashlib.sha256(user.encode()).hexdigest(), "user": user, "project_id": project, "roles": [role],
        }  # fmt: skip

    entries = [
        entry("ann", "member"),
        entry("bob", "reader"),
        entry("eve", "member", "f" * 32),
        entry("root", "admin", "f" * 32),
    ]
    (tmp_path / "tokens.yaml").write_text(json.dumps({"tokens": entries}))
    base = dataclasses.replace(BASE, identity=IdentityStatic(str(tmp_path / "tokens.yaml")))
    async with metal(tmp_path, "reset", base=base) as lab:
        path, body = f"/servers/{METAL}/action", {"reboot": {"type": "HARD"}}
        expected = {"bob": 403, "eve": 404, "": 401, "ann": 202}
        for user, status in expected.items():
            assert (await lab.ask("POST", path, body, **{"X-Auth-Token": user})).status == status
        await eventually(lambda: lab.bmc.told == ["reset"] and lab.server.task_state is None)
        (lab.bmc.folder / "broken").touch()
        assert (await lab.ask("POST", path, body, **{"X-Auth-Token": "root"})).status == 202
        await eventually(lambda: lab.server.status == "ERROR")
        faults = {}
        for user in ("root", "bob"):
            shown = await lab.ask("GET", f"/servers/{METAL}", **{"X-Auth-Token": user})
            faults[user] = shown.body["server"]["fault"]
        assert "details" in faults["root"]
        assert "details" not in faults["bob"]
        assert faults["bob"]["message"] == "power reset failed: bmc ended with status 1"


async def test_a_switch_is_changed_by_a_reload(tmp_path: Path) -> None:
    """Viewers and the line do not notice; the new commands count; a command of the old ones is ended."""
    async with metal(tmp_path, "reset") as lab:
        ws = await lab.attach(METAL)
        lab.bmc.hold("reset")
        await lab.act(METAL, "reboot", {"type": "HARD"})
        await eventually(lambda: lab.bmc.told == ["reset"])
        [before] = lab.service.config.servers
        after = dataclasses.replace(before, power=lab.bmc.commands("on", "off"))
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=(after,)))
        assert await lab.states() == ("ACTIVE", "active", None, 1)
        await eventually(lambda: gone(lab.bmc.pids[0]))
        assert (await lab.act(METAL, "reboot", {"type": "HARD"})).status == 501
        assert (await lab.act(METAL, "os-stop")).status == 202
        await eventually(lambda: lab.server.status == "SHUTOFF")
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=(before,)))
        await lab.service.reload(
            dataclasses.replace(lab.service.config, servers=(dataclasses.replace(before, power=None),))
        )
        assert (await lab.act(METAL, "os-start")).status == 501
        assert lab.server.console.reconnecting.opened == 1
        assert not ws.closed
        await ws.close()


async def test_a_service_that_stops_leaves_no_command_behind(tmp_path: Path) -> None:
    """Whatever it is doing."""
    async with metal(tmp_path, "reset") as lab:
        lab.bmc.hold("reset")
        await lab.act(METAL, "reboot", {"type": "HARD"})
        await eventually(lambda: lab.bmc.told == ["reset"])
        await lab.service.stop()
        await eventually(lambda: gone(lab.bmc.pids[0]))


async def test_secrets_stay_where_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither arguments nor the environment show in the log, in the fault, or to viewers."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "bmc.env").write_text("IPMI_PASSWORD=hunter2\n")
    (tmp_path / "bmc.env").chmod(0o644)
    async with metal(tmp_path, "on", env_file=str(tmp_path / "bmc.env")) as lab:
        server = lab.service.config.servers[0]
        words = ("/bin/sh", "-c", "echo no; exit 1", "-P", "swordfish")
        power = PowerCommands(reset=words, env_file=str(tmp_path / "bmc.env"))
        changed = dataclasses.replace(server, power=power)
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=(changed,)))
        await lab.act(METAL, "reboot", {"type": "HARD"})
        await eventually(lambda: lab.server.status == "ERROR")
        seen = caplog.text + json.dumps((await lab.show(METAL)).body) + repr(lab.service.config)
        seen += (tmp_path / "logs/metal.index").read_text()
        assert "swordfish" not in seen
        assert "hunter2" not in seen
        assert f"metal: every user of this host can read {tmp_path}/bmc.env: `chmod o-r` it" in caplog.messages
