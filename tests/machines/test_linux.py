"""A real Linux on each kind of line: its boot, a login, a megabyte out, a hundred kilobytes in, and a BREAK."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines.connections import CONNECTIONS, free_port, lab
from tests.machines.kernel import needs_machine
from tests.machines.qemu import BOOT, Machine, machine
from tests.machines.terminal import SHELL, Terminal
from tests.scenarios.follower import V1
from tests.scenarios.ondisk import contents
from tests.scenarios.process import Running, eventually, service

pytestmark = [needs_machine, pytest.mark.timeout(240)]

FIRST = b"[    0.000000] Linux version "
LOGIN = rb"testvm login: "
MIB = 1024 * 1024
ECHO_OFF = 0.3
"""Seconds after its prompt until getty or login has switched the echo off, and will not throw away what is typed."""


@contextlib.contextmanager
def booting(way: str, folder: Path, initrd: Path) -> Iterator[tuple[Running, Machine]]:
    """A service and a machine that are connected; the machine's processor has not run yet."""
    connection, free = CONNECTIONS[way], free_port()
    port = connection.port.format(folder=folder, free=free)
    with machine(folder / "machine", initrd, [port]) as pc:
        file = lab(connection, folder, free, pc)
        with service(folder / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected", 10)
            time.sleep(connection.settle)
            yield running, pc


@pytest.mark.parametrize("way", ["pty", "tcp-listen", "unix-listen", "telnet"])
def test_a_machine_is_worked_on_through_its_console(way: str, tmp_path: Path, linux_archive: Path) -> None:
    """Boot from its first byte, login, 1 MiB out, 100 kB in, BREAK and b, the next boot: all on one session."""
    with booting(way, tmp_path, linux_archive) as (running, pc):
        boot_unwatched(pc, tmp_path)
        with running.viewer("node3", "&replay=all") as viewer:
            terminal = Terminal(viewer)
            log_in(terminal)
            assert terminal.seen.startswith(FIRST), "the first byte of the boot, though nobody was attached"
            assert terminal.run("tty") == b"/dev/ttyS0"
            read_a_mebibyte(way, terminal)
            type_a_hundred_kilobytes(terminal)
            terminal.type("\r")
            terminal.until(SHELL)
            reboot(way, running, pc)
            terminal.until(rb"sysrq: Resetting")
            terminal.until(FIRST.replace(b"[", rb"\["), BOOT)
            terminal.until(LOGIN, BOOT)
            assert running.console("node3")["line"]["state"] == "connected"
        assert_all_in_log(pc, tmp_path)
        assert " line lost " not in running.stderr


@pytest.mark.parametrize("way", ["tcp", "unix"])
def test_a_boot_is_logged_from_its_first_byte(way: str, tmp_path: Path, linux_archive: Path) -> None:
    """Nobody attached: the log is what the machine said, by QEMU's own record, to the last byte."""
    with booting(way, tmp_path, linux_archive) as (running, pc):
        boot_unwatched(pc, tmp_path)
        assert_all_in_log(pc, tmp_path)
        with running.viewer("node3", "&since=0") as viewer:
            terminal = Terminal(viewer)
            assert terminal.take(len(FIRST)) == FIRST
            log_in(terminal)


def boot_unwatched(pc: Machine, folder: Path) -> None:
    """Switch on; the login shows in the log."""
    pc.cont()
    log = folder / "logs/node3.log"
    eventually("a login in the log", lambda: LOGIN in log.read_bytes(), BOOT)
    assert log.read_bytes().startswith(FIRST)


def log_in(terminal: Terminal) -> None:
    """As root, at the first login there is."""
    terminal.until(LOGIN)
    time.sleep(ECHO_OFF)
    terminal.type("root\r")
    terminal.until(b"Password: ")
    time.sleep(ECHO_OFF)
    terminal.type("secret\r")
    terminal.until(SHELL)


def read_a_mebibyte(way: str, terminal: Terminal) -> None:
    """Bytes of every value, by the machine's own checksum; but for IAC, which QEMU's telnet does not double."""
    no_iac = r"| tr '\377' '\0'" if way == "telnet" else ""
    terminal.run(f"head -c {MIB} /dev/urandom {no_iac} >/tmp/out")
    told = terminal.run("sha256sum </tmp/out").split()[0].decode()
    terminal.type("stty -opost; echo be''gin; cat /tmp/out; stty opost\r")
    terminal.until(rb"begin\r?\n")
    assert hashlib.sha256(terminal.take(MIB, 120)).hexdigest() == told
    terminal.until(SHELL)


def type_a_hundred_kilobytes(terminal: Terminal) -> None:
    """Likewise, the other way."""
    typed = os.urandom(100_000)
    terminal.type("stty raw -echo; echo re''ady; head -c 100000 | sha256sum; stty sane\r")
    terminal.until(rb"ready\r?\n")
    terminal.type(typed)
    assert terminal.until(rb"([0-9a-f]{64})  -", 60)[1].decode() == hashlib.sha256(typed).hexdigest()
    terminal.until(SHELL)


def reboot(way: str, running: Running, pc: Machine) -> None:
    """BREAK and b: the kernel's own key. Telnet has a BREAK; raw bytes have none, and QEMU lets the UART see one."""
    with running.viewer("node3", "&replay=0", subprotocols=[V1]) as viewer:
        if way == "telnet":
            viewer.send('{"type": "break", "ms": 300}')
        else:
            pc.send_break()
        time.sleep(0.5)
        viewer.send(b"b")


def assert_all_in_log(pc: Machine, folder: Path) -> None:
    """The log holds what QEMU saw the machine send: no more, no less, nothing else."""
    eventually("the log as the machine", lambda: is_what_was_said(contents(folder / "logs", "node3"), pc.said()))


def is_what_was_said(log: bytes, witness: bytes) -> bool:
    """Whether a log has what QEMU wrote down. A byte that found a full socket QEMU writes down at each try."""
    if log == witness:
        return True
    place = 0
    for byte in witness:
        if place < len(log) and byte == log[place]:
            place += 1
        elif not place or byte != log[place - 1]:
            return False
    return place == len(log)
