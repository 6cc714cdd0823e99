"""Why this process may not open a device, and the command that cures it (operator.md 11)."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from pathlib import Path

from consolesvc.errors import LineUnavailable
from consolesvc.lines.host import is_pty, look
from consolesvc.ownership import group_name, ourselves, owner_and_mode, user_name

_READ_WRITE = 0o6
_DYNAMIC_USERS = range(61184, 65520)  # systemd's DynamicUser: they have names, but no file that usermod could change
_MOST_LINKS = 40  # the kernel's own limit


def may_open(device: str) -> bool:
    """Whether the mode of `device` and its directories let this process read and write it. Opens nothing."""
    return os.access(device, os.R_OK | os.W_OK, effective_ids=True)


def permission_denied(device: str) -> LineUnavailable:
    """What an EACCES or EPERM at opening `device` means for this process, and its cure."""
    return LineUnavailable("permission denied", _cure(device))


def _cure(device: str) -> str:
    status = look(device)
    if status is None:
        return _barred(device)
    facts = f"{device} is {owner_and_mode(status)}; {ourselves()}"
    if may_open(device):
        return f"{facts}: its mode allows that; a unit's `DeviceAllow=`, a container or a security module does not"
    if status.st_uid == os.geteuid():
        return f"{facts}: `chmod u+rw {shlex.quote(device)}`"
    group = group_name(status.st_gid)
    ours_to_join = group is not None and status.st_gid != 0 and status.st_mode >> 3 & _READ_WRITE == _READ_WRITE
    # Whoever is in group tty may write to every user's terminal.
    if is_pty(status.st_rdev) and not (ours_to_join and group != "tty"):
        return f"{facts}: run consolesvc as {user_name(status.st_uid)}, or `chmod o+rw {shlex.quote(device)}`"
    if stat.S_ISSOCK(status.st_mode) and (not status.st_gid or status.st_mode >> 3 & _READ_WRITE != _READ_WRITE):
        cure = f"`setfacl -m u:{os.geteuid()}:rw {shlex.quote(device)}`"
        return f"{facts}: its program has to make it for a group of ours; for now {cure}"
    if group is None or not ours_to_join:
        return f"{facts}: {_udev_rule(device)}"
    return f"{facts}: {_join(group, status.st_gid)}"


def _barred(device: str) -> str:
    """The cure where a directory on the way, links followed, does not let us through."""
    here = Path(device).absolute()
    for _ in range(_MOST_LINKS):
        for directory in reversed(here.parents):
            if not os.access(directory, os.X_OK, effective_ids=True):
                facts = f"{directory} is {owner_and_mode(directory.stat())} and bars the way to {device}"
                return f"{facts}; {ourselves()}: `chmod o+x {shlex.quote(str(directory))}`"
        if not here.is_symlink():
            break
        here = here.parent / here.readlink()
    return f"{ourselves()}, and {device} cannot be looked at"


def _join(group: str, gid: int) -> str:
    """How this process gets into a group: a running process keeps the groups it started with."""
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        user = None
    if user is None or uid in _DYNAMIC_USERS:
        return f"this user cannot be added to a group, so set `SupplementaryGroups={group}` in the unit, then restart"
    if gid in os.getgrouplist(user.pw_name, user.pw_gid):
        return f"{user.pw_name} is in group {group}, but this process started without it: restart"
    return f"`usermod -aG {group} {user.pw_name}`, then restart"


def _udev_rule(device: str) -> str:
    """The cure where the group of a device is not meant for its users."""
    group = _serial_group()
    kernel = Path(device).resolve().name.rstrip("0123456789")
    path = shlex.quote(device)
    rule = f'KERNEL=="{kernel}[0-9]*", GROUP="{group}", MODE="0660"'
    return f"`chgrp {group} {path} && chmod 0660 {path}` for now, and a udev rule for good: `{rule}`"


def _serial_group() -> str:
    """The group that this distribution gives its serial ports to."""
    names = {entry.gr_name for entry in grp.getgrall()}
    return "uucp" if "uucp" in names and "dialout" not in names else "dialout"
