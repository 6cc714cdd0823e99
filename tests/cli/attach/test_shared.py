"""Two terminals at one console of which one types at a time (`input: lease`): who holds the input, asks, takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.cli.attach.lab import Lab, Machine, lab
from tests.cli.screen import Screen, screen
from tests.cli.service import until


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[Lab, Machine]]:
    with lab(tmp_path, told=b"node login: ", counts=False, start=False) as (service, machine):
        config = tmp_path / "lab.yaml"
        config.write_text(config.read_text().replace("{name: node,", "{name: node, input: lease,"))
        service.start()
        yield service, machine


@contextmanager
def attached(service: Lab, *argv: str) -> Iterator[Screen]:
    """A terminal that shows the prompt."""
    with screen("attach", "node", "--endpoint", service.api, *argv) as user:
        user.expect("Connected to node. ")
        user.expect("node login: ")
        yield user


def heard(machine: Machine, data: bytes) -> None:
    """Wait until the machine has heard this, and nothing else since the last time."""
    until(lambda: machine.heard == data)
    machine.heard = b""


def told_who(user: Screen) -> bytes:
    """Who is here and who may type, as this terminal has been told until now."""
    user.type(b"\x05cw")
    user.expect("SESSION")
    return user.expect("(lease)")


def holds_the_input(user: Screen) -> bool:
    """Whether this terminal has been told that it does."""
    return told_who(user).endswith(b"You hold the input ")


def test_one_types_and_another_asks(shared: tuple[Lab, Machine]) -> None:
    """Who types first holds the input; who asks is granted it by a key, and types."""
    service, machine = shared
    with attached(service) as first, attached(service) as second:
        first.type(b"1")
        heard(machine, b"1")
        second.type(b"not yet")
        second.expect("[consolesvc: ")
        second.type(b"\x05cw")
        second.expect("holds the input")
        second.type(b"\x05ca")
        first.expect(" asks for the input: ^Ecg grants it, ^Ecn does not]")
        first.type(b"\x05cg")
        second.expect("the input of node is yours")
        second.type(b"2")
        heard(machine, b"2")


def test_who_holds_the_input_is_told_as_of_now(shared: tuple[Lab, Machine]) -> None:
    """The table names them also where nobody has come or gone since."""
    service, machine = shared
    with attached(service) as first, attached(service) as second:
        for holder, other, key in ((first, second, b"1"), (second, first, b"2")):
            other.type(b"\x05cs\x05ca")  # hands back what it holds
            holder.type(b"\x05cf" + key)
            heard(machine, key)
            until(partial(holds_the_input, holder))
            table = told_who(holder)
            mine = next(line for line in table.splitlines() if b"(you)" in line)
            assert b"holds the input" in mine
            assert table.count(b"holds the input") == 1


def test_one_types_and_another_takes_it(shared: tuple[Lab, Machine]) -> None:
    """The loser is told, and what they type then is not typed; what was handed back is free."""
    service, machine = shared
    with attached(service) as first, attached(service) as second:
        first.type(b"1")
        heard(machine, b"1")
        second.type(b"\x05cf")
        first.expect("took the input of node from")
        second.type(b"2")
        heard(machine, b"2")
        first.type(b"too late")
        first.expect("holds the input of node")
        second.type(b"\x05cs")
        second.expect("view only: what you type stays here")
        first.expect("the input of node is free")
        first.type(b"\x05ca3")
        heard(machine, b"3")


def test_who_only_looks_has_no_right_to_more(shared: tuple[Lab, Machine]) -> None:
    """--view comes with a token that cannot type, as everybody sees."""
    service, _ = shared
    with attached(service, "--view"), attached(service) as other:
        other.type(b"\x05cw")
        other.expect("looks only")
