"""`include:` -> the servers of other files."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import yaml

from consolesvc.config import scalars
from consolesvc.config.document import DOCUMENT
from consolesvc.config.reading import Unreadable, Value, list_of, mapping, refuse_stranger
from consolesvc.config.servers import Found, servers
from consolesvc.config.yaml_nodes import compose, is_null, read_text, shown, shown_key
from consolesvc.errors import ConfigurationError

_EXPECTED = "a glob or a list of globs, such as conf.d/*.yaml"


def included(value: Value, main: Path | None) -> list[Found]:
    """The servers of every file that `include` names; `main` is the file that has it, None for the demo."""
    found: list[Found] = []
    for file in _files(value, main):
        try:
            root = compose(read_text(file), str(file))
            found += _servers_alone(Value(root, "", root.start_mark, value.reading), main)
        except ConfigurationError as error:
            value.reading.problems.extend(error.problems)
        except Unreadable:
            continue
    return found


def _servers_alone(document: Value, main: Path | None) -> list[Found]:
    entries = mapping(document, "`servers:` and nothing else")
    for name, entry in entries.items():
        if name == "servers":
            continue
        if name in DOCUMENT.keys:
            whither = main.name if main is not None else "the main file"
            document.note(f"an included file holds only `servers`; move {shown_key(name)} to {whither}", entry.mark)
        else:
            refuse_stranger(document, name, entry, ("servers",))
    return servers(entries["servers"]) if "servers" in entries else []


def _files(value: Value, main: Path | None) -> list[Path]:
    """The files that the patterns match, as the user would name them; each once, by pattern and then by name."""
    alone = isinstance(value.node, yaml.ScalarNode) and not is_null(value.node)
    patterns = (_pattern(value),) if alone else list_of(_pattern, _EXPECTED)(value)
    own = os.path.realpath(main) if main is not None else None
    files: dict[str, Path] = {}
    for at, pattern in patterns:
        matches = sorted(glob.glob(pattern, root_dir=value.reading.folder))  # noqa: PTH207 - Path.glob refuses an absolute pattern
        if not matches and not glob.has_magic(pattern):
            at.note(f"{shown(pattern)} is no file in {value.reading.folder}")
        for match in matches:
            real = os.path.realpath(value.reading.folder / match)
            if real == own:
                at.note(f"{shown(pattern)} includes this file itself; give the others a folder of their own")
            else:
                files.setdefault(real, (main.parent if main is not None else Path()) / match)
    return list(files.values())


def _pattern(value: Value) -> tuple[Value, str]:
    return value, scalars.text(value, _EXPECTED)
