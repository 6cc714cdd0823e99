"""The file of `identity: {type: static}`: who has which token (DESIGN 5.2).

    tokens:
      - {sha256: <64 hex digits>, user: alice, project_id: <32 hex digits>, roles: [member], name: backup script}

`printf %s "$TOKEN" | sha256sum` gives the hash. `name` is for people. The list may also stand alone, without `tokens:`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from consolesvc.config import credentials, scalars
from consolesvc.config.reading import Section, Unreadable, Value, mapping, refuse_stranger

_EXAMPLE = "{sha256: <64 hex digits>, user: alice, project_id: <32 hex digits>, roles: [member]}"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class StaticToken:
    """One entry. `sha256`: the digest of the token's text; `roles` in lower case."""

    sha256: bytes
    user: str
    project_id: str
    roles: frozenset[str]
    name: str = ""


def read_tokens(path: Path) -> tuple[StaticToken, ...]:
    """Read the file; raises ConfigurationError with every problem found."""
    return credentials.read_file(path, _document)


def _document(value: Value) -> tuple[StaticToken, ...]:
    if isinstance(value.node, yaml.SequenceNode):
        return _tokens(value)
    keys = mapping(value, "`tokens:` and a list")
    for name, entry in keys.items():
        if name != "tokens":
            refuse_stranger(value, name, entry, ("tokens",))
    if "tokens" not in keys:
        raise value.wrong(f"has no `tokens:`, expected a list of entries such as {_EXAMPLE}")
    return _tokens(keys["tokens"])


def _tokens(value: Value) -> tuple[StaticToken, ...]:
    read: dict[bytes, StaticToken] = {}
    places: dict[bytes, Value] = {}
    for item in credentials.entries(value, _EXAMPLE):
        with suppress(Unreadable):
            token = _token(item)
            first = places.setdefault(token.sha256, item)
            if first is not item:
                raise item.wrong(f"is the same token as the entry in {first.where}; a token has one owner")
            read[token.sha256] = token
    return tuple(read.values())


def _token(value: Value) -> StaticToken:
    given = credentials.entry(value, _TOKEN, ("sha256", "user", "project_id", "roles"), _EXAMPLE)
    return StaticToken(**{**given, "sha256": bytes.fromhex(given["sha256"])})


_TOKEN: Section[dict[str, Any]] = Section(
    dict,
    {
        "sha256": credentials.secret(_SHA256, 'the 64 hex digits of: printf %s "$TOKEN" | sha256sum'),
        "user": credentials.name,
        "project_id": scalars.project_id,
        "roles": credentials.roles,
        "name": credentials.name,
    },
)
