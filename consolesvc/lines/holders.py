"""Who has a device open: what /proc shows to the user we run as."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from consolesvc.lines.host import THIS_HOST, Host, look, read

SEARCH_TIME = 0.25
"""Seconds after which a search is content with what it has found: a busy host has many thousand open files."""


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """A process that has a device open. `program` is its name in printable ASCII, "" where it cannot be had."""

    pid: int
    program: str = ""

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.program})" if self.program else f"pid {self.pid}"


def holders(
    device: str,
    host: Host = THIS_HOST,
    *,
    limit: float = SEARCH_TIME,
    clock: Callable[[], float] = time.monotonic,
) -> list[Holder]:
    """The other processes that have `device` open, by pid: those we may look into, and those that hold a lock on it.

    Without privilege only locks and our own user's processes can be seen, so an empty list proves nothing.
    The search ends after `limit` seconds by `clock`.
    """
    status = look(device)
    if status is None:
        return []
    found = {pid: Holder(pid, program(pid, host)) for pid in lock_owners(device, host) if pid != os.getpid()}
    for holder in openers({status.st_rdev}, host, limit=limit, clock=clock).get(status.st_rdev, []):
        found[holder.pid] = holder
    return sorted(found.values())


def lock_owners(device: str, host: Host = THIS_HOST) -> set[int]:
    """The processes that took a lock on `device`, our own among them; /proc/locks shows them to every user."""
    status = look(device)
    if status is None:
        return set()
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    owners = set()
    for line in read(host.proc / "locks").splitlines():
        match line.split():
            case [_, _, _, _, pid, held, *_] if held == file and pid.isdecimal() and "->" not in line:
                owners.add(int(pid))
    return owners - {0}


def openers(
    numbers: AbstractSet[int],
    host: Host = THIS_HOST,
    *,
    limit: float = SEARCH_TIME,
    clock: Callable[[], float] = time.monotonic,
) -> dict[int, list[Holder]]:
    """The other processes that have any of these device numbers open, by device number, each list by pid."""
    found: dict[int, list[Holder]] = {}
    deadline = clock() + limit
    for pid in pids(host):
        if clock() > deadline:
            break
        if pid == os.getpid():
            continue
        for number in open_devices(pid, host) & numbers:
            found.setdefault(number, []).append(Holder(pid, program(pid, host)))
    return found


def open_devices(pid: int, host: Host = THIS_HOST) -> set[int]:
    """The device numbers a process has open; empty where it is gone or another user's."""
    numbers = set()
    with contextlib.suppress(OSError):
        for file in (host.proc / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                # Looking at the name first keeps us from asking a network file system that may never answer.
                if file.readlink().is_relative_to("/dev"):
                    numbers.add(file.stat().st_rdev)
    return numbers - {0}


def pids(host: Host = THIS_HOST) -> Iterator[int]:
    """Every process shown to us, in order."""
    with contextlib.suppress(OSError):
        yield from sorted(int(entry.name) for entry in host.proc.iterdir() if entry.name.isdecimal())


def program(pid: int, host: Host = THIS_HOST) -> str:
    """The name of a process's program in printable ASCII, "" where it is gone."""
    return printable(read(host.proc / str(pid) / "comm"))


def is_service(pid: int, host: Host = THIS_HOST) -> bool:
    """Whether a process is a consolesvc that serves, however it was started."""
    words = read(host.proc / str(pid) / "cmdline").split("\0")
    names = [word.rpartition("/")[2] for word in words[: words.index("serve")]] if "serve" in words else []
    return "consolesvc" in [program(pid, host), *names]


def printable(name: str) -> str:
    """A name fit for a viewer's notice: a process may call itself anything, escape sequences included."""
    return "".join(c if " " <= c <= "~" else "?" for c in name)
