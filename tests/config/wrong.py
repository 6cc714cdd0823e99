"""What is said about a bad configuration, for the tests that hold it; and what several messages have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from consolesvc.config.load import load
from consolesvc.errors import ConfigurationError

STORE = "memory, or a URL such as redis://redis.lab:6379/0, rediss://… or unix:///run/redis.sock"
ADDRESS = "host:port, such as 127.0.0.1:8774"
NAME = "a name of letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 100"
SERVER = "a server such as {name: node3, line: {type: serial, device: /dev/ttyUSB0}}"
KINDS = "serial, tcp, unix, telnet, rfc2217, command, consolesvc, emulated"
TOP = (
    "known here: api, audit, defaults, emulator, identity, include, limits, log, metrics, power, proxy, servers, "
    "service, tls, tokens, trusted_proxies, webhooks"
)


def problems(path: Path, *overrides: str) -> list[str]:
    """What `load` says, a problem a line; the file's folder is left out."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, overrides)
    return str(caught.value).replace(f"{path.parent}/", "").split("\n")


def said(folder: Path, text: str, *overrides: str) -> list[str]:
    path = folder / "lab.yaml"
    path.write_text(text)
    return problems(path, *overrides)
