"""The README says what is true: its commands exist and parse, and what it points to is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc import cli
from consolesvc.config.load import load

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()

COMMAND = re.compile(r"(?:\.venv/bin/)?consolesvc (?P<words>[a-z-]+(?: (?:'[^']*'|[^|&<>#`()'])*)?)")


def commands() -> Iterator[str]:
    """Every use of a command in the README: in its code, and in its sentences in backquotes."""
    code = [line for line in README.splitlines() if line.startswith("    ")]
    for line in [*code, *re.findall(r"`([^`]+)`", README)]:
        for match in COMMAND.finditer(line.partition("  #")[0]):
            words = match["words"].strip().strip('"')
            if words.split()[0] in cli.COMMANDS:
                yield words


def test_the_table_has_every_command_and_no_other() -> None:
    """A command without a line there is not found; a line without a command is a lie."""
    rows = re.findall(r"^\| `consolesvc ([a-z-]+)", README, re.MULTILINE)
    assert sorted(rows) == sorted(cli.COMMANDS)


@pytest.mark.parametrize("words", sorted(set(commands())))
def test_commands_parse(words: str) -> None:
    """What can be copied from the README is taken by the command's own parser."""
    argv = shlex.split(words.replace("[", "").replace("]", ""))
    assert cli._parser(argv[0]).parse_args(argv).command == argv[0]


def test_the_readme_uses_every_command() -> None:
    """The parser test above has something to parse."""
    assert {words.split()[0] for words in commands()} == cli.COMMANDS.keys()


def test_the_real_port_of_the_readme_is_a_configuration(tmp_path: Path) -> None:
    """The lines to paste are taken as they stand."""
    found = re.search(r"^    servers:\n(?:      .*\n)+", README, re.MULTILINE)
    assert found
    file = tmp_path / "lab.yaml"
    file.write_text(re.sub(r"^    ", "", found[0], flags=re.MULTILINE))
    assert [server.name for server in load(file, []).servers] == ["node3"]


def test_what_the_documents_point_to_exists() -> None:
    """Links and scripts."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README + CONTRIBUTING)
    scripts = re.findall(r"(?<![\w/])((?:scripts|tests|\.ci)/[\w./-]*\w)", README + CONTRIBUTING)
    assert links
    assert scripts
    assert [name for name in (*links, *scripts) if not (ROOT / name).exists()] == []


def test_the_changelog_has_a_place_for_what_comes() -> None:
    """Keep a Changelog: changes gather under Unreleased."""
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()
