"""Commands of the shell itself: help, variables, time, and leaving."""

from __future__ import annotations

import re
from typing import Final

from consolesvc.emulator.guests.linux.session import Call, UsageProblem
from consolesvc.emulator.guests.program import Program, work
from consolesvc.emulator.guests.width import COLUMNS

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def show_help(call: Call) -> int:
    """`help [COMMAND]`: what there is, or what a command does."""
    if call.args:
        return man(call)
    call.out("This is a fake server; these commands are built into its shell:\n\n")
    row = " "
    for name in sorted(call.session.commands):
        if len(row) + len(name) + 1 > COLUMNS - 1:
            call.out(row + "\n")
            row = " "
        row += f" {name}"
    call.out(row + "\n\n")
    call.out('Also: pipes, >, >>, <, ;, &&, ||, "quotes", $NAME, $((6*7)), *.txt, Tab, ^C, ^D, the up key.\n')
    call.out("`help NAME` says what one does. Files last until the next boot.\n")
    return 0


def man(call: Call) -> int:
    """`man COMMAND`: one line about a command."""
    if not call.args:
        return call.complain("what command do you want to know about?")
    for name in call.args:
        command = call.session.commands.get(name)
        if command is None:
            return call.complain(f"nothing about {name}; try: help", 16)
        call.out((command.__doc__ or "").replace("`", "").rstrip(".") + "\n")
    return 0


def history(call: Call) -> int:
    """`history`: the lines typed before."""
    for number, line in enumerate(call.session.history.lines, start=1):
        call.out(f"{number:5}  {line}\n")
    return 0


def clear(call: Call) -> int:
    """`clear`: an empty screen."""
    call.out("\x1b[H\x1b[2J\x1b[3J")
    return 0


def export(call: Call) -> int:
    """`export [NAME=VALUE...]`: set variables, or show them."""
    if not call.args:
        for name, value in sorted(call.session.environment.items()):
            call.out(f"export {name}='{value}'\n")
    for arg in call.args:
        name, equals, value = arg.partition("=")
        if not _NAME.fullmatch(name):
            return call.complain(f"{name}: bad variable name", 2)
        if equals:
            call.session.environment[name] = value
    return 0


def unset(call: Call) -> int:
    """`unset NAME...`: forget variables."""
    for name in call.args:
        # These are the shell's own: its prompt is made of them.
        if name not in ("LOGNAME", "HOME"):
            call.session.environment.pop(name, None)
    return 0


def env(call: Call) -> int:
    """`env [NAME]`: the variables, or one."""
    variables = call.session.environment
    if call.args:
        if call.args[0] not in variables:
            return 1
        call.out(variables[call.args[0]] + "\n")
        return 0
    for name, value in variables.items():
        call.out(f"{name}={value}\n")
    return 0


def type_(call: Call) -> int:
    """`type NAME...`: whether a command is there."""
    status = 0
    for name in call.args:
        known = name in call.session.commands
        status = status if known else 1
        if call.name == "which":
            call.out(f"/bin/{name}\n" if known else "")
        else:
            call.out(f"{name} is a shell builtin\n" if known else f"{name}: not found\n")
    return status


def true(call: Call) -> int:  # noqa: ARG001 - a command's signature
    """`true`: do nothing, well."""
    return 0


def false(call: Call) -> int:  # noqa: ARG001 - a command's signature
    """`false`: do nothing, and fail."""
    return 1


def sleep(call: Call) -> Program[int]:
    """`sleep SECONDS`: wait; ^C ends it. Also 5m, 1h, infinity."""
    if not call.args:
        raise UsageProblem("missing operand")
    seconds = 0.0
    for arg in call.args:
        if arg in ("inf", "infinity"):
            yield from work(None)
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})([smhd]?)", arg, re.ASCII)
        if match is None:
            raise UsageProblem(f"invalid time interval '{arg}'")
        seconds += float(match[1]) * _UNITS[match[2]]
    yield from work(seconds)
    return 0


def sudo(call: Call) -> int:
    """`sudo COMMAND`: you are root already, so it just runs it."""
    if call.args[:1] in (["-i"], ["-s"]):
        return 0  # the shell that this would open is the one that asks
    call.out("sudo: you are root already; type the command after it\n")
    return 0


def leave(call: Call) -> int:
    """`exit`: log out."""
    call.session.left = True
    return call.session.status


def no_editor(call: Call) -> int:
    """`vi, nano, ...`: there is no editor here."""
    call.err(f"{call.name}: there is no editor on this fake server; write files with: cat > FILE (^D ends it)\n")
    return 1


def no_units(call: Call) -> int:
    """`systemctl, journalctl`: what booted was only text."""
    call.err(f"{call.name}: the services of this fake server are only the text of its boot; see: dmesg\n")
    return 1
