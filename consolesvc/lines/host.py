"""This host's own account of its devices: /sys, /proc and /dev, read and never opened as ports.

Everything beside this module takes a `Host`, so that tests can build small trees of their own.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

_PTY_MAJORS = range(136, 144)


class Host(NamedTuple):
    """Where a host shows its devices and processes."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")


THIS_HOST = Host()


def read(path: Path) -> str:
    """A small file's text, stripped; "" where it is absent, unreadable or gone while it was read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def look(device: str | Path) -> os.stat_result | None:
    """What a device is, links followed; None where it is absent or cannot be looked at. Opens nothing."""
    try:
        return Path(device).stat()
    except (OSError, ValueError):  # a ValueError is a name with a NUL in it
        return None


def device_number(device: str | Path) -> int | None:
    """The device number of a character device, links followed; None for anything else. Opens nothing."""
    status = look(device)
    return status.st_rdev if status is not None and stat.S_ISCHR(status.st_mode) else None


def parse_number(text: str) -> int | None:
    """The device number that /sys and /proc write as `4:64`; None for other text."""
    major, colon, minor = text.strip().partition(":")
    if not (colon and major.isdecimal() and minor.isdecimal()):
        return None
    return os.makedev(int(major), int(minor))


def is_pty(number: int) -> bool:
    """Whether a device number is a PTY's slave, the side that programs open."""
    return os.major(number) in _PTY_MAJORS


def tty_directory(number: int, host: Host = THIS_HOST) -> Path | None:
    """The kernel's directory for a tty; its last part is the tty's name, such as `ttyS0`. None for PTYs and others."""
    directory = host.sys / "dev/char" / f"{os.major(number)}:{os.minor(number)}"
    try:
        return directory.resolve(strict=True)
    except (OSError, RuntimeError):  # a loop of links is a RuntimeError before Python 3.13
        return None


def has_uart(device: str | Path, host: Host = THIS_HOST) -> bool:
    """Whether hardware stands behind a device, as far as the kernel says; True where it says nothing.

    A PC's kernel makes ttyS0 to ttyS3 or more whatever is fitted; those without a UART have type 0, PORT_UNKNOWN.
    """
    number = device_number(device)
    directory = None if number is None else tty_directory(number, host)
    return directory is None or read(directory / "type") != "0"
