"""Fake servers added on the command line: `--fake GUEST=N`."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable

from consolesvc.config.linespec import GUEST_NAMES, EmulatedSpec
from consolesvc.config.model import Config
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id

FAKES = tuple(name for name in GUEST_NAMES if name != "replay")
"""The guests that need no more than their name: all but the one that plays a file."""


def with_fakes(config: Config, fakes: Iterable[tuple[str, int]]) -> Config:
    """`config` with so many more fake servers of each guest, named `GUEST1`, `GUEST2` … where those are free."""
    servers = list(config.servers)
    taken = {server.name for server in servers}
    for guest, count in fakes:
        free = (name for number in itertools.count(1) if (name := f"{guest}{number}") not in taken)
        for name in itertools.islice(free, count):
            taken.add(name)
            servers.append(_fake(config, name, guest))
    return dataclasses.replace(config, servers=tuple(servers))


def _fake(config: Config, name: str, guest: str) -> ServerConfig:
    defaults = config.defaults
    spec = EmulatedSpec(guest, settings=defaults.line.settings)
    return defaults.server(default_id(name), name, spec)
