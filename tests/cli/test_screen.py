"""`consolesvc screen` and `mark`."""

from __future__ import annotations

import json

from consolesvc.client import Cloud
from tests.cli.conftest import Command
from tests.cli.service import Running


def test_a_screen(fakes: Running, command: Command) -> None:
    """As text, without blank rows at its end; as JSON and as HTML."""
    console = Cloud(fakes.api).console("echo")
    console.mark("before")
    console.send(b"\x1bc\x1b]0;hi\x07\x1b[31mred\x1b[0m\r\n\r\n# ")
    console.wait("# $", since="before")
    assert command("screen", "echo").stdout == b"red\n\n#\n"
    document = json.loads(command("screen", "echo", "--json", "--cols", "40", "--rows", "5").stdout)
    assert document["lines"] == ["red", "", "#", "", ""]
    assert (document["x"], document["y"], document["title"]) == (2, 2, "hi")
    assert b">red</span>" in command("screen", "echo", "--html").stdout
    assert command("screen", "echo", "--html", "--json").returncode == 2
    assert b"cols: found '0', expected a whole number from 1 to 500" in command("screen", "echo", "--cols", "0").stderr


def test_a_mark(fakes: Running, command: Command) -> None:
    """Its offset, for whoever goes on from there."""
    console = Cloud(fakes.api).console("echo")
    done = command("mark", "echo", "test 12 starts")
    (mark,) = (mark for mark in console.marks() if mark.name == "test 12 starts")
    assert (done.returncode, done.stdout) == (0, f"{mark.offset}\n".encode())
    document = json.loads(command("mark", "echo", "again", "--json").stdout)
    assert (document["name"], document["stream"]) == ("again", mark.stream)
    assert b"name: found '5', expected a name that is no number" in command("mark", "echo", "5").stderr
