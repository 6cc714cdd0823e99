"""`line:` -> a line spec: its `type` says which keys it has."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from consolesvc.config import linekeys, scalars
from consolesvc.config.addresses import host_name
from consolesvc.config.credentials import name
from consolesvc.config.identity import auth_url, password_file
from consolesvc.config.linespec import (
    GUEST_NAMES,
    CommandSpec,
    EmulatedSpec,
    LineSpec,
    RemoteSpec,
    Rfc2217Spec,
    SerialSpec,
    TcpSpec,
    TelnetSpec,
    UnixSpec,
)
from consolesvc.config.reading import Section, Unreadable, Value, mapping
from consolesvc.config.server import LineDefaults
from consolesvc.config.yaml_nodes import NULL

_FRAMING = re.compile(r"[5-8][noems][12]?", re.IGNORECASE)


def _kind(value: Value) -> str:
    return scalars.choice(value, tuple(KINDS))


def _check_guest_keys(value: Value, entries: Mapping[str, Value], given: Mapping[str, Any]) -> None:
    guest = given.get("guest")
    if guest is None:
        return
    for key, owner in (("file", "replay"), ("rate", "chatter")):
        if key in entries and guest != owner:
            entries[key].note(f"only the guest {owner} has this key, not {guest}; remove it")
    if guest == "replay" and "file" not in entries:
        value.note("`file` is missing: the guest replay needs the recording it plays")


def _check_command_keys(value: Value, entries: Mapping[str, Value], _given: Mapping[str, Any]) -> None:
    if "argv" in entries and "shell" in entries:
        entries["shell"].note("a command is either `argv`, run as it is, or `shell`, a text for /bin/sh; keep one")
    elif "argv" not in entries and "shell" not in entries:
        value.note("`argv` is missing: a line of type command needs it, such as [ipmitool, -H, bmc8, sol, activate]")


_LOGIN = ("username", "password_file", "project_name")
"""What a login needs beside `auth_url`."""


def _check_remote_keys(value: Value, entries: Mapping[str, Value], _given: Mapping[str, Any]) -> None:
    if "auth_url" in entries:
        for key in _LOGIN:
            if key not in entries:
                value.note(f"`{key}` is missing: a line with auth_url needs {', '.join(_LOGIN)}")
        if "token_file" in entries:
            entries["token_file"].note("a token is either in `token_file` or comes from `auth_url`; keep one")
    else:
        for key in (*_LOGIN, "user_domain_name", "project_domain_name"):
            if key in entries:
                entries[key].note("this is of a login at a Keystone, whose `auth_url` is missing")
    if "key" in entries and "cert" not in entries:
        entries["key"].note("this is a certificate's, whose `cert` is missing")


class Kind(NamedTuple):
    """A kind of line.

    Attributes:
        section: Its keys.
        needs: Those it cannot do without.
        claims: Those that say which machine it is: no two servers may have them alike.
        check: Notes what is wrong between its keys.
    """

    section: Section[Any]
    needs: tuple[str, ...]
    claims: tuple[str, ...] = ()
    check: Callable[[Value, Mapping[str, Value], Mapping[str, Any]], None] | None = None


_ANY_LINE: Mapping[str, Callable[[Value], Any]] = {"type": _kind, "pace": linekeys.pace}
_PEER: Mapping[str, Callable[[Value], Any]] = {**_ANY_LINE, "host": host_name, "port": linekeys.port}
_UART: Mapping[str, Callable[[Value], Any]] = {"settings": linekeys.settings, "flow": scalars.flow}

KINDS: Mapping[str, Kind] = {
    "serial": Kind(
        Section(SerialSpec, {**_ANY_LINE, **_UART, "device": scalars.path, "allow_host_console": scalars.switch}),
        needs=("device",),
        claims=("device",),
    ),
    "tcp": Kind(Section(TcpSpec, {**_PEER, "listen": scalars.switch}), needs=("host", "port"), claims=("host", "port")),
    "unix": Kind(
        Section(UnixSpec, {**_ANY_LINE, "path": scalars.path, "listen": scalars.switch}),
        needs=("path",),
        claims=("path",),
    ),
    "telnet": Kind(Section(TelnetSpec, _PEER), needs=("host", "port"), claims=("host", "port")),
    "rfc2217": Kind(Section(Rfc2217Spec, {**_PEER, **_UART}), needs=("host", "port"), claims=("host", "port")),
    "command": Kind(
        Section(
            CommandSpec,
            {
                **_ANY_LINE,
                "argv": linekeys.argv,
                "shell": linekeys.shell,
                "env_file": scalars.existing_file,
                "before": linekeys.commands,
                "cwd": scalars.path,
            },
        ),
        needs=(),
        check=_check_command_keys,
    ),
    "consolesvc": Kind(
        Section(
            RemoteSpec,
            {
                **_ANY_LINE,
                "url": linekeys.service_url,
                "name": linekeys.remote_name,
                "token_file": scalars.existing_file,
                "auth_url": auth_url,
                "username": name,
                "password_file": password_file,
                "project_name": name,
                "user_domain_name": name,
                "project_domain_name": name,
                "cacert": scalars.existing_file,
                "cert": scalars.existing_file,
                "key": scalars.existing_file,
            },
        ),
        needs=("url", "name"),
        claims=("url", "name"),
        check=_check_remote_keys,
    ),
    "emulated": Kind(
        Section(
            EmulatedSpec,
            {
                **_ANY_LINE,
                "guest": scalars.one_of(*GUEST_NAMES),
                "speed": scalars.one_of("line", "max"),
                "settings": linekeys.settings,
                "rate": scalars.number,
                "file": linekeys.recording,
            },
        ),
        needs=("guest",),
        check=_check_guest_keys,
    ),
}


class FoundLine(NamedTuple):
    """A line as the configuration has it, before it falls back to `defaults.line`.

    Attributes:
        entries: Its keys where they stand.
        given: What its keys say.
    """

    kind: Kind
    entries: Mapping[str, Value]
    given: Mapping[str, Any]

    def spec(self, defaults: LineDefaults) -> LineSpec:
        """The line spec, its defaults filled in."""
        fallback = {"settings": defaults.settings} if "settings" in self.kind.section.keys else {}
        spec: LineSpec = self.kind.section.make(**{**fallback, **self.given})
        return spec

    @property
    def claim(self) -> tuple[str, ...] | None:
        """What no other server may have, too; None where there is no such thing. Links to one file are one file."""
        values = [self.given[key] for key in self.kind.claims if key in self.given]
        if not values or len(values) < len(self.kind.claims):
            return None
        return tuple(os.path.realpath(value) if len(values) == 1 else str(value) for value in values)


def line(value: Value) -> FoundLine:
    """A line of any kind."""
    entries = mapping(value, "a line such as {type: serial, device: /dev/ttyUSB0}")
    if "type" not in entries:
        raise value.wrong(f"`type` is missing, expected one of {', '.join(KINDS)}")
    kind_name = _kind(entries["type"])
    kind, noted = KINDS[kind_name], len(value.reading.problems)
    _rejoin_settings(entries)
    given = kind.section.given(value, entries)
    given.pop("type", None)
    for key in kind.needs:
        if key not in entries:
            value.note(f"`{key}` is missing: a line of type {kind_name} needs it")
    if kind.check is not None:
        kind.check(value, entries, given)
    if len(value.reading.problems) > noted:
        raise Unreadable
    return FoundLine(kind, entries, given)


def line_defaults(value: Value) -> LineDefaults:
    """`defaults.line`."""
    entries = mapping(value)
    _rejoin_settings(entries)
    return LineDefaults(**_DEFAULTS.given(value, entries))


_DEFAULTS = Section(LineDefaults, {"settings": linekeys.settings})


def _rejoin_settings(entries: dict[str, Value]) -> None:
    """Tell `{settings: 9600,8n1}`, which YAML has cut into two keys, as what it is, and drop both."""
    for key, following in pairwise(list(entries)):
        if key == "settings" and _FRAMING.fullmatch(following) and entries[following].node.tag == NULL:
            written = f"{entries[key].node.value},{following}"
            entries[key].note(f'inside braces YAML cuts this at the comma; quote it: settings: "{written}"')
            del entries[key], entries[following]
            return
