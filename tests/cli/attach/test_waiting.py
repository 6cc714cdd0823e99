"""`--wait`: for a service that is not up, and for a machine that it does not know yet; and those that never come."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from tests.cli.attach.lab import lab
from tests.cli.screen import screen
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, consolesvc, service

NOWHERE = "http://127.0.0.1:1"


def test_a_service_that_never_comes() -> None:
    """Waited for as long as it was said: exit code 124, and what was the matter."""
    begun = time.monotonic()
    done = consolesvc("attach", "node", "--endpoint", NOWHERE, "--wait", "--timeout", "1.5s")
    assert time.monotonic() - begun > 1.5
    assert (done.returncode, done.stdout) == (124, b"")
    first, last = done.stderr.decode().splitlines()  # however often it was tried
    assert first.startswith(f"[consolesvc: no answer from {NOWHERE}: Connection refused; ")
    assert first.endswith("; waiting]")
    assert last.startswith(f"consolesvc: timed out after 1.5 s: no answer from {NOWHERE}: Connection refused")


def test_a_service_that_comes(tmp_path: Path) -> None:
    """The user may start both in any order; the terminal is the user's own until then."""
    with (
        lab(tmp_path, told=b"hello", counts=False, start=False) as (late, _),
        screen("attach", "node", "--endpoint", late.api, "--wait") as user,
    ):
        user.expect("; waiting]")
        assert user.modes() == user.before
        late.start()
        user.expect("Connected to node. ")
        user.expect("hello")
        user.type(b"\x05c.")
        assert user.code() == 0


def test_a_service_that_comes_with_its_socket(tmp_path: Path) -> None:
    """It is looked for at each try, and not only at the first, which was before it was there."""
    with lab(tmp_path, told=b"hello", counts=False, start=False) as (late, _):
        argv = [*CONSOLESVC, "attach", "node", "--wait", "--replay", "all", "--until", "hello", "--timeout", "20s"]
        environment = CLEAN | {"STATE_DIRECTORY": str(tmp_path / "state")}
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as client:
            assert client.stderr is not None
            assert client.stdout is not None
            assert b"; waiting]" in client.stderr.readline()
            late.start()
            assert client.stdout.read().startswith(b"hello")
            assert client.wait(PATIENCE) == 0
            assert b"Connected to node.\n" in client.stderr.read()


def test_a_machine_that_comes(tmp_path: Path) -> None:
    """Not in the configuration yet, as of now it is."""
    with (
        service(tmp_path, "node1: echo") as lab,
        screen("attach", "node2", "--endpoint", lab.api, "--wait") as user,
    ):
        user.expect("[consolesvc: 'node2' is no console here; there are: node1; waiting]")
        lab.reload("node1: echo", "node2: echo")
        user.expect("Connected to node2. ")
        user.type(b"\x05c.")
        assert user.code() == 0


def test_giving_it_up() -> None:
    """^C is the terminal's own while nothing is attached."""
    with screen("attach", "node", "--endpoint", NOWHERE, "--wait") as user:
        user.expect("; waiting]")
        user.type(b"\x03")
        assert user.code() == 130
        assert user.modes() == user.before


def test_what_waiting_does_not_change(tmp_path: Path) -> None:
    """A name that several have the beginning of; a token that is none."""
    with service(tmp_path, "node1: echo", "node2: echo") as lab:
        done = consolesvc("attach", "node", "--endpoint", lab.api, "--wait")
        assert done.returncode == 3
        assert b"is the beginning of several names: node1, node2" in done.stderr
        done = consolesvc("attach", f"{lab.proxy}?token=none", "--wait")
        assert done.returncode == 4


def test_a_url_whose_service_is_not_up(tmp_path: Path) -> None:
    """Its token outlives a stop of the service, and is waited with."""
    with lab(tmp_path, told=b"hello", counts=False) as (late, _):
        url = consolesvc("url", "node", "--endpoint", late.api).stdout.decode().strip()
        late.end()
        argv = [*CONSOLESVC, "attach", url, "--wait", "--replay", "all"]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN
        ) as client:
            assert client.stderr is not None
            assert client.stdout is not None
            assert b"; waiting]" in client.stderr.readline()
            late.start()
            assert client.stdout.read(10) == b"hellohello"
            client.send_signal(signal.SIGINT)
            assert client.wait(PATIENCE) == 130


def test_without_it_there_is_no_waiting() -> None:
    """A script that has not asked for it is told at once."""
    done = consolesvc("attach", "node", "--endpoint", NOWHERE)
    assert done.returncode == 1
    assert done.stderr.startswith(b"consolesvc: no answer from ")
