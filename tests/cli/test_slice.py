"""`consolesvc slice` and `consolesvc break`."""

from __future__ import annotations

import json

from tests.cli.conftest import Command


def test_between_two_marks(command: Command) -> None:
    """As text, as it came, or to be played."""
    command("mark", "echo", "one")
    assert command("send", "echo", "-e", r"\e[31mred\e[0m", "--no-enter", "--echo").returncode == 0
    assert command("wait", "echo", "red", "--since", "one").returncode == 0
    between = ("--from", "one")
    assert command("slice", "echo", *between).stdout == b"red"
    end = int(command("mark", "echo", "two").stdout)
    assert command("slice", "echo", *between, "--to", str(end), "--format", "raw").stdout == b"\x1b[31mred\x1b[0m"
    for version in (2, 3):
        played = command("slice", "echo", *between, "--to", "two", "--format", f"cast{version}").stdout
        assert json.loads(played.splitlines()[0])["version"] == version


def test_exit_codes(command: Command) -> None:
    """Of DESIGN 5.1."""
    assert command("slice", "echo", "--from", "no such mark").returncode == 3
    assert command("slice", "echo", "--from", "5", "--to", "1").returncode == 2
    assert command("slice", "echo", "--format", "pdf").returncode == 2
    assert command("break", "nobody").returncode == 3
    assert command("break", "echo", "--ms", "0").returncode == 2
    refused = command("break", "echo", "--ms", "300")
    assert (refused.returncode, b"this line cannot send a break" in refused.stderr) == (1, True)
