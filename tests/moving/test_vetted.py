"""What was moved, made fit: names, two servers on one port, and what the configuration would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from consolesvc.moving.moved import Entry, Moved, Place
from consolesvc.moving.vetted import vet


def moved(*entries: tuple[str, dict[str, Any]]) -> Moved:
    """Entries, one a line of a file `f`."""
    return Moved([Entry(name, line, Place("f", number)) for number, (name, line) in enumerate(entries, start=1)])


def tcp(port: int) -> dict[str, Any]:
    return {"type": "tcp", "host": "ts1", "port": port}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["node3", "a.b-C_d"], ["node3", "a.b-C_d"]),
        (["rack 1/node 3", "-x-", "ä", ""], ["rack-1-node-3", "x", "console", "console-2"]),
        (["a b", "a-b", "a b"], ["a-b-2", "a-b", "a-b-3"]),
        (["a", "a", "a-2"], ["a", "a-3", "a-2"]),
        (["x" * 120, "x" * 120], ["x" * 100, "x" * 98 + "-2"]),
    ],
)
def test_names(before: list[str], after: list[str]) -> None:
    """One that is fit stays; another becomes so, as near as can be, and that is said; none is taken twice."""
    made = moved(*((name, tcp(7000 + number)) for number, name in enumerate(before)))
    vet(made)
    assert [entry.name for entry in made.entries] == after
    assert made.complete
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(note.what, note.text.split(" ")[2]) for note in made.notes] == changed


def test_two_on_one_port() -> None:
    """The second is left out, with the first one's place."""
    serial = {"type": "serial", "device": "/dev/ttyUSB0"}
    made = moved(("a", serial), ("b", tcp(1)), ("c", serial))
    vet(made)
    assert [entry.name for entry in made.entries] == ["a", "b"]
    assert [str(note) for note in made.notes] == [
        "f:3: left out: c: /dev/ttyUSB0 is a's already (f:1), and has one server here"
    ]


def test_what_the_configuration_refuses() -> None:
    """Left out in its own words; the others are as they were."""
    made = moved(("a", tcp(70000)), ("b", tcp(1)), ("c", {"type": "serial", "device": "/dev/x", "settings": "75x"}))
    vet(made)
    assert [entry.name for entry in made.entries] == ["b"]
    assert [(str(note.place), note.text.partition(":")[0]) for note in made.notes] == [
        ("f:1", "line.port"),
        ("f:3", "line.settings"),
    ]
