"""`line:` -> a line spec: its `type` says which keys it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consolesvc.config import scalars
from consolesvc.config.linespec import GUEST_NAMES, EmulatedSpec, LineSettings, LineSpec, SerialSpec
from consolesvc.config.model import LineDefaults
from consolesvc.config.reading import Section, Unreadable, Value, mapping
from consolesvc.config.yaml_nodes import NULL

_FRAMING = re.compile(r"[5-8][noems][12]?", re.IGNORECASE)
_SPEED = re.compile(r"[1-9][0-9]{1,7}")


def settings(value: Value) -> LineSettings:
    """`115200n8`, `115200n81` or `"9600,8n1"`."""
    written = scalars.plain(value, "line settings such as 115200n8")
    try:
        return LineSettings.parse(written)
    except ValueError as error:
        cure = f"; did you mean {written}n8?" if _SPEED.fullmatch(written) else ""
        raise value.wrong(f"{error}{cure}") from None


def _kind(value: Value) -> str:
    return scalars.choice(value, tuple(KINDS))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line: its keys, and the one it cannot do without."""

    section: Section[Any]
    needs: str


KINDS: Mapping[str, Kind] = {
    "serial": Kind(
        Section(
            SerialSpec,
            {
                "type": _kind,
                "device": scalars.path,
                "settings": settings,
                "flow": scalars.flow,
                "allow_host_console": scalars.switch,
            },
        ),
        needs="device",
    ),
    "emulated": Kind(
        Section(
            EmulatedSpec,
            {
                "type": _kind,
                "guest": scalars.one_of(*GUEST_NAMES),
                "speed": scalars.one_of("line", "max"),
                "settings": settings,
                "rate": scalars.number,
                "file": scalars.existing_file,
            },
        ),
        needs="guest",
    ),
}


@dataclass(frozen=True, slots=True)
class FoundLine:
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
        spec: LineSpec = self.kind.section.make(**{"settings": defaults.settings, **self.given})
        return spec


def line(value: Value) -> FoundLine:
    """A line of any kind."""
    entries = mapping(value, "a line such as {type: serial, device: /dev/ttyUSB0}")
    if "type" not in entries:
        raise value.wrong(f"`type` is missing, expected one of {', '.join(KINDS)}")
    name = _kind(entries["type"])
    kind, noted = KINDS[name], len(value.reading.problems)
    _rejoin_settings(entries)
    given = kind.section.given(value, entries)
    given.pop("type", None)
    if kind.needs not in entries:
        value.note(f"`{kind.needs}` is missing: a line of type {name} needs it")
    if "guest" in given:
        _check_guest_keys(value, entries, given["guest"])
    if len(value.reading.problems) > noted:
        raise Unreadable
    return FoundLine(kind, entries, given)


def line_defaults(value: Value) -> LineDefaults:
    """`defaults.line`."""
    entries = mapping(value)
    _rejoin_settings(entries)
    return LineDefaults(**_DEFAULTS.given(value, entries))


_DEFAULTS = Section(LineDefaults, {"settings": settings})


def _rejoin_settings(entries: dict[str, Value]) -> None:
    """Tell `{settings: 9600,8n1}`, which YAML has cut into two keys, as what it is, and drop both."""
    names = list(entries)
    for name, following in pairwise(names):
        if name == "settings" and _FRAMING.fullmatch(following) and entries[following].node.tag == NULL:
            written = f"{entries[name].node.value},{following}"
            entries[name].note(f'inside braces YAML cuts this at the comma; quote it: settings: "{written}"')
            del entries[name], entries[following]
            return


def _check_guest_keys(value: Value, entries: Mapping[str, Value], guest: str) -> None:
    for key, owner in (("file", "replay"), ("rate", "chatter")):
        if key in entries and guest != owner:
            entries[key].note(f"only the guest {owner} has this key, not {guest}; remove it")
    if guest == "replay" and "file" not in entries:
        value.note("`file` is missing: the guest replay needs the recording it plays")
