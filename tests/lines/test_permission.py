from __future__ import annotations

import grp
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.lines.permission import may_open
from tests.lines.trees import NOBODY, as_nobody, open_pty

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

CURE = "error = failure(argv[0]); d = diagnose(argv[0], error); answer = [d.reason, d.cure]"
NO_USER = 4_000_123
DYNAMIC_USER = 61_200
NO_GROUP = 4_000_456
DIALOUT = grp.getgrnam("dialout").gr_gid


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture
def device() -> Iterator[str]:
    """A device file that is no PTY by its number, in a folder that everybody may pass: root's, closed to others.

    It is a plain file, because a mode is a mode: what is asked for here is never opened successfully. pytest's own
    temporary folders are closed to other users.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder).resolve() / "ttyUSB0"
        path.touch()
        owned(str(path), 0, 0o600)
        yield str(path)


def owned(device: str, gid: int, mode: int, uid: int = 0) -> None:
    os.chown(device, uid, gid)
    Path(device).chmod(mode)


def nobody() -> str:
    return pwd.getpwuid(NOBODY).pw_name


def test_the_cure_is_the_group(device: str) -> None:
    """A port of a group we are not in: owner, group, mode, who we are, and the command that joins us."""
    owned(device, DIALOUT, 0o660)
    reason, cure = as_nobody(CURE, device)
    assert reason == "permission denied"
    facts = f"{device} is root:dialout 0660; consolesvc runs as uid {NOBODY}"
    assert cure == f"{facts}: `usermod -aG dialout {nobody()}`, then restart"


def test_a_member_since_the_start_restarts(device: str) -> None:
    """The databases have us in the group, this process started before that: a restart is all there is to do."""
    owned(device, NOBODY, 0o660)
    group = grp.getgrgid(NOBODY).gr_name
    reason, cure = as_nobody(CURE, device, gid=NO_GROUP)
    assert reason == "permission denied"
    assert cure.endswith(f"{nobody()} is in group {group}, but this process started without it: restart")


@pytest.mark.parametrize("uid", [NO_USER, DYNAMIC_USER])
def test_a_user_without_an_entry_cannot_join(device: str, uid: int) -> None:
    """No usermod for a bare uid or one of systemd's dynamic users: the unit gives the group."""
    owned(device, DIALOUT, 0o660)
    _, cure = as_nobody(CURE, device, uid=uid)
    assert f"consolesvc runs as uid {uid}: " in cure
    assert cure.endswith("set `SupplementaryGroups=dialout` in the unit, then restart")


@pytest.mark.parametrize(
    ("gid", "mode", "facts"),
    [
        (DIALOUT, 0o600, "root:dialout 0600"),
        (DIALOUT, 0o640, "root:dialout 0640"),
        (0, 0o660, "root:root 0660"),
        (NO_GROUP, 0o660, f"root:{NO_GROUP} 0660"),
    ],
)
def test_a_group_that_helps_nobody_needs_a_udev_rule(device: str, gid: int, mode: int, facts: str) -> None:
    """Where the group may not use the port, is root's, or has no name, joining it is no advice."""
    owned(device, gid, mode)
    _, cure = as_nobody(CURE, device)
    assert cure.startswith(
        f"{device} is {facts}; consolesvc runs as uid {NOBODY}: `chgrp dialout {device} && chmod 0660 "
    )
    assert cure.endswith('a udev rule for good: `KERNEL=="ttyUSB[0-9]*", GROUP="dialout", MODE="0660"`')


def test_an_owner_without_rights_opens_the_mode(device: str) -> None:
    """The owner's bits rule the owner, whatever group and others may."""
    owned(device, DIALOUT, 0o066, uid=NOBODY)
    _, cure = as_nobody(CURE, device)
    assert cure.endswith(f": `chmod u+rw {device}`")


def test_a_directory_that_bars_the_way_is_named(device: str) -> None:
    """The device itself cannot be seen: the folder, its mode and the command for it."""
    folder = Path(device).parent / "locked"
    folder.mkdir(mode=0o700)
    _, cure = as_nobody(CURE, str(folder / "ttyUSB1"))
    expected = (
        f"{folder} is root:root 0700 and bars the way to {folder}/ttyUSB1; "
        f"consolesvc runs as uid {NOBODY}: `chmod o+x {folder}`"
    )
    assert expected == cure


def test_a_directory_behind_a_link_is_named(device: str) -> None:
    """The way goes through links, relative ones too: it is the last folder that bars it."""
    folder = Path(device).parent / "locked"
    folder.mkdir(mode=0o700)
    link = Path(device).parent / "console"
    link.symlink_to("locked/ttyUSB1")
    _, cure = as_nobody(CURE, str(link))
    assert cure.startswith(f"{folder} is root:root 0700 and bars the way to {link}; ")


def test_a_pty_belongs_to_its_maker(slave: str) -> None:
    """No udev rule reaches a PTY: its maker's mode does."""
    owned(slave, grp.getgrnam("tty").gr_gid, 0o620)
    _, cure = as_nobody(CURE, slave)
    assert cure.endswith(f": run consolesvc as root, or `chmod o+rw {slave}`")


def test_a_pty_made_for_a_group_is_for_its_members(slave: str) -> None:
    """socat's `group=dialout,mode=0660`: a group is joined, as for a port; but tty is everybody's terminals."""
    owned(slave, DIALOUT, 0o660)
    _, cure = as_nobody(CURE, slave)
    assert cure.endswith(f"`usermod -aG dialout {nobody()}`, then restart")
    for gid in (0, grp.getgrnam("tty").gr_gid):
        owned(slave, gid, 0o660)
        _, cure = as_nobody(CURE, slave)
        assert cure.endswith(f": run consolesvc as root, or `chmod o+rw {slave}`")


def test_a_mode_that_allows_blames_something_else(device: str) -> None:
    """EPERM on a port everybody may use is a device cgroup or the like."""
    owned(device, 0, 0o666)
    answer = as_nobody("answer = str(diagnose(argv[0], PermissionError(errno.EPERM, '')))", device)
    assert answer.startswith(f"permission denied: {device} is root:root 0666; consolesvc runs as uid {NOBODY}: ")
    assert "`DeviceAllow=`" in answer


def test_a_path_for_the_shell_is_quoted(device: str) -> None:
    """A command to copy is safe to copy."""
    odd = Path(device).parent / "tty USB0"
    odd.touch(mode=0o600)
    _, cure = as_nobody(CURE, str(odd))
    assert f"chmod 0660 '{odd}'" in cure


def test_may_open_asks_for_both_ways(device: str, slave: str) -> None:
    """A port we may only read or only write is none we may open; a PTY of everybody's is."""
    Path(device).chmod(0o644)
    Path(slave).chmod(0o666)
    answer = as_nobody("answer = [may_open(path) for path in argv]", device, slave)
    assert answer == [False, True]
    assert may_open(device)
