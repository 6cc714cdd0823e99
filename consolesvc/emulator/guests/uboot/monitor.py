"""What U-Boot's commands work with, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from consolesvc.emulator.guests.program import Program, Terminal
from consolesvc.emulator.guests.uboot.environment import Environment

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{1,16})")


@dataclass(slots=True)
class Monitor:
    """What the commands work with.

    Attributes:
        ending: "boot" or "reset" once a command has asked for it.
        loaded: Addresses where something was loaded.
        dump_at: Where the next `md` without an address goes on.
    """

    tty: Terminal
    environment: Environment
    ending: str = ""
    loaded: set[int] = field(default_factory=set)
    dump_at: int = 0x40000000
    nested: int = 0


Command: TypeAlias = Callable[[Monitor, list[str]], Program[bool]]
"""Runs with its arguments, its own name first; the result is whether it succeeded."""


class UsageProblem(Exception):
    """A command was called wrongly: its usage is to be shown."""


def number(text: str) -> int:
    """A hexadecimal number, as U-Boot takes them; raises UsageProblem."""
    match = _HEX.fullmatch(text)
    if match is None:
        raise UsageProblem
    return int(match[1], 16)
