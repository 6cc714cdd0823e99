"""`servers:` -> server configurations, and what must differ between any two of them."""

from __future__ import annotations

import re
import uuid as uuids
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from consolesvc.config import scalars
from consolesvc.config.events import events, overridden
from consolesvc.config.line import KINDS, FoundLine, line
from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.power import power_commands
from consolesvc.config.reading import Section, Unreadable, Value, items, mapping
from consolesvc.config.server import Defaults, ServerConfig
from consolesvc.config.units import GIB, KIB
from consolesvc.config.yaml_nodes import describe, shown

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# A log of this name would be taken for another console's rotated one (DESIGN 5.5).
_ROTATED = re.compile(r"-[0-9]{16}-[0-9]{8}T[0-9]{6}Z$")
_NAME_EXPECTED = "a name of letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 100"
_EXAMPLE = "a server such as {name: node3, line: {type: serial, device: /dev/ttyUSB0}}"

ring_size = scalars.size(least=4 * KIB, most=GIB)
"""A ring is what every viewer reads from: it cannot be switched off."""

input_mode = scalars.one_of("shared", "exclusive", "lease")


def default_id(name: str) -> str:
    """The id of a server that names none (DESIGN 5.2)."""
    return str(uuids.uuid5(uuids.NAMESPACE_URL, f"consolesvc:server:{name}"))


def server_name(value: Value) -> str:
    """A server's name: a file is named after it, and it stands in URLs."""
    written = scalars.text(value, _NAME_EXPECTED)
    if not _NAME.fullmatch(written):
        raise value.unexpected(_NAME_EXPECTED)
    if _ROTATED.search(written):
        raise value.wrong(f"{written} ends as the name of a rotated log does; expected another name")
    return written


SERVER: Section[dict[str, Any]] = Section(
    dict,
    {
        "name": server_name,
        "id": scalars.uuid,
        "project_id": scalars.project_id,
        "line": line,
        "ring": ring_size,
        "replay": scalars.size(),
        "input": input_mode,
        "lease_idle": scalars.duration,
        "log": scalars.switch,
        "events": events,
        "power": power_commands,
        "audit_keys": scalars.switch,
    },
)


class Found(NamedTuple):
    """One entry of `servers:` as far as it could be read.

    Attributes:
        entries: Its keys where they stand.
        given: What its keys say.
    """

    value: Value
    entries: Mapping[str, Value]
    given: Mapping[str, Any]

    @property
    def name(self) -> str | None:
        """Its name, if that could be read."""
        return self.given.get("name")

    @property
    def id(self) -> str | None:
        """Its id, its own or the one made from its name."""
        own: str | None = self.given.get("id")
        return own if own is not None or self.name is None else default_id(self.name)

    @property
    def claim(self) -> tuple[str, ...] | None:
        """The device, socket or address that its line has to itself."""
        found: FoundLine | None = self.given.get("line")
        return found.claim if found is not None else None

    def config(self, defaults: Defaults) -> ServerConfig | None:
        """The server, its defaults filled in; None where too little could be read."""
        if self.name is None or "line" not in self.given:
            return None
        line_spec = self.given["line"].spec(defaults.line)
        fallback = defaults.server(default_id(self.name), self.name, line_spec)
        given = {key: value for key, value in self.given.items() if key not in ("line", "events")}
        return replace(fallback, **given, events=overridden(defaults.events, self.given.get("events", {})))


def servers(value: Value) -> list[Found]:
    """Every entry of a `servers:` list that is a mapping."""
    found = []
    for item in items(value, "a list of servers, each beginning with a dash"):
        with suppress(Unreadable):
            if not isinstance(item.node, yaml.MappingNode):
                raise item.unexpected(_EXAMPLE)
            entries = mapping(item)
            for key in ("name", "line"):
                if key not in entries:
                    item.note(f"`{key}` is missing, expected {_EXAMPLE}")
            found.append(Found(item, entries, SERVER.given(item, entries)))
            _refuse_second_switch(found[-1])
    return found


def _refuse_second_switch(server: Found) -> None:
    if "power" in server.given and "line" in server.given and server.given["line"].kind is KINDS[EmulatedSpec.kind]:
        server.entries["power"].note("a fake server has a switch of its own; remove this")


def refuse_twins(found: Iterable[Found]) -> None:
    """Note every server with the name, the id or the device, socket or address of one before it."""
    names: dict[str, Value] = {}
    ids: dict[str, Found] = {}
    claims: dict[tuple[str, ...], Found] = {}
    for server in found:
        if server.name is not None:
            at = server.entries["name"]
            first = names.setdefault(server.name, at)
            if first is not at:
                at.note(f"{shown(server.name)} is already the name of the server in {first.where}")
                continue  # of one name is of one id: said once
        if server.id is not None:
            _refuse_twin_id(server, ids.setdefault(server.id, server))
        if server.claim is not None:
            _refuse_twin_claim(server, claims.setdefault(server.claim, server))


def _refuse_twin_id(server: Found, first: Found) -> None:
    if first is not server:
        at = server.entries.get("id", server.value)
        at.note(f"{server.id} is already the id of {_called(first)}")


def _refuse_twin_claim(server: Found, first: Found) -> None:
    if first is server:
        return
    line, other = server.given["line"], first.given["line"]
    keys, at = line.kind.claims, line.entries[line.kind.claims[-1]]
    if len(keys) > 1:
        at.note(f"{':'.join(server.claim or ())} is already the address of {_called(first)}; an address has one server")
        return
    written, before = describe(at.node), describe(other.entries[other.kind.claims[-1]].node)
    alias = "" if written == before else f", which calls it {before}"
    at.note(f"{written} is already the {keys[0]} of {_called(first)}{alias}; a {keys[0]} has one server")


def _called(server: Found) -> str:
    return f"{server.name or 'the server'} in {server.value.where}"
