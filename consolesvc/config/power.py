"""`power:` of a server: the commands that switch its machine. Their words stay here: an argument may be a secret."""

from __future__ import annotations

from consolesvc.config import linekeys, scalars
from consolesvc.config.reading import Parser, Section, Unreadable, Value, mapping
from consolesvc.config.server import PowerCommands

COMMANDS = ("reset", "on", "off", "status")
_EXAMPLE = "such as {reset: [ipmitool, -E, -I, lanplus, -H, bmc8, chassis, power, reset], env_file: bmc8.env}"


def _timeout(value: Value) -> float:
    """Seconds, more than none: a command that never ends would be the server's task for ever."""
    seconds = scalars.duration(value)
    if not seconds:
        raise value.unexpected("a time such as 60s, more than 0")
    return seconds


_KEYS: dict[str, Parser[object]] = {
    **dict.fromkeys(COMMANDS, linekeys.argv),
    "timeout": _timeout,
    "env_file": scalars.existing_file,
}
_SECTION: Section[PowerCommands] = Section(PowerCommands, _KEYS)


def power_commands(value: Value) -> PowerCommands:
    """The mapping of a server's `power`; at least one command is in it."""
    entries = mapping(value, f"the commands that switch the machine, {_EXAMPLE}")
    noted = len(value.reading.problems)
    given = _SECTION.given(value, entries)
    if len(value.reading.problems) > noted:
        raise Unreadable
    if not given.keys() & set(COMMANDS):
        raise value.wrong(f"has none of {', '.join(COMMANDS)}, expected one of them at least, {_EXAMPLE}")
    return PowerCommands(**given)
