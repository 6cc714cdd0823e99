"""Ports that belong to this host itself: its kernel console, and those somebody logs in on."""

from __future__ import annotations

import os
from pathlib import Path

from consolesvc.errors import LineUnavailable
from consolesvc.lines.holders import Holder, open_devices, pids, printable
from consolesvc.lines.host import THIS_HOST, Host, device_number, parse_number, read, tty_directory

_DEV_CONSOLE = os.makedev(5, 1)
_STAT_TTY = 4  # in /proc/PID/stat, counted from the field behind the program's name


def host_console(device: str, host: Host = THIS_HOST) -> str | None:
    """Why `device` is this host's own console, with what to do about it; None where it is not. Opens nothing.

    Reads /proc/PID/stat of every process: some milliseconds on a busy host.
    """
    number = device_number(device)
    own = None if number is None else belongs_to_host(number, kernel_consoles(host), logins(host), host)
    return None if own is None else str(own)


def belongs_to_host(
    number: int, kernel: dict[int, str], logged_in: dict[int, Holder], host: Host = THIS_HOST
) -> LineUnavailable | None:
    """Why a line may not use a device number unasked; None where it may.

    `kernel` and `logged_in` come from `kernel_consoles` and `logins`: one look at the host serves many ports.
    """
    if number in kernel:
        return LineUnavailable(
            f"this host's own kernel console (console={kernel[number]})",
            "set `allow_host_console: true` on the line to use it all the same",
        )
    if number in logged_in:
        holder = logged_in[number]
        if holder.program.endswith("getty"):
            cure = f"{getty_cure(number, host)}, or set `allow_host_console: true` on the line"
            return LineUnavailable(f"{holder.program} (pid {holder.pid}) offers this host's login on it", cure)
        cure = f"log out and {getty_cure(number, host)}, or set `allow_host_console: true` on the line"
        return LineUnavailable(f"somebody is logged in to this host on it (pid {holder.pid}, {holder.program})", cure)
    return None


def getty_cure(number: int, host: Host = THIS_HOST) -> str:
    """The command that takes a port from the getty that systemd runs on it."""
    directory = tty_directory(number, host)
    return f"`systemctl disable --now serial-getty@{directory.name if directory else 'NAME'}`"


def kernel_consoles(host: Host = THIS_HOST) -> dict[int, str]:
    """The names of the kernel's consoles by device number; /dev/console itself is among them."""
    consoles = {}
    active = read(host.sys / "class/tty/console/active").split()
    for name in active:
        number = parse_number(read(host.sys / "class/tty" / name / "dev"))
        if number is not None:
            consoles[number] = name
    for line in read(host.proc / "consoles").splitlines():
        fields = line.split()
        number = parse_number(fields[-1]) if fields else None
        if number is not None:
            consoles.setdefault(number, fields[0])
    if consoles:
        consoles[_DEV_CONSOLE] = active[-1] if active else next(iter(consoles.values()))
    return consoles


def logins(host: Host = THIS_HOST) -> dict[int, Holder]:
    """The gettys and login programs by the device number of the terminal they serve."""
    found: dict[int, Holder] = {}
    for pid in pids(host):
        name, terminal = _terminal_of(pid, host)
        if not (_is_login(name) or (terminal and _is_login(name := _argv0(pid, host)))):
            continue
        for number in {terminal} if terminal else open_devices(pid, host):
            found[number] = Holder(pid, name)
    return found


def _terminal_of(pid: int, host: Host) -> tuple[str, int]:
    """A process's program and the device number of its controlling terminal, 0 for none."""
    before, _, behind = read(host.proc / str(pid) / "stat").rpartition(")")  # a program's name may hold a ")" too
    fields = behind.split()
    if len(fields) <= _STAT_TTY or not fields[_STAT_TTY].removeprefix("-").isdecimal():
        return "", 0
    packed = int(fields[_STAT_TTY]) & 0xFFFFFFFF
    major, minor = (packed >> 8) & 0xFFF, (packed & 0xFF) | ((packed >> 12) & 0xFFF00)
    return printable(before.partition("(")[2]), os.makedev(major, minor) if packed else 0


def _argv0(pid: int, host: Host) -> str:
    """How a process was called, which for a small system's getty is not its program's name."""
    return printable(Path(read(host.proc / str(pid) / "cmdline").partition("\0")[0]).name)


def _is_login(name: str) -> bool:
    return name.endswith("getty") or name in {"login", "sulogin"}
