from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.lines.holders import Holder, holders, lock_owners, openers, printable
from tests.lines.trees import Tree, as_nobody, number_of, open_pty

HOLD = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
LOCK = "import fcntl, sys; file = open(sys.argv[1], 'rb', 0); fcntl.flock(file, 2); print(flush=True); sys.stdin.read()"


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def started(script: str, device: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", script, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    process.communicate()


def test_a_process_with_the_device_open_is_found(slave: str) -> None:
    """A real process that merely opened a real device is named with its program; we ourselves are not."""
    process = started(HOLD, slave)
    try:
        assert [holder.pid for holder in holders(slave)] == [process.pid]
        assert holders(slave)[0].program.startswith("python")
    finally:
        finish(process)
    assert holders(slave) == []


def test_a_device_is_known_under_every_name(slave: str, tmp_path: Path) -> None:
    """A holder that opened the device under one name is found when asked under another."""
    link = tmp_path / "usb-FTDI"
    link.symlink_to(slave)
    process = started(HOLD, slave)
    try:
        assert [holder.pid for holder in holders(str(link))] == [process.pid]
    finally:
        finish(process)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_lock_is_seen_without_privilege(slave: str) -> None:
    """/proc/locks names a holder whose open files another user may not list."""
    process = started(LOCK, slave)
    try:
        found = as_nobody("answer = [h.pid for h in holders(argv[0])]", slave)
        assert [process.pid] == found
    finally:
        finish(process)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_without_lock_or_privilege_nobody_is_named(slave: str) -> None:
    """What another user merely has open is not guessed at."""
    process = started(HOLD, slave)
    try:
        assert as_nobody("answer = [h.pid for h in holders(argv[0])]", slave) == []
    finally:
        finish(process)


def test_our_own_lock_is_ours(slave: str) -> None:
    """`lock_owners` counts this process in, `holders` does not."""
    descriptor = os.open(slave, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert lock_owners(slave) == {os.getpid()}
        assert holders(slave) == []
    finally:
        os.close(descriptor)


def test_processes_that_wait_for_a_lock_do_not_hold_it(tree: Tree, slave: str) -> None:
    """Waiters, foreign files, locks without a process and torn lines in /proc/locks are passed over."""
    status = Path(slave).stat()
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    (tree.host.proc / "locks").write_text(
        f"1: FLOCK  ADVISORY  WRITE 812 {file} 0 EOF\n"
        f"1: -> FLOCK  ADVISORY  WRITE 813 {file} 0 EOF\n"
        f"2: FLOCK  ADVISORY  WRITE 814 {file}9 0 EOF\n"
        f"3: OFDLCK ADVISORY  WRITE -1 {file} 0 EOF\n"
        f"4: FLOCK  ADVISORY  WRITE 0 {file} 0 EOF\n"
        "5: FLOCK\n"
    )
    tree.process(812, "minicom")
    assert [Holder(812, "minicom")] == holders(slave, tree.host)


def test_processes_that_cannot_be_read_are_passed_over(tree: Tree, slave: str) -> None:
    """Processes that ended, files that are gone, and things in /proc that are no process are silently left out."""
    tree.process(30, "screen", files=["/dev/null", slave])
    tree.process(7, "gone", files=["/dev/pts/999999", "socket:[123]", "/tmp/x"])
    (tree.host.proc / "8").mkdir()
    (tree.host.proc / "self").mkdir()
    assert [Holder(30, "screen")] == holders(slave, tree.host)


def test_an_absent_device_has_no_holders(tree: Tree) -> None:
    """Neither a missing file nor a name no file can have is an error."""
    assert holders(str(tree.host.dev / "ttyUSB9"), tree.host) == []
    assert holders("/dev/tty\0USB0", tree.host) == []
    assert lock_owners("/dev/tty\0USB0", tree.host) == set()


def test_a_host_without_proc_shows_nobody(tmp_path: Path, slave: str) -> None:
    """A tree without /proc at all gives an empty answer."""
    tree = Tree(tmp_path / "a")
    tree.host.proc.rmdir()
    assert holders(slave, tree.host) == []


def test_the_search_is_bounded(tree: Tree, slave: str) -> None:
    """When the time is up, what was found so far is the answer."""
    for pid in (10, 11, 12):
        tree.process(pid, "screen", files=[slave])
    ticks = iter([0.0, 0.1, 0.2, 0.3])
    found = openers({number_of(slave)}, tree.host, limit=0.25, clock=lambda: next(ticks))
    assert {number_of(slave): [Holder(10, "screen"), Holder(11, "screen")]} == found


def test_one_search_serves_many_devices(tree: Tree, slave: str) -> None:
    """Holders come back by device, ours and uninteresting devices left out."""
    with open_pty() as other:
        tree.process(5, "minicom", files=[slave, other, "/dev/zero"])
        tree.process(6, "screen", files=[other])
        found = openers({number_of(slave), number_of(other)}, tree.host)
        assert [Holder(5, "minicom")] == found[number_of(slave)]
        assert [Holder(5, "minicom"), Holder(6, "screen")] == found[number_of(other)]
        assert len(found) == 2


def test_a_holder_reads_as_words() -> None:
    """A holder is shown as pid and program, or as its pid alone."""
    assert str(Holder(812, "minicom")) == "pid 812 (minicom)"
    assert str(Holder(812)) == "pid 812"


def test_a_program_cannot_write_to_the_terminal() -> None:
    """A process may call itself anything; what reaches a viewer is printable ASCII."""
    assert printable("\x1b[2Jé minicom") == "?[2J? minicom"
