from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.lines.holders import Holder
from consolesvc.lines.hostconsole import host_console, kernel_consoles, logins
from tests.lines.trees import Tree, number_of, open_pty


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_kernel_console_is_known_under_every_name(tree: Tree, slave: str) -> None:
    """A by-id link, the plain name and the device itself all lead to the console named in sysfs."""
    device = tree.tty("ttyS0", slave, kind="4")
    link = tree.link("by-id", "pci-serial", device)
    tree.kernel_console("tty0", "ttyS0")
    expected = (
        "this host's own kernel console (console=ttyS0): "
        "set `allow_host_console: true` on the line to use it all the same"
    )
    assert expected == host_console(str(device), tree.host)
    assert expected == host_console(str(link), tree.host)
    assert expected == host_console(slave, tree.host)


def test_a_console_that_only_proc_lists_counts(tree: Tree, slave: str) -> None:
    """Where sysfs does not tell, /proc/consoles does; consoles without a device in it are passed over."""
    number = number_of(slave)
    (tree.host.proc / "consoles").write_text(
        f"netcon0 --- (E  p  )\nttyAMA0 -W- (EC p a)  {os.major(number)}:{os.minor(number)}\n"
    )
    sentence = host_console(slave, tree.host)
    assert sentence is not None
    assert "(console=ttyAMA0)" in sentence


def test_dev_console_is_the_kernel_console(tree: Tree) -> None:
    """/dev/console has a number of its own and is the last console named."""
    with open_pty() as slave:
        tree.tty("ttyS0", slave)
        tree.kernel_console("tty0", "ttyS0")
        assert kernel_consoles(tree.host)[os.makedev(5, 1)] == "ttyS0"


def test_another_port_is_nobodys(tree: Tree, slave: str) -> None:
    """A port beside the console, and things that are no devices, are not this host's own."""
    device = tree.tty("ttyUSB0", slave)
    tree.kernel_console("ttyS0")
    assert host_console(str(device), tree.host) is None
    assert host_console(str(tree.host.dev), tree.host) is None
    assert host_console("/dev/ttyUSB9", tree.host) is None


def test_a_getty_is_named_with_its_unit(tree: Tree, slave: str) -> None:
    """A getty whose terminal is the port, by the kernel's name for the port rather than the configured link."""
    device = tree.tty("ttyUSB0", slave)
    link = tree.link("by-id", "usb-FTDI", device)
    tree.process(711, "agetty", terminal=number_of(slave))
    assert host_console(str(link), tree.host) == (
        "agetty (pid 711) offers this host's login on it: `systemctl disable --now serial-getty@ttyUSB0`, "
        "or set `allow_host_console: true` on the line"
    )


def test_somebody_logged_in_is_said(tree: Tree, slave: str) -> None:
    """After the password the getty has become `login`, and a shell has the terminal."""
    device = tree.tty("ttyS1", slave)
    tree.process(711, "login", terminal=number_of(slave))
    tree.process(712, "bash", terminal=number_of(slave))
    sentence = host_console(str(device), tree.host)
    assert sentence is not None
    assert sentence.startswith("somebody is logged in to this host on it (pid 711, login): log out and `systemctl ")


def test_a_getty_without_a_terminal_is_found_by_its_files(tree: Tree, slave: str) -> None:
    """Some gettys wait for a ring before they take the port as their terminal."""
    tree.process(711, "mgetty", files=["/dev/null", slave])
    assert Holder(711, "mgetty") == logins(tree.host)[number_of(slave)]


def test_other_programs_on_the_port_are_no_login(tree: Tree, slave: str) -> None:
    """A shell or minicom with the port as its terminal does not make it this host's console."""
    tree.process(711, "minicom", terminal=number_of(slave), files=[slave])
    assert host_console(slave, tree.host) is None


def test_a_name_in_proc_stat_may_hold_anything(tree: Tree, slave: str) -> None:
    """Brackets and blanks in a program's name do not shift the fields behind it; torn files are passed over."""
    tree.process(5, "x) S 1 (getty", terminal=number_of(slave))
    (tree.host.proc / "6").mkdir()
    (tree.host.proc / "6" / "stat").write_text("6 (agetty")
    (tree.host.proc / "7").mkdir()
    (tree.host.proc / "7" / "stat").write_text("7 (agetty) S 1 7 7 many -1")
    assert {number_of(slave): Holder(5, "x) S 1 (getty")} == logins(tree.host)


def test_large_device_numbers_are_unpacked(tree: Tree) -> None:
    """/proc/PID/stat packs the minor's upper bits above the major."""
    number = os.makedev(188, 0x12345)
    tree.process(9, "agetty", terminal=number)
    assert {number: Holder(9, "agetty")} == logins(tree.host)


def test_a_real_getty_is_found(slave: str) -> None:
    """A real process called `agetty` with a real PTY as its controlling terminal, seen through the real /proc."""

    def take_terminal() -> None:
        os.setsid()
        descriptor = os.open(slave, os.O_RDWR)
        fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        ["/sbin/agetty", "-c", "print(flush=True); import sys; sys.stdin.read()"],
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=take_terminal,  # noqa: PLW1509 - it must become the session's leader between fork and exec
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        sentence = host_console(slave)
        assert sentence is not None
        assert sentence.startswith(f"agetty (pid {process.pid}) offers this host's login on it: ")
    finally:
        process.communicate()
