"""`tls:` at the top level, and of one port (DESIGN 5.2): the files are read here once, so that what is wrong shows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml

from consolesvc.config import scalars
from consolesvc.config.access import Tls
from consolesvc.config.reading import Section, Unreadable, Value, mapping
from consolesvc.config.yaml_nodes import BOOLEAN
from consolesvc.errors import TlsUnusable

_EXAMPLE = "{cert: console.pem, key: console.key}"


def _path(value: Value) -> Path:
    return Path(scalars.path(value))


def _ciphers(value: Value) -> str:
    return scalars.text(value, "ciphers as OpenSSL calls them, such as ECDHE+AESGCM")


SECTION = Section(
    Tls,
    {
        "cert": _path,
        "key": _path,
        "min_version": scalars.one_of("1.2", "1.3"),
        "ciphers": _ciphers,
        "client_ca": _path,
    },
)
"""The keys; a test holds them to the model's fields."""


def port_tls(value: Value) -> Tls | Literal[False]:
    """What `api.tls` or `proxy.tls` says; `false` is none, whatever the top level says."""
    node = value.node
    if isinstance(node, yaml.ScalarNode) and node.tag == BOOLEAN:
        if scalars.switch(value):
            raise value.unexpected(f"a mapping such as {_EXAMPLE}, or false")
        return False
    entries = mapping(value, f"a mapping such as {_EXAMPLE}, or false")
    if "cert" not in entries:
        value.note(f"`cert` is missing, expected something like `tls: {_EXAMPLE}`")
    given = SECTION.given(value, entries)
    if given.keys() != entries.keys() & SECTION.keys.keys() or "cert" not in given:
        raise Unreadable
    read = SECTION.make(**given)
    _try_out(value, entries, read)
    return read


def tls(value: Value) -> Tls | None:
    """What `tls` at the top level says; None where it says `false`."""
    return port_tls(value) or None


def _try_out(value: Value, entries: dict[str, Value], read: Tls) -> None:
    from consolesvc.config.tls_context import load_tls  # noqa: PLC0415 - ssl is a megabyte, and most have a proxy for it

    try:
        load_tls(read)
    except TlsUnusable as error:
        raise entries.get(error.key, value).wrong(error.why) from None
