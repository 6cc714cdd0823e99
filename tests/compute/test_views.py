from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from consolesvc.compute import views
from consolesvc.compute.links import Links
from consolesvc.compute.microversion import Version
from consolesvc.inventory import Server
from tests.compute.world import IDS, PROJECT, make_server

LINKS = Links("http://lab")
CREATED = datetime(2026, 11, 23, 20, 4, 5, tzinfo=timezone(timedelta(hours=2)))

AT_2_1 = {
    *("id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated"),
    *("addresses", "links", "accessIPv4", "accessIPv6", "progress", "key_name", "config_drive", "OS-DCF:diskConfig"),
    *("OS-EXT-AZ:availability_zone", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state"),
    *("OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups", "os-extended-volumes:volumes_attached"),
}
AT_2_1_ADMIN = {"OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:hypervisor_hostname"}
FROM_2_3 = {
    f"OS-EXT-SRV-ATTR:{key}"
    for key in (
        "hostname",
        "kernel_id",
        "launch_index",
        "ramdisk_id",
        "reservation_id",
        "root_device_name",
        "user_data",
    )
}


STEPS = {
    9: {"locked"},
    19: {"description"},
    26: {"tags"},
    63: {"trusted_image_certificates"},
    73: {"locked_reason"},
    90: {"OS-EXT-SRV-ATTR:hostname"},
    96: {"pinned_availability_zone"},
    100: {"scheduler_hints"},
}
ADMINS = {1: AT_2_1_ADMIN, 3: FROM_2_3, 16: {"host_status"}}
ALONE = {71: {"server_groups"}}


def detail(server: Server, minor: int = 1, *, admin: bool = True, alone: bool = True) -> dict[str, Any]:
    return views.detail(server, LINKS, Version(2, minor), admin=admin, alone=alone)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("admin", [True, False])
def test_keys_by_version(admin: bool, alone: bool) -> None:
    """A server has exactly the keys of its version, of its reader and of its answer (nova-contract 2)."""
    server = make_server("fake1", IDS[0])
    expected = set(AT_2_1)
    for minor in range(1, 101):
        expected |= STEPS.get(minor, set())
        expected |= ADMINS.get(minor, set()) if admin else set()
        expected |= ALONE.get(minor, set()) if alone else set()
        assert set(detail(server, minor, admin=admin, alone=alone)) == expected, minor


def test_flavor_by_version() -> None:
    """From 2.47 on the flavor is there as it was, without its id."""
    server = make_server("fake1", IDS[0])
    assert set(detail(server, 46)["flavor"]) == {"id", "links"}
    sizes = {"vcpus", "ram", "disk", "ephemeral", "swap"}
    assert set(detail(server, 47)["flavor"]) == sizes | {"original_name", "extra_specs"}


def test_image() -> None:
    """A server made from an image names it; its properties come with 2.98."""
    server = make_server("fake1", IDS[0])
    server.image = "linux"
    image = {"id": "linux", "links": [{"rel": "bookmark", "href": "http://lab/images/linux"}]}
    assert detail(server, 97)["image"] == image
    assert detail(server, 98)["image"] == {**image, "properties": {}}


def test_states() -> None:
    """Progress is shown while there is some, a fault on an error, and no launch before it is done."""
    server = make_server("fake1", IDS[0])
    server.status, server.vm_state = "ERROR", "error"
    assert "progress" not in detail(server)
    assert set(detail(server)["fault"]) == {"code", "created", "message"}
    server.status, server.vm_state = "BUILD", "building"
    assert detail(server)["progress"] == 0
    assert "fault" not in detail(server)
    assert detail(server)["OS-SRV-USG:launched_at"] is None


def test_steps_ascend() -> None:
    """A later step may overrule an earlier one."""
    since = [step.since for step in views.STEPS]
    assert since == sorted(since)


def test_detail() -> None:
    """What clients look at, as they expect it."""
    document = detail(make_server("fake1", IDS[0], CREATED))
    expected = {
        "id": IDS[0],
        "name": "fake1",
        "status": "ACTIVE",
        "tenant_id": PROJECT,
        "image": "",
        "addresses": {},
        "flavor": {"id": "serial", "links": [{"rel": "bookmark", "href": "http://lab/flavors/serial"}]},
        "created": "2026-11-23T18:04:05Z",
        "updated": "2026-11-23T18:04:05Z",
        "OS-SRV-USG:launched_at": "2026-11-23T18:04:05.000000",
        "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:power_state": 1,
    }
    assert expected == {key: document[key] for key in expected}
    assert len(document["hostId"]) == 56


def test_summary() -> None:
    """A list without details has ids, names and links."""
    assert views.summary(make_server("fake1", IDS[0]), LINKS) == {
        "id": IDS[0],
        "name": "fake1",
        "links": LINKS.server(IDS[0]),
    }
