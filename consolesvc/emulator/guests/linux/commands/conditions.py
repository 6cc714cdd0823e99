"""`test` and `[`: whether something is so, for `&&` and `||`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from consolesvc.emulator.guests.linux.filesystem import File, Folder, Node
from consolesvc.emulator.guests.linux.session import Call, UsageProblem, integer

_FILES: Final[dict[str, Callable[[Node], bool]]] = {
    "-e": lambda _node: True,
    "-r": lambda _node: True,
    "-f": lambda node: isinstance(node, File),
    "-d": lambda node: isinstance(node, Folder),
    "-s": lambda node: not isinstance(node, File) or bool(node.content),
    "-x": lambda node: isinstance(node, Folder) or (isinstance(node, File) and node.executable),
}
_NUMBERS: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": lambda one, other: one == other,
    "-ne": lambda one, other: one != other,
    "-lt": lambda one, other: one < other,
    "-le": lambda one, other: one <= other,
    "-gt": lambda one, other: one > other,
    "-ge": lambda one, other: one >= other,
}


def test(call: Call) -> int:
    """`test CONDITION`, `[ CONDITION ]`: -e -f -d -s -x FILE, -n -z TEXT, TEXT = TEXT, NUMBER -eq NUMBER; ! is not."""
    words = list(call.args)
    if call.name.endswith("[") and (not words or words.pop() != "]"):
        raise UsageProblem("missing ]")
    wanted = True
    while len(words) > 1 and words[0] == "!":
        wanted, words = not wanted, words[1:]
    return 0 if _holds(call, words) is wanted else 1


def _holds(call: Call, words: list[str]) -> bool:
    match words:
        case []:
            return False
        case [text]:
            return bool(text)
        case ["-n" | "-z" as sign, text]:
            return bool(text) is (sign == "-n")
        case [sign, path] if sign in _FILES:
            node = call.session.files.find(path, call.session.folder)
            return node is not None and _FILES[sign](node)
        case [one, "=" | "==", other]:
            return one == other
        case [one, "!=", other]:
            return one != other
        case [one, sign, other] if sign in _NUMBERS:
            return _NUMBERS[sign](integer(one), integer(other))
    raise UsageProblem("no condition that is known here; try: help test")
