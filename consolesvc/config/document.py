"""Every key of the document but a server's own: the sections and their parsers (DESIGN 5.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from consolesvc.config import scalars
from consolesvc.config.addresses import base_url, host_name, listen_address
from consolesvc.config.line import line_defaults
from consolesvc.config.model import Api, Defaults, Identity, Limits, Log, Proxy, Tokens
from consolesvc.config.reading import Section, Value, list_of, mapping
from consolesvc.config.servers import ring_size

_HOSTS = list_of(host_name, "a list of host names, such as [console.lab]")


def _identity(value: Value) -> Identity:
    entries = mapping(value, "a mapping such as {type: none}")
    if "type" in entries:
        _identity_type(entries["type"])  # where it is wrong, nothing is known about the other keys
    return Identity(**_IDENTITY.given(value, entries))


_identity_type = scalars.one_of("none")
_IDENTITY: Section[Identity] = Section(Identity, {"type": _identity_type, "allow_remote": scalars.switch})


def _folder(value: Value) -> Path:
    return Path(scalars.path(value))


def _as_it_is(value: Value) -> Value:
    return value


DOCUMENT: Section[dict[str, Any]] = Section(
    dict,
    {
        "api": Section(Api, {"listen": listen_address, "allowed_hosts": _HOSTS}),
        "proxy": Section(
            Proxy,
            {
                "listen": listen_address,
                "base_url": base_url,
                "allowed_origins": _HOSTS,
                "notices": scalars.switch,
            },
        ),
        "tokens": Section(
            Tokens,
            {
                "ttl": scalars.duration,
                "single_use": scalars.switch,
                "enforce_session_timeout": scalars.switch,
                "resume": scalars.duration,
                "store": scalars.one_of("memory"),
            },
        ),
        "identity": _identity,
        "limits": Section(
            Limits,
            {
                "sessions": scalars.whole,
                "sessions_per_console": scalars.whole,
                "sessions_per_token": scalars.whole,
                "handshakes": scalars.whole,
                "body": scalars.size(),
            },
        ),
        "log": Section(
            Log,
            {
                "enabled": scalars.switch,
                "segment_size": scalars.size(least=4096),
                "keep": scalars.whole,
                "max_total": scalars.size(),
                "min_free": scalars.size(),
                "directory": _folder,
            },
        ),
        "defaults": Section(
            Defaults,
            {
                "ring": ring_size,
                "replay": scalars.size(),
                "input": scalars.one_of("shared"),
                "project_id": scalars.project_id,
                "line": line_defaults,
            },
        ),
        "include": _as_it_is,
        "servers": _as_it_is,
    },
)
"""Every key there is. `include` and `servers` are read last: they need the rest."""
