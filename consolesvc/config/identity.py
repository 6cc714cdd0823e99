"""`identity:` and the keys of each of its types (DESIGN 5.2)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from consolesvc.config import scalars
from consolesvc.config.access import Identity, IdentityBuiltin, IdentityKeystone, IdentityNone, IdentityStatic
from consolesvc.config.addresses import is_host_name, is_ip
from consolesvc.config.credentials import credentials_file, name
from consolesvc.config.reading import Parser, Section, Unreadable, Value, mapping
from consolesvc.config.yaml_nodes import LONGEST_PATH, shown


def auth_url(value: Value) -> str:
    """Keystone's URL, with `/v3` at its end whether it was written or not."""
    expected = "a URL such as http://keystone.lab:5000/v3"
    written = scalars.text(value, expected)
    try:
        url = urlsplit(written)
        host, port = url.hostname, url.port
    except ValueError:
        raise value.unexpected(expected) from None
    if "@" in url.netloc:
        raise value.wrong("holds a user name or a password, expected `username` and `password_file` beside it")
    if url.scheme not in ("http", "https") or port == 0 or not host or not (is_ip(host) or is_host_name(host)):
        raise value.unexpected(expected)
    if "?" in written or "#" in written or " " in written:
        raise value.unexpected("a URL without query, fragment and spaces")
    bare = written.rstrip("/")
    return bare if bare.endswith("/v3") else f"{bare}/v3"


def _check_tokens(path: Path) -> None:
    from consolesvc.config.tokens_file import read_tokens  # noqa: PLC0415 - half a megabyte, with the next one's

    read_tokens(path)


def _check_users(path: Path) -> None:
    from consolesvc.config.users_file import read_users  # noqa: PLC0415 - only where it is asked for

    read_users(path)


def password_file(value: Value) -> str:
    """The absolute path of a file that is there and ours to read, whose first line is a password."""
    found = scalars.existing_file(value)
    if not os.access(found, os.R_OK):
        raise value.wrong(f"{shown(found, LONGEST_PATH)} may not be read by this user")
    return found


class _Kind(NamedTuple):
    section: Section[Any]
    required: Mapping[str, str]
    """What has to be there, each with an example of it."""


_type = scalars.one_of("none", "static", "builtin", "keystone")


def _kind(make: type[Any], keys: Mapping[str, Parser[Any]], required: Mapping[str, str]) -> _Kind:
    return _Kind(Section(make, {"type": _type, **keys}), required)


KINDS: Mapping[str, _Kind] = {
    "none": _kind(IdentityNone, {"allow_remote": scalars.switch}, {}),
    "static": _kind(IdentityStatic, {"tokens": credentials_file(_check_tokens)}, {"tokens": "tokens.yaml"}),
    "builtin": _kind(IdentityBuiltin, {"users": credentials_file(_check_users)}, {"users": "users.yaml"}),
    "keystone": _kind(
        IdentityKeystone,
        {
            "auth_url": auth_url,
            "username": name,
            "password_file": password_file,
            "project_name": name,
            "user_domain_name": name,
            "project_domain_name": name,
        },
        {
            "auth_url": "http://keystone.lab:5000/v3",
            "username": "consolesvc",
            "password_file": "keystone.password",
            "project_name": "service",
        },
    ),
}
"""The keys of each type; a test holds them to the model's fields."""


def identity(value: Value) -> Identity:
    """Read the section. Where its type is wrong, nothing is known about the other keys."""
    entries = mapping(value, "a mapping such as {type: none}")
    kind = KINDS[_type(entries["type"]) if "type" in entries else "none"]
    missing = [(key, example) for key, example in kind.required.items() if key not in entries]
    for key, example in missing:
        value.note(f"`{key}` is missing, expected something like `{key}: {example}`")
    given = kind.section.given(value, entries)
    if not given.keys() >= kind.required.keys():
        raise Unreadable
    made: Identity = kind.section.make(**given)
    return made
