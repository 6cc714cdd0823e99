"""YAML as ser2net reads it: keys that come again, and names (`&name`) that stand for texts.

PyYAML's own composer refuses a key or a name given twice, and forgets the names; so this is made of its events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from consolesvc.moving.moved import Nonsense

_DEEPEST: Final = 20
_USED = re.compile(r"\*(?:\((?P<name>[^*)][^)]*)\)|(?P<kept>[({])\*)")


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list, or keys and values in their order; with its name, "" for none, and its 1-based line.

    Attributes:
        alias: The name whose text stands here; "" where the text is its own.
    """

    line: int
    name: str = ""
    text: str | None = None
    alias: str = ""
    items: tuple[Node, ...] | None = None
    pairs: tuple[tuple[Node, Node], ...] | None = None


def read_tree(text: str, file: str) -> Node:
    """The document; raises Nonsense where it is no YAML."""
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                return _node(event, events, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise Nonsense(f"{file}{line}: is not YAML: {' '.join(str(error.problem).split())}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Nonsense(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    raise Nonsense(f"{file}: holds nothing")


def expand(node: Node, names: Mapping[str, str]) -> tuple[str, list[str]]:
    """A node's text with the texts of names put in, and the names that are not known.

    Args:
        node: A text, or the name of one: `*name`.
        names: Texts by name, as `define` gives them. `*(name)` stands for one within a text, `*(*` for itself.
    """
    missing: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found["kept"]:
            return f"*{found['kept']}"
        if found["name"] not in names:
            missing.append(found["name"])
        return names.get(found["name"], "")

    if node.alias:
        if node.alias not in names:
            return "", [node.alias]
        return names[node.alias], []
    return _USED.sub(put, node.text or ""), missing


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    line, name = (event.start_mark.line if event.start_mark else 0) + 1, getattr(event, "anchor", None) or ""
    if isinstance(event, yaml.AliasEvent):
        return Node(line, text="", alias=name)
    if isinstance(event, yaml.ScalarEvent):
        return Node(line, name, text=event.value)
    below = []
    for each in events:
        if isinstance(each, yaml.CollectionEndEvent):
            break
        below.append(_node(each, events, depth + 1))
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(line, name, items=tuple(below))
    return Node(line, name, pairs=tuple(zip(below[::2], below[1::2], strict=True)))
