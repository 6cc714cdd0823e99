"""Every key of the document but a server's own: the sections and their parsers (DESIGN 5.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml

from consolesvc.config import scalars
from consolesvc.config.addresses import base_url, host_name, listen_address, network, path_prefix, token_store
from consolesvc.config.events import default_events
from consolesvc.config.identity import identity, password_file
from consolesvc.config.line import line_defaults
from consolesvc.config.model import Api, Emulator, Limits, Power, Proxy, Tokens
from consolesvc.config.operators import AUTO, Audit, Log, Metrics, Service
from consolesvc.config.reading import Section, Value, list_of
from consolesvc.config.server import Defaults
from consolesvc.config.servers import input_mode, ring_size
from consolesvc.config.tls import port_tls, tls
from consolesvc.config.units import KIB, MIB
from consolesvc.config.webhooks import webhooks

_HOSTS = list_of(host_name, "a list of host names, such as [console.lab]")


def _folder(value: Value) -> Path:
    return Path(scalars.path(value))


def _audit_file(value: Value) -> str:
    return AUTO if scalars.text(value, f"a path, or {AUTO}") == AUTO else scalars.path(value)


def _metrics_identity(value: Value) -> bool | Literal["auto"]:
    if isinstance(value.node, yaml.ScalarNode) and value.node.value == AUTO:
        return AUTO
    return scalars.switch(value)


def _as_it_is(value: Value) -> Value:
    return value


DOCUMENT: Section[dict[str, Any]] = Section(
    dict,
    {
        "api": Section(
            Api, {"listen": listen_address, "allowed_hosts": _HOSTS, "prefix": path_prefix, "tls": port_tls}
        ),
        "proxy": Section(
            Proxy,
            {
                "listen": listen_address,
                "base_url": base_url,
                "allowed_origins": _HOSTS,
                "notices": scalars.switch,
                "drop_first_cr": scalars.switch,
                "tls": port_tls,
            },
        ),
        "tls": tls,
        "trusted_proxies": list_of(network, "a list of addresses and networks, such as [10.0.0.0/8, 127.0.0.1]"),
        "tokens": Section(
            Tokens,
            {
                "ttl": scalars.duration,
                "single_use": scalars.switch,
                "enforce_session_timeout": scalars.switch,
                "resume": scalars.duration,
                "store": token_store,
                "password_file": password_file,
            },
        ),
        "identity": identity,
        "emulator": Section(Emulator, {"allow_create": scalars.switch, "max": scalars.whole}),
        "power": Section(Power, {"poll": scalars.duration}),
        "limits": Section(
            Limits,
            {
                "sessions": scalars.whole,
                "sessions_per_console": scalars.whole,
                "sessions_per_token": scalars.whole,
                "waits_per_caller": scalars.whole,
                "streams_per_caller": scalars.whole,
                "handshakes": scalars.whole,
                "headers": scalars.size(least=KIB, most=MIB),
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
        "service": Section(Service, {"log_format": scalars.one_of("text", "json")}),
        "metrics": Section(Metrics, {"listen": listen_address, "identity": _metrics_identity}),
        "audit": Section(
            Audit,
            {
                "file": _audit_file,
                "keys": scalars.switch,
                "segment_size": scalars.size(least=4096),
                "keep": scalars.whole,
            },
        ),
        "defaults": Section(
            Defaults,
            {
                "ring": ring_size,
                "replay": scalars.size(),
                "input": input_mode,
                "lease_idle": scalars.duration,
                "project_id": scalars.project_id,
                "line": line_defaults,
                "events": default_events,
            },
        ),
        "webhooks": webhooks,
        "include": _as_it_is,
        "servers": _as_it_is,
    },
)
"""Every key there is. `include` and `servers` are read last: they need the rest."""
