"""What `POST /servers` asks for: nova's body by microversion, of which a fake needs little (nova-contract 5.2).

Keys are those that nova knows in the version asked for. What a fake has no use for is taken and not looked into:
networks, block devices, user data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from consolesvc.compute.microversion import Version
from consolesvc.compute.schema import Schema, check_body, clipped
from consolesvc.states import check_told, told_by

LONGEST: Final = 255
"""Characters of a name, of a metadata key and of its value."""
MOST_METADATA: Final = 128
"""Metadata items of a server, as nova's quota has them."""

_COUNT: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$"}
_FLAG: Schema = {"type": ["boolean", "string"]}
_LIST: Schema = {"type": "array"}
_TEXT: Schema = {"type": "string"}
_ANY: Schema = {}

_KEYS: Mapping[str, Schema] = {
    "name": _TEXT,
    "imageRef": _TEXT,
    "flavorRef": {"type": ["string", "integer"]},
    "adminPass": _TEXT,
    "metadata": {"type": "object"},
    "networks": _LIST,
    "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]},
    "accessIPv4": _TEXT,
    "accessIPv6": _TEXT,
    "availability_zone": _TEXT,
    "block_device_mapping": _LIST,
    "block_device_mapping_v2": _LIST,
    "config_drive": _FLAG,
    "key_name": _TEXT,
    "min_count": _COUNT,
    "max_count": _COUNT,
    "return_reservation_id": _FLAG,
    "security_groups": _LIST,
    "user_data": _TEXT,
}
"""The keys of a server at 2.1."""

_SINCE: Mapping[str, tuple[Version, Schema]] = {
    "description": (Version(2, 19), {"type": ["string", "null"]}),
    # Text or a list; which text is checked apart.
    "networks": (Version(2, 37), {"type": ["array", "string"], "pattern": "^(none|auto)$"}),
    "tags": (Version(2, 52), _LIST),
    "trusted_image_certificates": (Version(2, 63), {"type": ["array", "null"]}),
    "host": (Version(2, 74), _TEXT),
    "hypervisor_hostname": (Version(2, 74), _TEXT),
    "hostname": (Version(2, 90), _TEXT),
}
"""Keys that came, or changed, with a later version."""

_PERSONALITY_UNTIL = Version(2, 56)
_NETWORKS_REQUIRED = Version(2, 37)
_TRUE = frozenset({"true", "1", "on", "yes"})


class Order(NamedTuple):
    """One request for servers.

    Attributes:
        told: States that the metadata tells (states.told_by).
        least: How many servers there must be made.
        most: How many there may be made.
        password: As given; empty where one is to be made up. It goes into the answer and nowhere else.
        reservation: Whether the answer is to be a reservation instead of a server.
    """

    name: str
    image: str
    flavor: str
    metadata: Mapping[str, str]
    told: Mapping[str, Any]
    least: int
    most: int
    password: str
    disk_config: str
    security_groups: tuple[str, ...]
    reservation: bool

    def __repr__(self) -> str:
        return f"<Order {self.name!r}, {self.least} to {self.most}>"


def read_order(body: Mapping[str, Any], version: Version, *, strangers: bool = False) -> Order:
    """Read the body of `POST /servers`; raises ValueError with nova's sentence. `strangers` as in check_body."""
    check_body(body, _schema(version), strangers=strangers)
    server = body["server"]
    _check_name(server["name"])
    metadata = server.get("metadata", {})
    _check_metadata(metadata)
    told = told_by(metadata)
    try:
        check_told(told)
    except ValueError as error:
        raise ValueError(f"Invalid input for field/attribute metadata. consolesvc:{error}") from None
    least, most = _counts(server)
    flavor = str(server["flavorRef"])
    if not flavor:
        raise _invalid("flavorRef", flavor, "'' is too short")
    return Order(
        name=server["name"],
        image=server.get("imageRef", ""),
        flavor=flavor,
        metadata=metadata,
        told=told,
        least=least,
        most=most,
        password=server.get("adminPass", ""),
        disk_config=server.get("OS-DCF:diskConfig", "AUTO"),
        security_groups=_groups(server.get("security_groups", [])),
        reservation=str(server.get("return_reservation_id", "")).lower() in _TRUE,
    )


def _schema(version: Version) -> Schema:
    keys = dict(_KEYS)
    if version <= _PERSONALITY_UNTIL:
        keys["personality"] = _LIST
    keys |= {key: schema for key, (since, schema) in _SINCE.items() if version >= since}
    required = ["name", "flavorRef", *(["networks"] if version >= _NETWORKS_REQUIRED else [])]
    server = {"type": "object", "properties": keys, "required": required, "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"server": server, "os:scheduler_hints": _ANY, "OS-SCH-HNT:scheduler_hints": _ANY},
        "required": ["server"],
        "additionalProperties": False,
    }


def _check_name(name: str) -> None:
    """Any text that can be shown on one line, for names stand in logs and tables; none reaches a path (DESIGN 5.5)."""
    if not name:
        raise _invalid("name", name, "'' is too short")
    if len(name) > LONGEST:
        raise _invalid("name", name, f"{clipped(repr(name))} is too long")
    if name != name.strip() or any(unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" for c in name):
        raise _invalid("name", ascii(name), "A name has no control characters, and no space at either end")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    if len(metadata) > MOST_METADATA:
        raise _invalid("metadata", "...", f"{len(metadata)} items are too many, expected {MOST_METADATA} at most")
    for key, value in metadata.items():
        if not re.fullmatch(r"[a-zA-Z0-9_:. -]{1,255}", key):
            raise _invalid(
                "metadata", key, f"Additional properties are not allowed ({clipped(repr(key))} was unexpected)"
            )
        if not isinstance(value, str):
            raise _invalid(key, str(value), f"{clipped(repr(value))} is not of type 'string'")
        if len(value) > LONGEST:
            raise _invalid(key, value, f"{clipped(repr(value))} is too long")


def _counts(server: Mapping[str, Any]) -> tuple[int, int]:
    for key in ("min_count", "max_count"):
        if int(server.get(key, 1)) < 1:
            raise _invalid(key, str(server[key]), f"{server[key]!r} is less than the minimum of 1")
    least = int(server.get("min_count", 1))
    most = int(server.get("max_count", least))
    if least > most:
        raise ValueError("min_count must be <= max_count")
    return least, most


def _groups(groups: list[Any]) -> tuple[str, ...]:
    names = [group.get("name") for group in groups if isinstance(group, dict)]
    if len(names) != len(groups) or not all(isinstance(name, str) for name in names):
        raise _invalid("security_groups", str(groups), "expected a list such as [{'name': 'default'}]")
    return tuple(str(name) for name in names) or ("default",)


def _invalid(field: str, value: str, text: str) -> ValueError:
    return ValueError(f"Invalid input for field/attribute {field}. Value: {clipped(value)}. {text}")
