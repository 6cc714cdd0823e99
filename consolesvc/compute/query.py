"""What a list's query may hold, by microversion, and nova's sentences for the rest (nova-contract 2)."""

from __future__ import annotations

from collections.abc import Callable

from multidict import MultiMapping

from consolesvc.compute.filters import FILTERS, moment
from consolesvc.compute.microversion import Version
from consolesvc.compute.schema import check_parameter, clipped, invalid_parameter
from consolesvc.http.patterns import searcher
from consolesvc.identity.caller import Caller

SORT_KEYS = (
    *("access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at"),
    *("display_description", "display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id"),
    *("key_name", "launch_index", "launched_at", "locked_by", "node", "power_state", "progress", "project_id"),
    *("ramdisk_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state"),
)
"""Keys that nova sorts by."""
IGNORED_SORT_KEYS = (
    *("architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted"),
    *("deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on"),
    *("locked", "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus"),
    "vm_mode",
)
"""Keys that nova takes without sorting by them, up to 2.74; `locked` is one to sort by from 2.73 on."""

_JOINED = frozenset(
    {
        *("block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups"),
        "pci_devices",
    }
)
"""Nova's tables, which nobody may search by."""
_OTHERS = frozenset({"limit", "marker", "sort_key", "sort_dir", "all_tenants", "soft_deleted", "deleted", "status"})
_TIMES = ("changes-since", "changes-before")
_SINCE = {
    **dict.fromkeys(("tags", "tags-any", "not-tags", "not-tags-any"), Version(2, 26)),
    "changes-before": Version(2, 66),
    "locked": Version(2, 73),
}
_STRICT = Version(2, 75)
_LIMIT = {"pattern": "^[0-9]*$", "minLength": 1}


def check_query(query: MultiMapping[str], version: Version, caller: Caller) -> None:
    """Hold a list's query against what nova takes.

    Below 2.75, parameters that nova does not know are passed over.

    Raises:
        ValueError: a parameter or its value is wrong; the message is nova's.
    """
    known = {*FILTERS, *_JOINED, *_OTHERS, *_TIMES, *_SINCE} - {name for name in _SINCE if version < _SINCE[name]}
    for name, value in query.items():
        if name in known:
            _check_value(name, value, version)
    strangers = sorted({name for name in query if name not in known and not name.startswith("_")})
    if strangers and version >= _STRICT:
        verb = "does" if len(strangers) == 1 else "do"
        names = clipped(", ".join(repr(name) for name in strangers))
        raise ValueError(f"{names} {verb} not match any of the regexes: '^_'")
    for name in query:
        if caller.is_admin and (name in _JOINED or name.startswith("_")):
            raise ValueError(f"Invalid filter field: {clipped(name)}.")


def _check_value(name: str, value: str, version: Version) -> None:
    if name == "limit":
        check_parameter(name, value, _LIMIT)
    elif name == "sort_key":
        check_parameter(name, value, {"enum": _sort_keys(version)})
    elif name in _TIMES:
        _check_format(name, value, "date-time", moment)
    elif name in _SINCE or (name in FILTERS and FILTERS[name].pattern):
        if name != "locked":
            _check_format(name, value, "regex", searcher)
    elif name == "flavor":
        _check_format(name, value, "regex", str)


def _sort_keys(version: Version) -> list[str]:
    if version >= _STRICT:
        return ["locked", *SORT_KEYS]
    return [*SORT_KEYS, *IGNORED_SORT_KEYS]


def _check_format(name: str, value: str, kind: str, read: Callable[[str], object]) -> None:
    try:
        read(value)
        valid = bool(value)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(invalid_parameter(name, value, f"{clipped(repr(value))} is not a '{kind}'"))
