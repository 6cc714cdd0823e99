"""YAML text -> nodes that know their file and line; nothing here knows what a key means.

PyYAML's nodes are kept instead of plain values because an error has to name file and line (DESIGN 5.2), and because
a plain value has forgotten what was written: `no` is False, `9600` a number, a key given twice is one key.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from consolesvc.errors import ConfigurationError, Problem

_TAG = "tag:yaml.org,2002:"
TEXT, BOOLEAN, WHOLE, FLOAT, NULL = (_TAG + name for name in ("str", "bool", "int", "float", "null"))

_BARE_IPV6 = re.compile(r"(?P<listen>\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]:\d+)")
_SHOWN = 60
LONGEST_PATH = 4096
"""Linux's own limit; a path is quoted whole."""


def read_text(path: Path) -> str:
    """A file's text; raises ConfigurationError where it cannot be read or is not UTF-8."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise _failed(path, 0, "is a directory, expected a YAML file") from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _failed(path, 0, f"cannot be read: {reason}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _failed(path, line, f"is not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8") from None


def compose(text: str, file: str) -> yaml.Node:
    """The root node of a document, its marks naming `file`; an empty document is an empty scalar.

    Raises:
        ConfigurationError: it is not YAML; one problem, at the line where reading had to stop.
    """
    try:
        loader = yaml.SafeLoader(text)
        loader.name = file  # what every mark of this document carries from here on
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = ord(text[error.position])
        raise _failed(file, line, f"holds a character that YAML does not allow: U+{code:04X}") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(text, file, error) from None
    except RecursionError:
        raise _failed(file, 0, "is nested too deep") from None
    except (ValueError, OverflowError, yaml.YAMLError) as error:
        # PyYAML lets a \U escape beyond Unicode and an overlong %YAML version through as these
        raise _failed(file, 0, f"is not YAML: {error}") from None
    return node if node is not None else blank(file)


def blank(file: str, text: str = "", tag: str = NULL) -> yaml.ScalarNode:
    """A scalar that stands on line 1 of `file` and is not in its text: a value left out, an override's key."""
    mark = yaml.Mark(file, 0, 0, 0, None, 0)
    return yaml.ScalarNode(tag, text, mark, mark)


def is_null(node: yaml.Node) -> bool:
    """Whether nothing, or a word for it, stands where a value could: `servers:`, `~`."""
    return isinstance(node, yaml.ScalarNode) and node.tag == NULL


def shown(text: str, most: int = _SHOWN) -> str:
    """A value as errors quote it: on one line, printable, never long."""
    return repr(text if len(text) <= most else text[:most] + "…")


def shown_key(text: str) -> str:
    """A key as errors quote it."""
    return f"`{text}`" if text.isprintable() and 0 < len(text) <= _SHOWN else shown(text)


def describe(node: yaml.Node) -> str:
    """A value in an error's words: `'abc'`, `101`, "a list"."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if is_null(node):
        return "nothing"
    return shown(node.value) if node.tag == TEXT else shown(node.value)[1:-1]


def _syntax_error(text: str, file: str, error: yaml.MarkedYAMLError) -> ConfigurationError:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark is not None else 0
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    problem = " ".join((error.problem or "unreadable").split())
    return _failed(file, number + 1, f"is not YAML: {problem}{_cure(line, problem)}")


def _cure(line: str, problem: str) -> str:
    if bare := _BARE_IPV6.search(line):
        return f'; quote an address in brackets: "{bare["listen"]}"'
    if "\\t" in problem:
        return "; indent with spaces"
    if re.search(r"[:,\[-]\s*\*\S*[*./]", line):
        return "; quote a pattern that starts with *"
    if "mapping values" in problem:
        return "; quote a value that holds a colon and a space"
    if "another document" in problem or "single document" in problem:
        return "; a configuration is one document: remove the `---` between them"
    return ""


def _failed(file: Path | str, line: int, text: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(file), line, "", text)])
