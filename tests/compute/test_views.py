from __future__ import annotations

from datetime import datetime, timedelta, timezone

from consolesvc.compute import views
from consolesvc.compute.links import Links
from consolesvc.compute.microversion import Version
from tests.compute.world import IDS, PROJECT, make_server

LINKS = Links("http://lab")
CREATED = datetime(2026, 11, 23, 20, 4, 5, tzinfo=timezone(timedelta(hours=2)))

AT_2_1 = {
    *("id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated"),
    *("addresses", "links", "accessIPv4", "accessIPv6", "progress", "key_name", "config_drive", "OS-DCF:diskConfig"),
    *("OS-EXT-AZ:availability_zone", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state"),
    *("OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups", "os-extended-volumes:volumes_attached"),
    *("OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:hypervisor_hostname"),
}
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


def test_keys_by_version() -> None:
    """A server has exactly the keys of its version (nova-contract 2)."""
    server = make_server("fake1", IDS[0])
    for minor in (1, 2):
        assert set(views.detail(server, LINKS, Version(2, minor))) == AT_2_1
    for minor in (3, 4, 5):
        assert set(views.detail(server, LINKS, Version(2, minor))) == AT_2_1 | FROM_2_3


def test_steps_ascend() -> None:
    """A later step may overrule an earlier one."""
    since = [step.since for step in views.STEPS]
    assert since == sorted(since)


def test_detail() -> None:
    """What clients look at, as they expect it."""
    document = views.detail(make_server("fake1", IDS[0], CREATED), LINKS, Version(2, 1))
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
