"""Small real trees that stand for a host's /sys, /proc and /dev, PTYs as their devices; and an unprivileged child."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from consolesvc.lines.host import Host

NOBODY = 65534


class Tree:
    """A host below a folder. `host` is what the code under test is given."""

    def __init__(self, root: Path) -> None:
        self.host = Host(root / "sys", root / "proc", root / "dev")
        for folder in (self.host.sys / "class/tty/console", self.host.sys / "dev/char", self.host.proc, self.host.dev):
            folder.mkdir(parents=True)

    def tty(
        self, name: str, slave: str, *, driver: str = "", kind: str = "", usb: Mapping[str, str] | None = None
    ) -> Path:
        """A tty in sysfs as a USB adapter or a PC's UART shows it, its device file leading to the PTY `slave`."""
        number = number_of(slave)
        numbers = f"{os.major(number)}:{os.minor(number)}"
        adapter = self.host.sys / "devices" / f"adapter-{name}"
        directory = adapter / "interface" / "tty" / name
        directory.mkdir(parents=True)
        (directory / "dev").write_text(numbers + "\n")
        (directory / "device").symlink_to("../..")
        if kind:
            (directory / "type").write_text(kind + "\n")
        for key, value in (usb or {}).items():
            (adapter / key).write_text(value + "\n")
        if driver:
            self.driven(adapter / "interface", "usb-serial", driver)
        (self.host.sys / "class/tty" / name).symlink_to(directory)
        (self.host.sys / "dev/char" / numbers).symlink_to(directory)
        device = self.host.dev / name
        device.symlink_to(slave)
        return device

    def driven(self, device: Path, bus: str, driver: str) -> None:
        """Give a device of sysfs its bus and driver."""
        for folder in (self.host.sys / "bus" / bus, self.host.sys / "bus" / bus / "drivers" / driver):
            folder.mkdir(parents=True, exist_ok=True)
        (device / "subsystem").symlink_to(self.host.sys / "bus" / bus)
        (device / "driver").symlink_to(self.host.sys / "bus" / bus / "drivers" / driver)

    def link(self, folder: str, name: str, device: Path) -> Path:
        """A link in /dev/serial/by-id or by-path."""
        link = self.host.dev / "serial" / folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(device)
        return link

    def process(self, pid: int, name: str, *, argv0: str = "", terminal: int = 0, files: Sequence[str] = ()) -> None:
        """A process: its program's name, its controlling terminal's device number, its open files."""
        directory = self.host.proc / str(pid)
        (directory / "fd").mkdir(parents=True)
        packed = (terminal & 0xFF) | (os.major(terminal) << 8) | ((os.minor(terminal) & ~0xFF) << 12) if terminal else 0
        (directory / "comm").write_text(name + "\n")
        (directory / "stat").write_text(f"{pid} ({name}) S 1 {pid} {pid} {packed} -1 4194560 0 0\n")
        (directory / "cmdline").write_text(f"{argv0 or name}\0-\0")
        for descriptor, file in enumerate(files):
            (directory / "fd" / str(descriptor)).symlink_to(file)

    def kernel_console(self, *names: str) -> None:
        """What the kernel lists as its consoles in sysfs."""
        (self.host.sys / "class/tty/console/active").write_text(" ".join(names) + "\n")


@contextlib.contextmanager
def open_pty() -> Iterator[str]:
    """The path of a raw PTY's slave, which exists as long as the context."""
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        yield os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


def number_of(path: str | Path) -> int:
    """A device file's number."""
    return Path(path).stat().st_rdev


def as_nobody(body: str, *argv: str, uid: int = NOBODY, gid: int = NOBODY) -> Any:
    """What the Python code `body` binds to `answer` in a process of a user without rights; `argv` is its to read.

    It imports as root and then drops its rights, so that the checkout need not be readable by that user.
    """
    script = f"""
import errno, fcntl, json, os, sys, termios
from consolesvc.lines.diagnosis import diagnose
from pathlib import Path
from consolesvc.lines.holders import holders
from consolesvc.lines.host import Host
from consolesvc.lines.ports import find_ports
from consolesvc.lines.permission import may_open, permission_denied
os.setgroups([]); os.setgid({gid}); os.setuid({uid})
argv = json.loads(sys.stdin.read())
def failure(path):
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        return error
{body}
print(json.dumps(answer))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(argv),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
