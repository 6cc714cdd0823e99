"""Servers as the Compute API shows them (nova-contract 2): plain documents, by microversion.

What a machine in a lab has not, such as an image or networks, is shown in the way that spares clients a look-up.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from consolesvc.compute.links import Links
from consolesvc.compute.microversion import Version
from consolesvc.inventory import Server, ServerFault

Document = dict[str, Any]

HOST = platform.node() or "localhost"
"""What stands for the compute host: the one that has the line."""
ZONE = "nova"
"""The availability zone that every server is in."""

PROGRESSING = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
"""Statuses in which a server has progress to show."""


def summary(server: Server, links: Links) -> Document:
    """A server in `GET /servers`."""
    return {"id": server.id, "name": server.name, "links": links.server(server.id)}


def detail(server: Server, links: Links, version: Version, *, admin: bool, alone: bool) -> Document:
    """A server in full, in the shape of `version`.

    Args:
        server: The server.
        links: Of the answer it is in.
        version: The microversion asked for.
        admin: Whether the caller may see an admin's keys.
        alone: Whether the answer is about this server alone, which shows more than a list.
    """
    document = _at_2_1(server, links)
    if server.status in PROGRESSING:
        document["progress"] = 0
    if server.status == "ERROR":
        document["fault"] = _fault(server, admin=admin)
    for step in STEPS:
        if version >= step.since and (admin or not step.admin) and (alone or not step.alone):
            document |= step.keys(server, links)
    if server.image and version >= Version(2, 98):
        document["image"]["properties"] = {}
    return document


def reservation_id(server: Server) -> str:
    """What the request that made it was called."""
    return f"r-{server.id[:8]}"


def _at_2_1(server: Server, links: Links) -> Document:
    launched = None if server.vm_state == "building" else f"{server.created.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000000}"
    return {
        **summary(server, links),
        "status": server.status,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": hashlib.sha224(f"{server.project_id}{HOST}".encode()).hexdigest(),
        # Not an object without an id: clients show the empty text as "booted from volume" and look nothing up.
        "image": {"id": server.image, "links": links.bookmark("images", server.image)} if server.image else "",
        "flavor": {"id": server.flavor, "links": links.bookmark("flavors", server.flavor)},
        "created": _time(server.created),
        "updated": _time(server.created),
        "addresses": {},
        "accessIPv4": "",
        "accessIPv6": "",
        "key_name": None,
        "config_drive": "",
        "security_groups": [],
        "os-extended-volumes:volumes_attached": [],
        "OS-DCF:diskConfig": "AUTO",
        "OS-EXT-AZ:availability_zone": ZONE,
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "OS-SRV-USG:launched_at": launched,
        "OS-SRV-USG:terminated_at": None,
    }


def _fault(server: Server, *, admin: bool) -> Document:
    fault = server.fault or ServerFault("The server is in error.", created=server.created)
    shown: Document = {"code": 500, "created": _time(fault.created), "message": fault.message}
    return {**shown, "details": fault.details} if admin and fault.details else shown


def _place(server: Server, _: Links) -> Document:
    return {
        "OS-EXT-SRV-ATTR:host": HOST,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": HOST,
        "OS-EXT-SRV-ATTR:instance_name": server.name,
    }


def _hostname(server: Server, _: Links) -> Document:
    return {"OS-EXT-SRV-ATTR:hostname": server.name}


def _attributes(server: Server, _: Links) -> Document:
    return {
        "OS-EXT-SRV-ATTR:hostname": server.name,
        "OS-EXT-SRV-ATTR:kernel_id": "",
        "OS-EXT-SRV-ATTR:launch_index": 0,
        "OS-EXT-SRV-ATTR:ramdisk_id": "",
        "OS-EXT-SRV-ATTR:reservation_id": reservation_id(server),
        "OS-EXT-SRV-ATTR:root_device_name": None,
        "OS-EXT-SRV-ATTR:user_data": None,
    }


def _flavor(server: Server, _: Links) -> Document:
    # Without its id, from here on: the flavor as it was when the server was made.
    sizes = dict.fromkeys(("vcpus", "ram", "disk", "ephemeral", "swap"), 0)
    return {"flavor": {**sizes, "original_name": server.flavor, "extra_specs": {}}}


class Step(NamedTuple):
    """Keys that a server has from a microversion on; a key that was there takes the new value.

    Attributes:
        admin: Whether only admins see them.
        alone: Whether a list leaves them out.
    """

    since: Version
    keys: Callable[[Server, Links], Document]
    admin: bool = False
    alone: bool = False


STEPS: tuple[Step, ...] = (
    Step(Version(2, 1), _place, admin=True),
    Step(Version(2, 3), _attributes, admin=True),
    Step(Version(2, 9), lambda *_: {"locked": False}),
    Step(Version(2, 16), lambda *_: {"host_status": "UP"}, admin=True),
    Step(Version(2, 19), lambda *_: {"description": None}),
    Step(Version(2, 26), lambda *_: {"tags": []}),
    Step(Version(2, 47), _flavor),
    Step(Version(2, 63), lambda *_: {"trusted_image_certificates": None}),
    Step(Version(2, 71), lambda *_: {"server_groups": []}, alone=True),
    Step(Version(2, 73), lambda *_: {"locked_reason": None}),
    Step(Version(2, 90), _hostname),
    Step(Version(2, 96), lambda *_: {"pinned_availability_zone": None}),
    Step(Version(2, 100), lambda *_: {"scheduler_hints": {}}),
)
"""Nova's steps in ascending order."""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
