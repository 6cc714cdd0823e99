"""U-Boot's commands, in one literal table."""

from __future__ import annotations

import re
from typing import Final

from consolesvc.emulator.guests.program import Program, work
from consolesvc.emulator.guests.uboot.environment import SIZE
from consolesvc.emulator.guests.uboot.language import statements, substitute
from consolesvc.emulator.guests.uboot.memory import boot_image, dump, load
from consolesvc.emulator.guests.uboot.monitor import Command, Monitor, UsageProblem

VERSION: Final = "U-Boot 2024.01 (Jan 15 2024 - 09:00:00 +0000) consolesvc fake board"
MOST_NESTED: Final = 16
"""How deep `run` may call itself."""


def execute(monitor: Monitor, script: str) -> Program[bool]:
    """Run commands joined by `;` and `&&`; stops when one starts something else. Raises Interrupted."""
    good = True
    for statement in statements(script):
        if statement.joint == "&&" and not good:
            continue
        words = [substitute(word, monitor.environment.variables) for word in statement.words]
        good = yield from _run_one(monitor, [word for word in words if word])
        if monitor.ending:
            break
    return good


def _run_one(monitor: Monitor, words: list[str]) -> Program[bool]:
    if not words:
        return True
    name = _full_name(words[0].partition(".")[0])
    known = COMMANDS.get(name)
    if known is None:
        monitor.tty.write(f"Unknown command '{words[0]}' - try 'help'\n")
        return False
    try:
        return (yield from known[0](monitor, words))
    except UsageProblem:
        monitor.tty.write(f"{name} - {known[2]}\n\nUsage:\n{name} {known[1]}\n")
        return False


def _full_name(given: str) -> str:
    """The command that is abbreviated so, where it can be but one; else what was given."""
    fitting = [name for name in COMMANDS if name.startswith(given)]
    return fitting[0] if given not in COMMANDS and len(fitting) == 1 else given


def _env(monitor: Monitor, words: list[str]) -> Program[bool]:
    verbs = {"print": _printenv, "set": _setenv, "save": _saveenv, "run": _run}
    if len(words) < 2 or words[1] not in verbs:  # noqa: PLR2004 - a name and a verb
        raise UsageProblem
    return (yield from verbs[words[1]](monitor, words[1:]))


def _help(monitor: Monitor, words: list[str]) -> Program[bool]:
    for name, (_, usage, summary) in COMMANDS.items():
        if not words[1:]:
            monitor.tty.write(f"{name:<10}- {summary}\n")
        elif name in words[1:]:
            monitor.tty.write(f"{name} - {summary}\n\nUsage:\n{name} {usage}\n")
    yield from work()
    return True


def _version(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    monitor.tty.write(f"{VERSION}\n\naarch64-linux-gnu-gcc 12.2.0\nGNU ld 2.40\n")
    yield from work()
    return True


def _bdinfo(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    facts = (
        ("boot_params", "0x0000000000000000"), ("DRAM bank", "0x0000000000000000"), ("-> start", "0x0000000040000000"),
        ("-> size", "0x0000000040000000"), ("flashstart", "0x0000000000000000"), ("baudrate", "115200 bps"),
        ("relocaddr", "0x000000007ff2c000"), ("current eth", "virtio-net#1"),
        ("ethaddr", monitor.environment.variables.get("ethaddr", "(not set)")), ("arch_number", "0x0000000000000000"),
        ("TLB addr", "0x000000007fff0000"), ("irq_sp", "0x000000007deeb140"), ("Build", "64-bit"),
    )  # fmt: skip
    for name, value in facts:
        monitor.tty.write(f"{name:<12}= {value}\n")
    yield from work()
    return True


def _printenv(monitor: Monitor, words: list[str]) -> Program[bool]:
    variables = monitor.environment.variables
    good = True
    for name in words[1:] or sorted(variables):
        if name in variables:
            monitor.tty.write(f"{name}={variables[name]}\n")
        else:
            monitor.tty.write(f'## Error: "{name}" not defined\n')
            good = False
    if not words[1:]:
        monitor.tty.write(f"\nEnvironment size: {monitor.environment.size()}/{SIZE - 4} bytes\n")
    yield from work()
    return good


def _setenv(monitor: Monitor, words: list[str]) -> Program[bool]:
    if not words[1:]:
        raise UsageProblem
    variables = monitor.environment.variables
    name, values = words[1], words[2:]
    if "=" in name:
        monitor.tty.write(f"## Error: illegal character '=' in variable name \"{name}\"\n")
        return False
    before = variables.pop(name, None)
    if values:
        variables[name] = " ".join(values)
    if monitor.environment.size() > SIZE - 4:
        monitor.tty.write("## Error: environment overflow\n")
        variables.pop(name, None)
        variables.update({} if before is None else {name: before})
        return False
    yield from work()
    return True


def _saveenv(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    monitor.tty.write("Saving Environment to Flash... Erasing Flash...")
    yield from work(0.4)
    monitor.tty.write(" done\nWriting to Flash...")
    yield from work(0.2)
    monitor.environment.save()
    monitor.tty.write(" done\nOK\n")
    return True


def _echo(monitor: Monitor, words: list[str]) -> Program[bool]:
    monitor.tty.write(" ".join(words[1:]) + "\n")
    yield from work()
    return True


def _sleep(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    if len(words) != 2 or not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", words[1], re.ASCII):  # noqa: PLR2004 - one argument
        raise UsageProblem
    yield from work(float(words[1]))
    return True


def _boot(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    return (yield from _run(monitor, ["run", "bootcmd"]))


def _run(monitor: Monitor, words: list[str]) -> Program[bool]:
    if not words[1:]:
        raise UsageProblem
    good = True
    yield from work()
    for name in words[1:]:
        script = monitor.environment.variables.get(name)
        if script is None:
            monitor.tty.write(f'## Error: "{name}" not defined\n')
            return False
        if monitor.nested >= MOST_NESTED:
            monitor.tty.write("## Error: run is nested too deeply\n")
            return False
        monitor.nested += 1
        try:
            good = yield from execute(monitor, script)
        finally:
            monitor.nested -= 1
    return good


def _reset(monitor: Monitor, words: list[str]) -> Program[bool]:  # noqa: ARG001 - a command's signature
    monitor.tty.write("resetting ...\n")
    monitor.ending = "reset"
    yield from work(0.3)
    return True


COMMANDS: Final[dict[str, tuple[Command, str, str]]] = {
    "bdinfo": (_bdinfo, "", "print Board Info structure"),
    "boot": (_boot, "", "boot default, i.e., run 'bootcmd'"),
    "bootd": (_boot, "", "boot default, i.e., run 'bootcmd'"),
    "booti": (boot_image, "addr [initrd[:size] [fdt]]", "boot Linux kernel 'Image' format from memory"),
    "echo": (_echo, "[args..]", "echo args to console"),
    "env": (_env, "print [name ...] | set name [value ...] | save | run var [...]", "environment handling commands"),
    "help": (_help, "[command ...]", "print command description/usage"),
    "load": (load, "virtio <dev[:part]> <addr> <filename>", "load binary file from a filesystem"),
    "md": (dump, "[.b, .w, .l, .q] address [# of objects]", "memory display"),
    "printenv": (_printenv, "[name ...]", "print environment variables"),
    "reset": (_reset, "", "perform RESET of the CPU"),
    "run": (_run, "var [...]", "run commands in an environment variable"),
    "saveenv": (_saveenv, "", "save environment variables to persistent storage"),
    "setenv": (_setenv, "name [value ...]", "set environment variables"),
    "sleep": (_sleep, "seconds", "delay execution for some time"),
    "version": (_version, "", "print monitor, compiler and linker version"),
}
"""Name to function, usage, and summary."""
