"""The real conserver, asked how it reads a file: `conserver -S -S` prints its consoles (conserver(8))."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from consolesvc.moving.conserver.consoles import read_conserver
from consolesvc.moving.moved import Entry, Moved
from tests.scenarios.process import needs

CONSERVER = "/usr/sbin/conserver"
needs_conserver = needs(CONSERVER, "apt-get install conserver-server; `scripts/test --system` does")

_CONSOLE = re.compile(
    r"\{(?P<name>[^:]*):(?P<master>[^:]*):,?(?P<aliases>[^:]*):(?P<kind>[|!/%#]):(?P<rest>.*)\}", re.DOTALL
)
_SAID = re.compile(r"^\[[^\]]*\] conserver \([0-9]+\): ", re.MULTILINE)


class Read(NamedTuple):
    """What it says of a file: its exit code, its complaints, and its consoles: a character of their type, and more."""

    code: int
    errors: list[str]
    consoles: dict[str, tuple[str, str]]


def read_by_conserver(file: Path) -> Read:
    """Have it read a file, and say how. It listens nowhere then."""
    argv = [CONSERVER, "-S", "-S", "-M", "127.0.0.1", "-C", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, errors="replace")
    consoles = {}
    for said in _SAID.split(done.stdout):
        match = _CONSOLE.fullmatch(said.rstrip("\n"))
        if match is not None:
            consoles[match["name"]] = (match["kind"], match["rest"])
    errors = [said.strip() for said in _SAID.split(done.stderr) if said.startswith("ERROR")]
    return Read(done.returncode, errors, consoles)


def as_conserver_says(entry: Entry) -> tuple[str, str]:
    """An entry in the words of its own dump."""
    line: dict[str, Any] = entry.line
    match line["type"]:
        case "tcp" | "telnet":
            return "!", f"{line['host']},{line['port']}"
        case "serial":
            speed = re.match(r"[0-9]+", line["settings"])
            assert speed
            return "/", f"{line['device']},{line['settings'][: speed.end() + 1]}"
        case "unix":
            return "%", line["path"]
        case _:
            words = line.get("shell") or " ".join(line["argv"])
            return "|", "/bin/sh" if words == "/bin/sh -i" else words


def moved_from(tmp_path: Path, text: str, *masters: str) -> Moved:
    """What we make of a file with this text."""
    file = tmp_path / "conserver.cf"
    file.write_text(text)
    return read_conserver(file, masters)


def one_space(command: str) -> str:
    """A command, its words one space apart: a line of ours has words."""
    return re.sub(" +", " ", command)
