"""What the statements of a default or a console come to, one after the other (conserver.cf(5), default).

A later statement takes the place of an earlier one, an empty value too, and `include` brings in what a default has set
to something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from consolesvc.moving.conserver.blocks import Block, Statement, shown
from consolesvc.moving.conserver.keywords import IDENTITY, KEYWORDS, OPTIONS
from consolesvc.moving.moved import Moved, Place

_SEPARATORS = re.compile(r"[, \f\v\t\n\r]+")
_CHOICES: Final = {
    "type": ("device", "ipmi", "exec", "host", "noop", "uds"),
    "parity": ("even", "mark", "none", "odd", "space"),
    "protocol": ("telnet", "raw"),
    "ipmiprivlevel": ("user", "operator", "admin"),
}
"""Values that are words, in any case."""
_SHOWN: Final = frozenset({"aliases", "ro", "rw"})
"""Keywords whose values a note repeats; another's may be a secret."""
_PLAIN_BREAK: Final = frozenset({"1", "*"})
"""Conserver's own break number 1 is a plain one."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An option, set or set off."""

    on: bool
    place: Place


@dataclass(slots=True)
class Settings:
    """Values by keyword, each with its place, and options by name."""

    values: dict[str, Statement] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)

    def include(self, other: Settings) -> None:
        """Take over what another has set."""
        self.values.update({keyword: each for keyword, each in other.values.items() if each.value})
        self.flags.update(other.flags)

    def text(self, keyword: str) -> str:
        """A value; "" where there is none, or an empty one."""
        found = self.values.get(keyword)
        return "" if found is None else found.value

    def flag(self, option: str, *, default: bool) -> bool:
        """Whether an option is set."""
        found = self.flags.get(option)
        return default if found is None else found.on


def apply(block: Block, settings: Settings, defaults: Mapping[str, Settings], moved: Moved) -> None:
    """Apply the statements of a default or a console, and note what of them has no place here.

    Args:
        block: Whose statements.
        settings: What they are applied to.
        defaults: What may be included, by names in lower case.
        moved: Takes the notes.
    """
    for statement in block.statements:
        what = f"{block.title}: {statement.keyword}"
        if statement.keyword == "include":
            included = defaults.get(statement.value.lower())
            if included is not None:
                settings.include(included)
            elif statement.value:
                moved.leave_out(statement.place, what, f"there is no default {shown(statement.value)} before it")
        elif statement.keyword == "options":
            _apply_options(statement, what, settings, moved)
        elif not statement.value:
            settings.values[statement.keyword] = statement
        elif _is_choice(statement, what, moved):
            settings.values[statement.keyword] = statement
            _tell(block, statement, what, moved)


def _is_choice(statement: Statement, what: str, moved: Moved) -> bool:
    choices = _CHOICES.get(statement.keyword)
    if choices is None or statement.value.lower() in choices:
        return True
    expected = f"expected one of {', '.join(choices)}"
    moved.leave_out(statement.place, f"{what} {shown(statement.value)}", expected)
    return False


def _tell(block: Block, statement: Statement, what: str, moved: Moved) -> None:
    """Note what has no place here."""
    text = KEYWORDS[block.kind][statement.keyword]
    everybody = text == IDENTITY and statement.keyword == "rw" and statement.value.strip() == "*"
    plain = statement.keyword in ("break", "breaklist") and statement.value in _PLAIN_BREAK
    if text and not everybody and not plain:
        value = f" {shown(statement.value)}" if statement.keyword in _SHOWN else ""
        moved.leave_out(statement.place, what + value, text)


def _apply_options(statement: Statement, what: str, settings: Settings, moved: Moved) -> None:
    if not statement.value:
        settings.flags.clear()
    for word in filter(None, _SEPARATORS.split(statement.value)):
        name, on = word.removeprefix("!").lower(), not word.startswith("!")
        if name not in OPTIONS:
            moved.leave_out(statement.place, f"{what} {shown(word)}", "conserver has no such option")
            continue
        settings.flags[name] = Flag(on, statement.place)
        text = OPTIONS[name][0 if on else 1]
        if text:
            moved.leave_out(statement.place, f"{what} {shown(word)}", text)
