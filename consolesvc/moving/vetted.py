"""What was moved, made fit for our configuration: names that it takes, and nothing in it that `check` would refuse.

Each server is read by the configuration's own reader. What that refuses is left out, with its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consolesvc.config.reading import Reading, Value
from consolesvc.config.servers import Found, servers
from consolesvc.config.yaml_nodes import compose
from consolesvc.errors import Problem
from consolesvc.moving.moved import Entry, Moved
from consolesvc.moving.yaml_text import servers_text

_LONGEST_NAME: Final = 100
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_KEY = re.compile(r"servers\[([0-9]+)\](?:\.(.*))?")


def vet(moved: Moved) -> None:
    """Give every entry a name of its own, and leave out what the configuration would refuse."""
    _name(moved)
    for find in (_problems, _twins):
        unfit = set()
        for entry, text in find(moved.entries):
            unfit.add(id(entry))
            moved.leave_out(entry.place, entry.name, text)
        moved.entries = [entry for entry in moved.entries if id(entry) not in unfit]


def _name(moved: Moved) -> None:
    """Names that are fit stay; the others become so, and none is another's."""
    taken = {entry.name for entry in moved.entries if entry.name == _fit(entry.name)}
    given: set[str] = set()
    for entry in moved.entries:
        before, name = entry.name, _fit(entry.name)
        if name != before or name in given:
            name = next(each for each in _alike(name) if each not in taken)
            text = f"is called {name} here: a name is of letters, digits, '.', '_' and '-', and no other server's"
            moved.mention(entry.place, before, text)
        taken.add(name)
        given.add(name)
        entry.name = name


def _fit(name: str) -> str:
    """A name that the configuration takes, as near as can be."""
    return _NO_NAME.sub("-", name).lstrip("-._")[:_LONGEST_NAME].rstrip("-") or "console"


def _alike(name: str) -> Iterator[str]:
    """The name, then the name with a number."""
    yield name
    number = 2
    while True:
        suffix = f"-{number}"
        yield name[: _LONGEST_NAME - len(suffix)] + suffix
        number += 1


def _problems(entries: list[Entry]) -> Iterator[tuple[Entry, str]]:
    """What the configuration says of each entry."""
    _, problems = _read(entries)
    for problem in problems:
        match = _KEY.fullmatch(problem.key)
        if match is not None:
            yield entries[int(match[1])], f"{match[2]}: {problem.text}" if match[2] else problem.text


def _twins(entries: list[Entry]) -> Iterator[tuple[Entry, str]]:
    """Of two entries on one device, socket or address, the second; all of them can be read."""
    first: dict[tuple[str, ...], Entry] = {}
    found, _ = _read(entries)
    for entry, server in zip(entries, found, strict=True):
        if server.claim is None:
            continue
        holder = first.setdefault(server.claim, entry)
        if holder is not entry:
            yield (
                entry,
                f"{':'.join(server.claim)} is {holder.name}'s already ({holder.place}), and has one server here",
            )


def _read(entries: list[Entry]) -> tuple[list[Found], list[Problem]]:
    root = compose(servers_text(entries), "")
    reading = Reading(Path.cwd())
    return servers(Value(root, "servers", root.start_mark, reading)), reading.problems
