"""systemd's protocols by themselves: what is read from the environment, and what is sent."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.systemd import Notifier, take_notifier, take_sockets


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket that systemd reads."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        yield sock


def test_what_is_sent(heard: socket.socket) -> None:
    """Assignments, one a line; a status of several lines is one."""
    notifier = take_notifier({"NOTIFY_SOCKET": heard.getsockname()})
    notifier.ready("two\nlines  of it")
    assert heard.recv(999) == b"READY=1\nSTATUS=two lines of it"
    notifier.alive("x")
    assert heard.recv(999) == b"WATCHDOG=1\nSTATUS=x"
    notifier.stopping()
    assert heard.recv(999) == b"STOPPING=1\nSTATUS=stopping"
    notifier.reloading()
    first, second = heard.recv(999).split(b"\n")
    assert first == b"RELOADING=1"
    assert second.startswith(b"MONOTONIC_USEC=")


def test_an_abstract_address() -> None:
    """Its @ stands for a NUL."""
    name = f"consolesvc-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        take_notifier({"NOTIFY_SOCKET": f"@{name}"}).ready("x")
        assert sock.recv(999).startswith(b"READY=1")


def test_without_systemd(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is asked for, nothing is sent, nothing is said."""
    notifier = take_notifier({"WATCHDOG_USEC": "1000000"})
    assert notifier.watchdog is None
    notifier.ready("x")
    assert take_sockets({}) == []
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("usec", "pid", "watchdog"),
    [
        ("30000000", "", 30.0),
        ("500000", "ours", 0.5),
        ("500000", "1", None),
        ("0", "", None),
        ("", "", None),
        ("x", "", None),
        ("-1", "", None),
    ],
)
def test_the_watchdog(heard: socket.socket, usec: str, pid: str, watchdog: float | None) -> None:
    """Wanted of this process, in microseconds."""
    pid = str(os.getpid()) if pid == "ours" else pid
    environ = {"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid, "HOME": "/"}
    assert take_notifier(environ).watchdog == watchdog
    assert environ == {"HOME": "/"}, "taken out, so that no command on a line is taken for us"


def test_an_address_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """systemd has others, such as vsock; they are said and left alone."""
    take_notifier({"NOTIFY_SOCKET": "vsock:2:1234"}).ready("x")
    assert "NOTIFY_SOCKET=vsock:2:1234: expected a path" in caplog.text


def test_a_systemd_that_does_not_read(heard: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    """Its queue is full: a sign of life does not wait, another message a second; and one warning is all."""
    caplog.set_level(logging.WARNING)
    notifier = take_notifier({"NOTIFY_SOCKET": heard.getsockname()})
    begun = time.monotonic()
    while "could not be told" not in caplog.text:
        notifier.alive("x" * 1000)
        assert time.monotonic() - begun < 20
    for tell, seconds in ((notifier.alive, 0.5), (notifier.ready, 2)):
        begun = time.monotonic()
        tell("x")
        assert time.monotonic() - begun < seconds
    assert caplog.text.count("could not be told") == 1


def test_sockets_for_another_process() -> None:
    """LISTEN_PID is a shell's around us: not ours, and the variables go all the same."""
    environ = {"LISTEN_FDS": "2", "LISTEN_PID": "1", "LISTEN_FDNAMES": "api:proxy", "HOME": "/"}
    assert take_sockets(environ) == []
    assert environ == {"HOME": "/"}


def test_repr() -> None:
    """For whoever debugs."""
    assert repr(Notifier("/run/systemd/notify")) == "<Notifier '/run/systemd/notify'>"
