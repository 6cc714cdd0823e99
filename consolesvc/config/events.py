"""`events:` what is recognised in what a machine says, for all servers and for one (DESIGN 5.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import yaml

from consolesvc.config import scalars
from consolesvc.config.model import Config
from consolesvc.config.patterns import line_searcher
from consolesvc.config.reading import Section, Unreadable, Value, mapping
from consolesvc.config.telling import EVENT_KINDS, LINE_EVENTS, Events
from consolesvc.config.yaml_nodes import BOOLEAN, WHOLE, describe, shown, shown_key

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_RESERVED = frozenset(
    {"all", "attach", "back", "break", "detach", "down", "event", "gap", "input", "kept", "kick", "line", "lost"}
    | {"mark", "refused", "reserve", "restart", "share", "stage", "stop", "unwatched", "viewers"}
)
"""What else happens to a console, or may: no event of one's own bears such a name."""
_WITH_PATTERN = ("boot", "bootloader", "login", "panic")
"""Kinds that a pattern of one's own may stand for."""
_EXPECTED = "a pattern in RE2's syntax, or false"


def _pattern(value: Value) -> str:
    """A pattern; raises where RE2 does not take it."""
    written = scalars.text(value, _EXPECTED)
    if not written:
        raise value.unexpected(_EXPECTED)
    try:
        line_searcher(written)
    except ValueError as error:
        raise value.wrong(f"{shown(written)} is no pattern in RE2's syntax: {error}") from None
    return written


def _switch_or_pattern(value: Value) -> bool | str:
    if isinstance(value.node, yaml.ScalarNode) and value.node.tag == BOOLEAN:
        return scalars.switch(value)
    if value.node.tag == WHOLE and value.node.value == "0":  # switches off, as everywhere
        return False
    return _pattern(value)


def _patterns(value: Value) -> dict[str, str | None]:
    """Each pattern by its name; None where one is switched off."""
    found: dict[str, str | None] = {}
    for name, entry in mapping(value, "names and patterns, such as {fsck: UNEXPECTED INCONSISTENCY}").items():
        if not _NAME.fullmatch(name):
            entry.note(f"{shown_key(name)} is no name of an event, expected letters, digits, '-' and '_', at most 32")
        elif name.lower() in _RESERVED or name.lower() in EVENT_KINDS:
            own = name.lower() in _WITH_PATTERN
            cure = f"write `{name.lower()}: PATTERN` one level up" if own else "choose another"
            entry.note(f"{shown_key(name)} is the name of another event; {cure}")
        else:
            with suppress(Unreadable):
                off = isinstance(entry.node, yaml.ScalarNode) and entry.node.tag == BOOLEAN
                if off and scalars.switch(entry):
                    raise entry.wrong(f"found {describe(entry.node)}, expected {_EXPECTED}")
                found[name] = None if off else _pattern(entry)
    return found


_SECTION: Section[dict[str, Any]] = Section(
    dict,
    {
        **dict.fromkeys(_WITH_PATTERN, _switch_or_pattern),
        "reset_loop": scalars.whole,
        "silence": scalars.duration,
        "patterns": _patterns,
    },
)


def events(value: Value) -> dict[str, Any]:
    """What is said about events; the rest is as it was. `overridden` puts the two together."""
    return _SECTION(value)


def default_events(value: Value) -> Events:
    """What is recognised on a server that does not say otherwise."""
    return overridden(Events(), events(value))


def overridden(defaults: Events, given: Mapping[str, Any]) -> Events:
    """The events of a server that says `given` of them: key by key, and of the patterns name by name."""
    patterns = dict(defaults.patterns) | given.get("patterns", {})
    kept = tuple((name, pattern) for name, pattern in patterns.items() if pattern is not None)
    return replace(defaults, **{**given, "patterns": kept})


def event_names(config: Config) -> list[str]:
    """The names of all events there can be: the kinds, the line's, and those of patterns of one's own."""
    everywhere = (config.defaults.events, *(server.events for server in config.servers))
    own = {name for events in everywhere for name, _ in events.patterns}
    return [*EVENT_KINDS, *LINE_EVENTS, *sorted(own)]
