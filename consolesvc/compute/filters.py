"""Which servers a list shows: the filters that clients send (nova-contract 2 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

from multidict import MultiMapping

from consolesvc.compute.microversion import Version
from consolesvc.compute.schema import clipped
from consolesvc.compute.views import HOST, ZONE, reservation_id
from consolesvc.http.faults import Fault
from consolesvc.http.patterns import searcher
from consolesvc.identity.caller import Caller
from consolesvc.inventory import Server, canonical_id

Test = Callable[[Server], bool]

STATUSES = frozenset(
    {
        *("ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD"),
        *("RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED"),
        "VERIFY_RESIZE",
    }
)
"""Every status that nova lets a list be asked for."""

_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "off", "n", "no"})

_ALL = Version(2, 1)
_MEMBERS = Version(2, 83)
_NEVER = Version(3, 0)


class Filter(NamedTuple):
    """A parameter that compares an attribute of servers.

    Attributes:
        value: The attribute as text; None where a server has none, and then nothing is found in it.
        pattern: Whether the parameter is a regular expression, and not the whole value.
        members: From which version on it counts for callers who are no admins; before, it is passed over.
        since: From which version on it exists.
    """

    value: Callable[[Server], str | None]
    pattern: bool = True
    members: Version = _NEVER
    since: Version = _ALL


def _nothing(_: Server) -> None:
    return None


def _empty(_: Server) -> str:
    return ""


def _created(server: Server) -> str:
    return f"{server.created.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


FILTERS: Mapping[str, Filter] = {
    "user_id": Filter(lambda server: server.user_id, pattern=False, members=_MEMBERS),
    "project_id": Filter(lambda server: server.project_id, pattern=False),
    "tenant_id": Filter(lambda server: server.project_id, pattern=False),
    "launch_index": Filter(lambda _: "0", pattern=False),
    "image_ref": Filter(lambda server: server.image, pattern=False),
    "image": Filter(lambda server: server.image, pattern=False, members=_ALL),
    "kernel_id": Filter(_empty),
    "ramdisk_id": Filter(_empty),
    "hostname": Filter(lambda server: server.name, members=Version(2, 90)),
    "key_name": Filter(_nothing, members=_MEMBERS),
    "power_state": Filter(lambda server: str(server.power_state), members=_MEMBERS),
    "vm_state": Filter(lambda server: server.vm_state, pattern=False, members=_MEMBERS),
    "task_state": Filter(lambda server: server.task_state, pattern=False, members=_MEMBERS),
    "host": Filter(lambda _: HOST, pattern=False),
    "node": Filter(lambda _: HOST),
    "flavor": Filter(lambda server: server.flavor, pattern=False, members=_ALL),
    "reservation_id": Filter(reservation_id, members=_ALL),
    "launched_at": Filter(_created, members=_MEMBERS),
    "terminated_at": Filter(_nothing, members=_MEMBERS),
    "availability_zone": Filter(lambda _: ZONE, members=_MEMBERS),
    "name": Filter(lambda server: server.name, members=_ALL),
    "display_name": Filter(lambda server: server.name),
    "description": Filter(_nothing),
    "display_description": Filter(_nothing),
    "locked_by": Filter(_nothing),
    "uuid": Filter(lambda server: server.id, pattern=False),
    "root_device_name": Filter(_nothing),
    "config_drive": Filter(_empty, members=_MEMBERS),
    "access_ip_v4": Filter(_nothing),
    "access_ip_v6": Filter(_nothing),
    "auto_disk_config": Filter(lambda _: "1"),
    "progress": Filter(lambda _: "0", members=_MEMBERS),
    "ip": Filter(_nothing, members=_ALL),
    "ip6": Filter(_nothing, members=Version(2, 5)),
    "created_at": Filter(_created, members=_MEMBERS),
    # No server has a tag. Whoever asks for servers without one gets all, and needs no filter.
    "tags": Filter(_nothing, members=_ALL, since=Version(2, 26)),
    "tags-any": Filter(_nothing, members=_ALL, since=Version(2, 26)),
}


def filtered(query: MultiMapping[str], version: Version, caller: Caller) -> Test:
    """What tells whether a server passes all filters of a query.

    Args:
        query: Checked (query.py), but for what is below.
        version: The microversion asked in.
        caller: Who asks; for members, an admin's filters are passed over, as in nova.

    Raises:
        ValueError: a value is wrong; the message is nova's.
        Fault: 403, deleted servers are an admin's to see.
    """
    tests = [
        *_attributes(query, version, caller),
        *_status(query, version, caller),
        *_times(query, version),
        *_flags(query, version, caller),
    ]
    return lambda server: all(test(server) for test in tests)


def boolean(text: str) -> bool:
    """A flag in a query; raises ValueError with nova's sentence."""
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        known = ", ".join(repr(each) for each in sorted(_TRUE | _FALSE))
        raise ValueError(
            f"Invalid input received: Unrecognized value '{clipped(text)}', acceptable values are: {known}"
        )
    return word in _TRUE


def moment(text: str) -> datetime:
    """A time in ISO 8601, UTC where it does not say otherwise; raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def last(query: MultiMapping[str], name: str) -> str:
    """A parameter's value; of several, the last counts."""
    return query.getall(name, [""])[-1]


def _attributes(query: MultiMapping[str], version: Version, caller: Caller) -> Iterator[Test]:
    for name, each in FILTERS.items():
        if name not in query or version < (each.since if caller.is_admin else max(each.since, each.members)):
            continue
        text = last(query, name)
        if each.pattern:
            yield _found(searcher(text), each.value)
        elif name == "uuid":
            yield _equal(canonical_id(text), each.value)
        else:
            yield _equal(text, each.value)


def _found(search: Callable[[str], bool], value: Callable[[Server], str | None]) -> Test:
    return lambda server: (text := value(server)) is not None and search(text)


def _equal(wanted: str, value: Callable[[Server], str | None]) -> Test:
    return lambda server: value(server) == wanted


def _status(query: MultiMapping[str], version: Version, caller: Caller) -> Iterator[Test]:
    if "status" not in query:
        return
    wanted = {status.upper() for status in query.getall("status")} & STATUSES
    if not wanted and version >= Version(2, 38):
        raise ValueError("Invalid status value")
    if wanted == {"DELETED"} and not caller.is_admin:
        raise Fault(HTTPStatus.FORBIDDEN, "Only administrators may list deleted instances")
    yield lambda server: server.status in wanted


def _times(query: MultiMapping[str], version: Version) -> Iterator[Test]:
    since = moment(last(query, "changes-since")) if "changes-since" in query else None
    before = moment(last(query, "changes-before")) if "changes-before" in query and version >= Version(2, 66) else None
    if since is not None and before is not None and before < since:
        raise ValueError("The value of changes-since must be less than or equal to changes-before.")
    if since is not None:
        yield lambda server: server.created >= since
    if before is not None:
        yield lambda server: server.created <= before


def _flags(query: MultiMapping[str], version: Version, caller: Caller) -> Iterator[Test]:
    # What is deleted is gone, and nothing can be locked.
    if caller.is_admin and last(query, "deleted").strip().lower() in _TRUE:
        yield lambda _: False
    if "locked" in query and version >= Version(2, 73) and boolean(last(query, "locked")):
        yield lambda _: False
