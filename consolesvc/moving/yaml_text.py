"""Servers as the YAML that people write by hand: a server a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from consolesvc.config.units import format_size, parse_size
from consolesvc.moving.moved import Entry, Moved

_ENDLESS: Final = 10**9
"""Columns of a line: it is not broken."""


def configuration_text(moved: Moved, source: str) -> str:
    """Our configuration, ready for `check`; `source` is the file it comes of."""
    origin = "".join(c if c.isprintable() else "?" for c in source)
    log = dict(moved.log)
    if "segment_size" in log:
        log["segment_size"] = _size(log["segment_size"])
    lines = [f"# From {origin}. `consolesvc check` this file, then `consolesvc serve --config` it."]
    lines += [f"log: {flow(log)}"] if log else []
    lines += ["servers:" if moved.entries else "servers: []"]
    return "\n".join(lines) + "\n" + servers_text(moved.entries, indent="  ")


def servers_text(entries: Iterable[Entry], indent: str = "") -> str:
    """The items of `servers:`; an empty list is no text."""
    return "".join(f"{indent}- {flow(entry.keys())}\n" for entry in entries)


def flow(value: Mapping[str, Any]) -> str:
    """A mapping on one line, as it stands in YAML."""
    # ASCII alone, the rest escaped: whatever it held, YAML reads it and a terminal shows it.
    text = yaml.safe_dump(value, default_flow_style=True, width=_ENDLESS, sort_keys=False)
    return str(text).rstrip("\n")


def _size(size: int) -> int | str:
    """A size in the unit that people say it in, where that says the same."""
    text = format_size(size)
    return text if not text.endswith("bytes") and parse_size(text) == size else size
