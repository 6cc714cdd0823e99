"""Servers as the Compute API shows them (nova-contract 2): plain documents, by microversion.

The caller is admin (DESIGN 5.3, identity none), so admin's keys are there. What a machine in a lab has not, such as an
image or networks, is shown in the way that spares clients a look-up.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from consolesvc.compute.links import Links
from consolesvc.compute.microversion import Version
from consolesvc.inventory import Server

Document = dict[str, Any]

HOST = platform.node() or "localhost"
"""What stands for the compute host: the one that has the line."""

FLAVOR_ID = "serial"
USER_ID = "admin"
"""Who servers belong to, as long as nobody has to say who they are."""


def summary(server: Server, links: Links) -> Document:
    """A server in `GET /servers`."""
    return {"id": server.id, "name": server.name, "links": links.server(server.id)}


def detail(server: Server, links: Links, version: Version) -> Document:
    """A server in `GET /servers/detail` and `GET /servers/{id}`, in the shape of `version`."""
    document = _at_2_1(server, links)
    for step in STEPS:
        if version >= step.since:
            document |= step.keys(server)
    return document


def _at_2_1(server: Server, links: Links) -> Document:
    return {
        **summary(server, links),
        "status": server.status,
        "tenant_id": server.project_id,
        "user_id": USER_ID,
        "metadata": {},
        "hostId": hashlib.sha224(f"{server.project_id}{HOST}".encode()).hexdigest(),
        # Not an object without an id: clients show the empty text as "booted from volume" and look nothing up.
        "image": "",
        "flavor": {"id": FLAVOR_ID, "links": links.flavor(FLAVOR_ID)},
        "created": _time(server.created),
        "updated": _time(server.created),
        "addresses": {},
        "accessIPv4": "",
        "accessIPv6": "",
        "progress": 0,
        "key_name": None,
        "config_drive": "",
        "security_groups": [],
        "os-extended-volumes:volumes_attached": [],
        "OS-DCF:diskConfig": "AUTO",
        "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "OS-SRV-USG:launched_at": server.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000"),
        "OS-SRV-USG:terminated_at": None,
        "OS-EXT-SRV-ATTR:host": HOST,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": HOST,
        "OS-EXT-SRV-ATTR:instance_name": server.name,
    }


def _attributes(server: Server) -> Document:
    return {
        "OS-EXT-SRV-ATTR:hostname": server.name,
        "OS-EXT-SRV-ATTR:kernel_id": "",
        "OS-EXT-SRV-ATTR:launch_index": 0,
        "OS-EXT-SRV-ATTR:ramdisk_id": "",
        "OS-EXT-SRV-ATTR:reservation_id": f"r-{server.id[:8]}",
        "OS-EXT-SRV-ATTR:root_device_name": None,
        "OS-EXT-SRV-ATTR:user_data": None,
    }


class Step(NamedTuple):
    """Keys that a server has from a microversion on; a key that was there takes the new value."""

    since: Version
    keys: Callable[[Server], Document]


STEPS: tuple[Step, ...] = (Step(Version(2, 3), _attributes),)
"""Nova's steps in ascending order; a step of fixed keys is one line with a lambda."""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
