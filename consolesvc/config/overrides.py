"""`--set key.path=value`: a value parsed as YAML takes the place of a node before the document is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from consolesvc.config.reading import OVERRIDE
from consolesvc.config.yaml_nodes import TEXT, blank, compose, describe, is_null, shown
from consolesvc.errors import ConfigurationError, Problem

_INDEX = re.compile(r"[0-9]{1,6}")


def overridden(root: yaml.Node, overrides: Sequence[str], problems: list[Problem]) -> yaml.Node:
    """The document with every override in its place; what is wrong with one is added to `problems`.

    Overrides apply in their order. A key that is not there is added, with the mappings on the way to it; a list
    takes an index it has, or the next one.
    """
    for override in overrides:
        path, equals, value = override.partition("=")
        path = path.strip()
        if not equals or not path or not all(path.split(".")):
            problems.append(Problem(OVERRIDE, 0, "", f"{shown(override)} is no override, expected KEY.PATH=VALUE"))
            continue
        try:
            root = _replaced(root, path.split("."), compose(value, OVERRIDE), path)
        except ConfigurationError as error:
            problems += [Problem(OVERRIDE, 0, path, problem.text) for problem in error.problems]
        except _NoSuchPlace as error:
            problems.append(Problem(OVERRIDE, 0, path, str(error)))
    return root


class _NoSuchPlace(Exception):
    """An override's path leads nowhere."""


def _replaced(node: yaml.Node, steps: list[str], value: yaml.Node, path: str) -> yaml.Node:
    """A copy of `node` with `value` at `steps`. Copied, because an alias makes one node stand in two places."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, yaml.SequenceNode):
        children: list[yaml.Node] = list(node.value)
        if not _INDEX.fullmatch(step) or int(step) > len(children):
            raise _NoSuchPlace(f"{shown(step)} is no place in a list of {len(children)}, expected 0 to {len(children)}")
        old = children[int(step)] if int(step) < len(children) else blank(OVERRIDE)
        children[int(step) : int(step) + 1] = [_replaced(old, rest, value, path)]
        return yaml.SequenceNode(node.tag, children, node.start_mark, node.end_mark)
    if not isinstance(node, yaml.MappingNode):
        if not is_null(node):
            raise _NoSuchPlace(f"there is {describe(node)} where {shown(step)} would be, expected a mapping")
        node = yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark, node.end_mark)
    pairs: list[tuple[yaml.Node, yaml.Node]] = list(node.value)
    at = next((index for index, (key, _) in enumerate(pairs) if key.value == step), len(pairs))
    old = pairs[at][1] if at < len(pairs) else blank(OVERRIDE)
    # A key on the way keeps its line; the last one is the override's own.
    key = blank(OVERRIDE, step, TEXT) if at == len(pairs) or not rest else pairs[at][0]
    pairs[at : at + 1] = [(key, _replaced(old, rest, value, path))]
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
