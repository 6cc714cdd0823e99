"""Whose a file is and whose this process: the facts of a refused permission (operator.md 11)."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path


def owner_and_mode(status: os.stat_result) -> str:
    """A file's owner, group and mode: `root:dialout 0660`."""
    group = group_name(status.st_gid) or str(status.st_gid)
    return f"{user_name(status.st_uid)}:{group} {stat.S_IMODE(status.st_mode):04o}"


def ourselves() -> str:
    """Who asks: `consolesvc runs as uid 998`."""
    return f"consolesvc runs as uid {os.geteuid()}"


def user_name(uid: int) -> str:
    """A user's name; the number of one that has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str | None:
    """A group's name; None for one that has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None


def unreadable(path: Path) -> str:
    """Why this process may not read a file, or what on the way to it: owner, group and mode, and who we are."""
    for place in (*reversed(path.absolute().parents), path):
        wanted = os.R_OK if place == path else os.X_OK
        if not os.access(place, wanted, effective_ids=True):
            bars = "" if place == path else f" and bars the way to {path}"
            return f"{place} is {owner_and_mode(place.stat())}{bars}; {ourselves()}, which may not read it"
    return f"{path} may not be read; {ourselves()}"
