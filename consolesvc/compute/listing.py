"""A page of servers: filtered, in order, cut (nova-contract 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from multidict import MultiMapping

from consolesvc.compute.filters import filtered, last
from consolesvc.compute.microversion import Version
from consolesvc.compute.query import check_query
from consolesvc.compute.schema import clipped
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import Caller
from consolesvc.inventory import Server, canonical_id

MAX_LIMIT = 1000
"""Servers on a page at most."""

_SORTS: Mapping[str, Callable[[Server], Any]] = {
    "created_at": lambda server: server.created,
    "display_name": lambda server: server.name,
    "hostname": lambda server: server.name,
    "image_ref": lambda server: server.image,
    "instance_type_id": lambda server: server.flavor,
    "launched_at": lambda server: server.created,
    "power_state": lambda server: server.power_state,
    "project_id": lambda server: server.project_id,
    "task_state": lambda server: server.task_state or "",
    "updated_at": lambda server: server.created,
    "user_id": lambda server: server.user_id,
    "uuid": lambda server: server.id,
    "vm_state": lambda server: server.vm_state,
}
"""Keys in which servers differ; in all others that nova knows they are alike."""
_ADMIN_SORTS = ("host", "node")


class Listing(NamedTuple):
    """One page of servers; `marker` is the id after which the next page begins, None where this is the last."""

    servers: list[Server]
    marker: str | None


def listing(servers: Iterable[Server], query: MultiMapping[str], version: Version, caller: Caller) -> Listing:
    """Choose, sort and cut servers as a query asks.

    Args:
        servers: Those that the caller sees.
        query: The request's.
        version: Its microversion.
        caller: Who asks.

    Raises:
        ValueError: a parameter or its value is wrong; the message is nova's.
        Fault: 403, the query asks for what is an admin's.
    """
    check_query(query, version, caller)
    wanted = filtered(query, version, caller)
    found = [server for server in _after_marker(_sorted(servers, query, caller), query) if wanted(server)]
    limit = _limit(query)
    page = found[:limit]
    # A full page names the next one even where that is empty, as nova's does: clients ask until they get nothing.
    return Listing(page, page[-1].id if page and len(page) == limit else None)


def _limit(query: MultiMapping[str]) -> int:
    digits = last(query, "limit").strip()
    # Whatever has more digits than the maximum is beyond it, and need not be read.
    too_long = len(digits.lstrip("0")) > len(str(MAX_LIMIT))
    return MAX_LIMIT if not digits or too_long else min(int(digits), MAX_LIMIT)


def _sorted(servers: Iterable[Server], query: MultiMapping[str], caller: Caller) -> list[Server]:
    directions = query.getall("sort_dir", [])
    if any(direction not in ("asc", "desc") for direction in directions):
        raise ValueError("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.")
    keys = query.getall("sort_key", []) or ["created_at"]
    for key in keys:
        if key in _ADMIN_SORTS and not caller.is_admin:
            raise Fault(HTTPStatus.FORBIDDEN, f"Only administrators can sort servers by {key}")
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
    marker = last(query, "marker")
    if not marker:
        return servers
    ids = [server.id for server in servers]
    if canonical_id(marker) not in ids:
        raise ValueError(f"marker [{clipped(marker)}] not found")
    return servers[ids.index(canonical_id(marker)) + 1 :]
