"""The configuration, read in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from consolesvc.cli.configured import Configured
from consolesvc.errors import ConfigurationError


def test_what_is_read_apart_is_what_is_read_here(tmp_path: Path) -> None:
    """With overrides, fakes and relative paths; the demo as well."""
    file = tmp_path / "lab.yaml"
    file.write_text("servers:\n  - {name: a, line: {type: unix, path: a.sock}}\n")
    told = Configured(file, ("tokens.ttl=7",), (("echo", 2),))
    assert told.read_apart() == told.read()
    assert [server.name for server in told.read_apart().servers] == ["a", "echo1", "echo2"]
    assert Configured(None).read_apart() == Configured(None).read()


def test_what_is_wrong_is_told_as_here(tmp_path: Path) -> None:
    """All of it, with its lines."""
    file = tmp_path / "lab.yaml"
    file.write_text("tokens: {ttl: soon}\nservers:\n  - {name: a, lime: {}}\n")
    with pytest.raises(ConfigurationError) as here:
        Configured(file).read()
    with pytest.raises(ConfigurationError) as apart:
        Configured(file).read_apart()
    assert apart.value.problems == here.value.problems
    assert len(apart.value.problems) > 1


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "/bin/true"])
def test_where_there_can_be_no_process_it_is_read_here(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """None can be started, it fails, or it says nothing."""
    monkeypatch.setattr(sys, "executable", program)
    assert Configured(None).read_apart() == Configured(None).read()
