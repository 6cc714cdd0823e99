"""What needs a restart is said in a sentence each; all else a reload goes over to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Address, IdentityKeystone
from consolesvc.config.model import Config, Limits, Tokens
from consolesvc.config.operators import Log
from consolesvc.config.restarts import FIXED, restarts

LIVE = {
    *("api.prefix", "api.tls", "proxy.tls"),
    *("api.allowed_hosts", "proxy.base_url", "proxy.allowed_origins", "proxy.notices", "proxy.drop_first_cr"),
    *("tokens.ttl", "tokens.single_use", "tokens.enforce_session_timeout", "tokens.resume"),
    *("identity", "log.segment_size", "log.keep", "log.max_total", "log.min_free", "service.log_format"),
    *("metrics.listen", "metrics.identity", "audit.file", "audit.keys", "audit.segment_size", "audit.keep"),
    *("emulator.allow_create", "emulator.max", "limits.sessions", "limits.sessions_per_console"),
    *("limits.sessions_per_token", "limits.waits_per_caller", "limits.streams_per_caller"),
    *("limits.handshakes", "power.poll"),
    *("defaults", "servers", "webhooks"),
}
"""Keys that a reload goes over to; a new key belongs here, with a test of that, or into FIXED."""


def keys() -> Iterator[str]:
    """Every key of a configuration, those that are no flat section as one each."""
    config = Config()
    for section in dataclasses.fields(config):
        value = getattr(config, section.name)
        if section.name in ("identity", "defaults", "servers", "webhooks"):
            yield section.name
        elif dataclasses.is_dataclass(value):
            yield from (f"{section.name}.{field.name}" for field in dataclasses.fields(value))


def test_of_every_key_it_is_known_which_it_is() -> None:
    """None is forgotten on either side."""
    assert {*keys()} == LIVE | FIXED.keys()
    assert LIVE & FIXED.keys() == set()


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("api", {"listen": Address("::1", 1)}, "api.listen is now [::1]:1: restart to listen there"),
        ("proxy", {"listen": Address("127.0.0.1", 2)}, "proxy.listen is now 127.0.0.1:2: restart to listen there"),
        ("limits", {"body": 7}, "limits.body is now 7: restart for that"),
        ("limits", {"headers": 8192}, "limits.headers is now 8192: restart for that"),
        ("log", {"enabled": False}, "log.enabled is now false: restart to begin, or to end, all logs"),
        ("log", {"directory": Path("/srv/log")}, "log.directory is now /srv/log: restart to write there"),
        ("tokens", {"store": "redis://user@h/0"}, "tokens.store has changed: restart for that"),
    ],
)
def test_a_key_that_needs_a_restart(section: str, value: dict[str, Any], said: str) -> None:
    """It is named, with what it is now, unless that is a secret."""
    changed = dataclasses.replace(getattr(Config(), section), **value)
    assert restarts(Config(), dataclasses.replace(Config(), **{section: changed})) == [said]


def test_what_needs_none() -> None:
    """Bounds, limits and who is calling: nothing to say."""
    now = Config(
        limits=Limits(sessions=1),
        tokens=Tokens(ttl=1),
        log=Log(keep=1, max_total=1, min_free=1, segment_size=4096),
        identity=IdentityKeystone("http://k/v3", "u", "f", "p"),
    )
    assert restarts(Config(), now) == []


def test_back_at_the_default() -> None:
    """A folder that is not named any more is said as such."""
    before = Config(log=Log(directory=Path("/srv/log")))
    assert restarts(before, Config()) == ["log.directory is now the default: restart to write there"]
