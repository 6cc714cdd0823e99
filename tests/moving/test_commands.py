"""Commands that are moved in: which of their passwords are taken out, and which are told."""

from __future__ import annotations

from typing import Any

import pytest

from consolesvc.moving.commands import TOLD, command
from consolesvc.moving.moved import Moved, Place

HERE = Place("f", 1)


def moved_in(line: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Its line, its secrets, and what is told."""
    moved = Moved()
    entry = command("a", HERE, {"type": "command", **line}, (HERE, "console a: exec"), moved)
    assert entry.line.pop("type") == "command"
    assert moved.complete
    return entry.line, entry.secrets, [note.text for note in moved.notes]


@pytest.mark.parametrize(
    ("given", "argv", "secrets"),
    [
        ("ipmitool -H b -P hush sol activate", "ipmitool -H b -E sol activate", {"IPMI_PASSWORD": "hush"}),
        ("/usr/bin/ipmitool -Phush -vH b sol", "/usr/bin/ipmitool -E -vH b sol", {"IPMI_PASSWORD": "hush"}),
        ("ipmitool -vP hush -P last sol", "ipmitool -v -E sol", {"IPMI_PASSWORD": "last"}),
        ("ipmitool -k gee -P hush sol", "ipmitool -K -E sol", {"IPMI_KGKEY": "gee", "IPMI_PASSWORD": "hush"}),
    ],
)
def test_ipmitools_secrets(given: str, argv: str, secrets: dict[str, str]) -> None:
    """Each way to write them; what has an argument keeps it, and nothing is told: nothing is left."""
    assert moved_in({"argv": given.split()}) == ({"argv": argv.split()}, secrets, [])


@pytest.mark.parametrize("shell", ["exec ipmitool -P 'hu sh' sol activate", 'ipmitool -P "hu sh" sol activate'])
def test_in_a_shells_text(shell: str) -> None:
    """Where it is words and quotes alone, they are the command's."""
    expected = {"argv": ["ipmitool", "-E", "sol", "activate"]}
    assert moved_in({"shell": shell}) == (expected, {"IPMI_PASSWORD": "hu sh"}, [])


@pytest.mark.parametrize(
    "command",
    [
        "ssh -p 2200 root@node",
        "ssh -P 2200 node",
        "ipmitool -H b -p 623 -E sol activate",
        "ipmitool -H b -f pw sol activate",
        "vncviewer --password-file pw h",
        "ipmipower -P -h bmc",
        "telnet h 23",
    ],
)
def test_what_is_no_password(command: str) -> None:
    """A port, a file, and what asks for it."""
    assert moved_in({"argv": command.split()}) == ({"argv": command.split()}, {}, [])


@pytest.mark.parametrize(
    "line",
    [
        {"argv": ["virt", "--password", "hush"]},
        {"argv": ["virt", "--PASSWORD=hush"]},
        {"argv": ["sudo", "ipmitool", "-P", "hush", "sol"]},
        {"argv": ["sshpass", "-p", "hush", "ssh", "h"]},
        {"argv": ["ipmiconsole", "-h", "bmc", "-p", "hush"]},
        {"argv": ["curl", "http://u:hush@h/"]},
        {"shell": "IPMI_PASSWORD=hush ipmitool -E sol activate"},
        {"shell": "ipmitool -P hush sol activate | tee x"},
        {"shell": "ipmitool -P 'hush sol"},
    ],
)
def test_what_may_be_one_is_told(line: dict[str, Any]) -> None:
    """It is still there: nobody but its author knows what it is."""
    assert moved_in(line) == (line, {}, [TOLD])
    assert "hush" not in TOLD
