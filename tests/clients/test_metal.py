"""The real openstack client switches a real machine, whose console stays open to see it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.clients.ways import OPENSTACK, Way
from tests.compute.metal import Bmc
from tests.scenarios.process import eventually, service

PATIENCE = 30


@pytest.fixture(scope="module")
def bmc(tmp_path_factory: pytest.TempPathFactory) -> Bmc:
    return Bmc(tmp_path_factory.mktemp("metal") / "bmc")


@pytest.fixture(scope="module")
def way(bmc: Bmc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder = tmp_path_factory.mktemp("way")
    with socket.create_server(("127.0.0.1", 0)) as machine:
        port = machine.getsockname()[1]
        power = {name: [str(bmc.path), name] for name in ("reset", "on", "off", "status")}
        metal = {"name": "metal", "line": {"type": "tcp", "host": "127.0.0.1", "port": port}, "power": power}
        (folder / "lab.yaml").write_text(json.dumps({"servers": [metal], "power": {"poll": "1s"}}))
        with service(folder, "--config", str(folder / "lab.yaml")) as running:
            settings = {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": f"{running.api_url}/v2.1"}
            yield Way("metal", running, settings, ("--os-identity-api-version", "3"))


def shown(way: Way, column: str) -> str:
    """What the client shows of it."""
    return way.run(OPENSTACK, "server", "show", "metal", "-f", "value", "-c", column).stdout.strip()


def test_reboot_stop_and_start(way: Way, bmc: Bmc) -> None:
    """Each does what it says, and waits for what it waits for; whoever watches is told who did it."""
    url = way.url(OPENSTACK, "console", "url", "show", "--serial", "metal", "-f", "value", "-c", "url")
    with connect(url, subprotocols=["binary"], proxy=None) as viewer:  # type: ignore[list-item]  # a NewType of str
        way.run(OPENSTACK, "server", "reboot", "--hard", "--wait", "metal")
        way.run(OPENSTACK, "server", "reboot", "--wait", "metal")
        way.run(OPENSTACK, "server", "stop", "metal")
        eventually("SHUTOFF", lambda: shown(way, "status") == "SHUTOFF", PATIENCE)
        assert not bmc.is_on()
        way.run(OPENSTACK, "server", "start", "metal")
        eventually("ACTIVE", lambda: shown(way, "status") == "ACTIVE", PATIENCE)
        assert bmc.is_on()
        assert [told for told in bmc.told if told != "status"] == ["reset", "reset", "off", "on"]
        seen = b""
        while b"switched on by admin]" not in seen:
            seen += viewer.recv(timeout=10, decode=False)
        assert seen.count(b"[consolesvc: metal is being reset by admin]") == 2
        assert b"[consolesvc: metal is being switched off by admin]" in seen


def test_a_failure_is_shown(way: Way, bmc: Bmc) -> None:
    """The client fails where it waits, and `server show` has the fault; starting it makes all well."""
    (bmc.folder / "broken").touch()
    try:
        way.run(OPENSTACK, "server", "reboot", "--hard", "--wait", "metal", code=1)
        assert shown(way, "status") == "ERROR"
        assert "power reset failed: bmc ended with status 1" in shown(way, "fault")
    finally:
        (bmc.folder / "broken").unlink()
    way.run(OPENSTACK, "server", "start", "metal")
    eventually("ACTIVE", lambda: shown(way, "status") == "ACTIVE", PATIENCE)
    failed = way.run(OPENSTACK, "server", "start", "metal", code=1)
    assert "while it is in vm_state active" in failed.stderr


def test_somebody_presses_the_button(way: Way, bmc: Bmc) -> None:
    """What was done by hand shows, too."""
    bmc.turn(on=False)
    eventually("SHUTOFF", lambda: shown(way, "status") == "SHUTOFF", PATIENCE)
    assert shown(way, "OS-EXT-STS:power_state") in ("Shutdown", "4")
    bmc.turn(on=True)
    eventually("ACTIVE", lambda: shown(way, "status") == "ACTIVE", PATIENCE)
