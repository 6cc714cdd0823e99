"""A program's input that is not taken: the end is a failure, and says why, to who wants quiet as well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.attach.lab import Lab, Machine, lab
from tests.cli.screen import screen
from tests.cli.service import consolesvc, until


@pytest.fixture
def exclusive(tmp_path: Path) -> Iterator[tuple[Lab, Machine]]:
    with lab(tmp_path, told=b"node login: ", counts=False, start=False) as (service, machine):
        config = tmp_path / "lab.yaml"
        config.write_text(config.read_text().replace("{name: node,", "{name: node, input: exclusive,"))
        service.start()
        yield service, machine


@contextmanager
def held(service: Lab, machine: Machine) -> Iterator[None]:
    """Somebody holds the input."""
    with screen("attach", "node", "--endpoint", service.api) as user:
        user.expect("node login: ")
        user.type(b"1")
        until(lambda: machine.heard == b"1")
        yield


def typed(target: str, *argv: str, stdin: bytes = b"root\n") -> tuple[int, str]:
    """The exit code of a program's input, and the last line that is said."""
    done = consolesvc("attach", target, *argv, stdin=stdin)
    return done.returncode, (done.stderr.decode().splitlines() or [""])[-1]


def test_somebody_else_holds_the_input(exclusive: tuple[Lab, Machine]) -> None:
    """Refused, by whom; with --quiet as well. What is free again is taken."""
    service, machine = exclusive
    with held(service, machine):
        for more in ((), ("--quiet",), ("--linger", "3")):
            code, last = typed("node", "--endpoint", service.api, *more)
            assert code == 4
            assert last.startswith("Connection to node ended: its input was refused: ")
            assert last.endswith(" holds the input of node.")
        assert typed("node", "--endpoint", service.api, stdin=b"")[0] == 0  # nothing was to be typed
        assert machine.heard == b"1"
    until(lambda: typed("node", "--endpoint", service.api) == (0, "Connection to node closed."))
    assert machine.heard == b"1root\n"


def test_a_share_link_types_nothing(exclusive: tuple[Lab, Machine]) -> None:
    """Whichever of its addresses is given; who has said --view has not asked for it to be typed."""
    service, machine = exclusive
    link = json.loads(consolesvc("url", "node", "--view", "--json", "--endpoint", service.api).stdout)
    for url in (link["url"], link["page"]):
        assert typed(url) == (4, "Connection to node ended: its input was refused: this session may only look.")
    assert typed(link["page"], "--view")[0] == 0
    assert machine.heard == b""


def test_the_line_is_not_open(tmp_path: Path) -> None:
    """A failure, and no refusal by anybody."""
    with lab(tmp_path, counts=False, start=False) as (service, machine):
        config = tmp_path / "lab.yaml"
        config.write_text(config.read_text().replace(f"port: {machine.port}", "port: 1"))
        service.start()
        code, last = typed("node", "--endpoint", service.api, "--quiet")
        assert code == 1
        assert last.startswith("Connection to node ended: its input was refused: node line is not open: ")
