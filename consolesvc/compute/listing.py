"""Which servers a list shows, and in which order: filters, sorting, pages (nova-contract 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from consolesvc.compute.names import NamePattern
from consolesvc.compute.schema import Schema, check_parameter, clipped, invalid_parameter
from consolesvc.inventory import Server, canonical_id

MAX_LIMIT = 1000
"""Servers on a page at most."""

_SORTS: Mapping[str, Callable[[Server], Any]] = {
    "created_at": lambda server: server.created,
    "display_name": lambda server: server.name,
    "hostname": lambda server: server.name,
    "launched_at": lambda server: server.created,
    "power_state": lambda server: server.power_state,
    "project_id": lambda server: server.project_id,
    "task_state": lambda server: server.task_state or "",
    "updated_at": lambda server: server.created,
    "uuid": lambda server: server.id,
    "vm_state": lambda server: server.vm_state,
}
_ALIKE = (
    *("access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "display_description"),
    *("host", "image_ref", "instance_type_id", "kernel_id", "key_name", "launch_index", "locked_by", "node"),
    *("progress", "ramdisk_id", "root_device_name", "terminated_at", "user_id"),
)
"""Keys that nova sorts by, and in which all of our servers are alike."""
_IGNORED = (
    *("architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted"),
    *("deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on"),
    *("locked", "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus"),
    "vm_mode",
)
"""Keys that nova takes without sorting by them, up to 2.74."""

_PARAMETERS: Mapping[str, Schema] = {
    "limit": {"pattern": "^[0-9]*$"},
    "sort_key": {"enum": sorted((*_SORTS, *_ALIKE)) + sorted(_IGNORED)},
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of servers; `marker` is the id after which the next page begins, None where this is the last."""

    servers: list[Server]
    marker: str | None


def listing(servers: Iterable[Server], query: MultiMapping[str]) -> Listing:
    """Choose, sort and cut servers as a query asks; unknown parameters are ignored (below 2.75).

    Raises:
        ValueError: a parameter's value is wrong; the message is nova's.
    """
    for name, schema in _PARAMETERS.items():
        for value in query.getall(name, []):
            check_parameter(name, value, schema)
    wanted = _filter(query)
    found = [server for server in _after_marker(_sorted(servers, query), query) if wanted(server)]
    limit = _limit(query)
    page = found[:limit]
    # A full page names the next one even where that is empty, as nova's does: clients ask until they get nothing.
    return Listing(page, page[-1].id if page and len(page) == limit else None)


def _last(query: MultiMapping[str], name: str) -> str:
    return query.getall(name, [""])[-1]


def _limit(query: MultiMapping[str]) -> int:
    digits = _last(query, "limit").strip()
    # Whatever has more digits than the maximum is beyond it, and need not be read.
    too_long = len(digits.lstrip("0")) > len(str(MAX_LIMIT))
    return MAX_LIMIT if not digits or too_long else min(int(digits), MAX_LIMIT)


def _filter(query: MultiMapping[str]) -> Callable[[Server], bool]:
    text = _last(query, "name")
    try:
        pattern = NamePattern.parse(text)
    except ValueError as error:
        raise ValueError(invalid_parameter("name", text, str(error))) from None
    statuses = {status.upper() for status in query.getall("status", []) if status}
    return lambda server: pattern.matches(server.name) and (not statuses or server.status in statuses)


def _sorted(servers: Iterable[Server], query: MultiMapping[str]) -> list[Server]:
    directions = query.getall("sort_dir", [])
    if any(direction not in ("asc", "desc") for direction in directions):
        raise ValueError("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.")
    keys = query.getall("sort_key", []) or ["created_at"]
    if len(directions) > len(keys):
        raise ValueError("Invalid input received: Sort direction size exceeds sort key size")
    default = directions[0] if directions else "desc"
    order = [*zip(keys, directions + [default] * (len(keys) - len(directions)), strict=True)]
    order += [(key, default) for key in ("created_at", "uuid") if key not in keys]
    found = list(servers)
    # Python's sort keeps the order of equals: sorting by the least key first sorts by all of them.
    for key, direction in reversed(order):
        if key in _SORTS:
            found.sort(key=_SORTS[key], reverse=direction == "desc")
    return found


def _after_marker(servers: list[Server], query: MultiMapping[str]) -> list[Server]:
    marker = _last(query, "marker")
    if not marker:
        return servers
    ids = [server.id for server in servers]
    if canonical_id(marker) not in ids:
        raise ValueError(f"marker [{clipped(marker)}] not found")
    return servers[ids.index(canonical_id(marker)) + 1 :]
