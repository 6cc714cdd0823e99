"""A connection that is cut: by a service that stops, is killed, or hangs; and who comes back to the exact byte."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.attach.lab import Lab, lab, lives, record
from tests.cli.screen import screen
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, consolesvc, until
from tests.scenarios.ondisk import contents


def shows(out: Path, data: bytes) -> Callable[[], bool]:
    """Whether this has been written there."""
    return lambda: data in out.read_bytes()


@contextmanager
def piped(*argv: str, stdout: Path, stderr: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`attach` as a program runs it, with input that does not end."""
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(
            [*CONSOLESVC, "attach", *argv], stdin=subprocess.PIPE, stdout=out, stderr=err, env=CLEAN
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("by", ["name", "url"])
def test_a_service_that_is_upgraded_costs_no_byte(tmp_path: Path, by: str) -> None:
    """Stopped and started again, twice: what was shown, and the log of it, is what the service has on disk."""
    out, err, log = (tmp_path / name for name in ("out", "err", "log"))
    with lab(tmp_path) as (service, _):
        target = (
            "node" if by == "name" else consolesvc("url", "node", "--endpoint", service.api).stdout.decode().strip()
        )
        argv = (target, "--endpoint", service.api, "--since", "0", "--log", str(log))
        with piped(*argv, stdout=out, stderr=err) as client:
            for number in range(2):
                until(shows(out, record(number, 50)))
                service.end()
                service.start()
            until(lambda: record(2, 100) in out.read_bytes())
            service.end()
            client.terminate()
            client.wait(PATIENCE)
        said = contents(service.logs, "node")
    assert lives(said) == [0, 1, 2]
    assert said.startswith(out.read_bytes())
    assert log.read_bytes() == out.read_bytes()
    told = err.read_text()
    assert told.count("lost: consolesvc is stopping; connecting again]") == 3
    assert len(re.findall(r"\[consolesvc: back after \d+ s, at byte \d+\]", told)) == 2
    assert "missing" not in told


def test_a_service_that_is_killed_costs_no_byte_twice(tmp_path: Path) -> None:
    """kill -9: by a fresh token, as the secrets are gone; each life is whole up to its cut, the hole is told, once."""
    out, err, log = (tmp_path / name for name in ("out", "err", "log"))
    with lab(tmp_path) as (service, _):
        argv = ("node", "--endpoint", service.api, "--since", "0", "--log", str(log))
        with piped(*argv, stdout=out, stderr=err):
            for number in range(3):
                until(shows(out, record(number, 50)))
                service.end(signal.SIGKILL)
                service.start()
            until(lambda: record(3, 100) in out.read_bytes())
    assert lives(out.read_bytes()) == [0, 1, 2, 3]
    assert log.read_bytes() == out.read_bytes()
    told = err.read_text()
    assert told.count("lost: the service went away; connecting again]") == 3
    assert len(re.findall(r"\[consolesvc: bytes \d+\.\.\d+ are missing here \(\d+ bytes?\)\]", told)) == 3


def test_somebody_at_a_terminal_sees_it_and_goes_on(tmp_path: Path) -> None:
    """Told that it is lost, how to leave, when it is back, what typing meanwhile came to; keys are heard all along."""
    with (
        lab(tmp_path, told=b"hello", counts=False) as (service, machine),
        screen("attach", "node", "--endpoint", service.api) as user,
    ):
        user.expect("help.\r\n")
        user.expect("hello")
        service.end()
        user.expect("[consolesvc: connection to node lost: consolesvc is stopping; connecting again; ~. leaves]\r\n")
        user.type(b"seven..")
        user.type(b"\r~?")
        user.expect(" ~.  ^Ec.    leave")
        user.type(b"~b")
        user.expect("[consolesvc: not connected]")
        user.type(b"\x05ci")
        user.expect("\r\nNot connected now")
        service.start()
        user.expect("[consolesvc: back after ")
        user.expect("; 8 bytes typed meanwhile were not sent]\r\n")
        user.expect("hello")
        user.type(b"now\r")
        until(lambda: machine.heard == b"now\r")
        user.type(b"~.")
        user.expect("Connection to node closed.")
        assert user.code() == 0
        assert user.modes() == user.before


def test_leaving_while_it_is_cut(tmp_path: Path) -> None:
    """~. is heard; it is a failure, as what was lost never came back."""
    with (
        lab(tmp_path, told=b"hello", counts=False) as (service, _),
        screen("attach", "node", "--endpoint", service.api) as user,
    ):
        user.expect("hello")
        service.end(signal.SIGKILL)
        user.expect("[consolesvc: connection to node lost: the service went away; connecting again; ~. leaves]")
        user.type(b"\r~.")
        user.expect("Connection to node closed.")
        assert user.code() == 1
        assert user.modes() == user.before


def test_a_url_whose_token_is_gone(tmp_path: Path) -> None:
    """Killed and back without its secrets, a service knows neither: a fresh URL is needed, exit code 4."""
    out, err = tmp_path / "out", tmp_path / "err"
    with lab(tmp_path, told=b"hello", counts=False) as (service, _):
        url = consolesvc("url", "node", "--endpoint", service.api).stdout.decode().strip()
        with piped(url, "--replay", "all", stdout=out, stderr=err) as client:
            until(lambda: out.read_bytes() == b"hello")
            service.end(signal.SIGKILL)
            service.start()
            assert client.wait(PATIENCE) == 4
    assert re.search(
        r" ended: refused by ws://127\.0\.0\.1:\d+: the token is unknown.*; get a fresh URL\.\n", err.read_text()
    )
    assert url.partition("token=")[2] not in err.read_text()


def test_a_server_that_does_not_come_back(tmp_path: Path) -> None:
    """Gone from the configuration meanwhile: not found, exit code 3."""
    out, err = tmp_path / "out", tmp_path / "err"
    with (
        lab(tmp_path, told=b"hello", counts=False) as (service, _),
        piped("node", "--endpoint", service.api, "--replay", "all", stdout=out, stderr=err) as client,
    ):
        until(lambda: out.read_bytes() == b"hello")
        service.end()
        config = tmp_path / "lab.yaml"
        config.write_text(config.read_text().replace("name: node,", "name: other,"))
        service.start()
        assert client.wait(PATIENCE) == 3
    assert " ended: " in err.read_text()


def test_once_is_enough_for_who_says_so(tmp_path: Path) -> None:
    """--no-reconnect: the first cut is the end, and a failure."""
    with (
        lab(tmp_path, told=b"hello", counts=False) as (service, _),
        screen("attach", "node", "--endpoint", service.api, "--no-reconnect") as user,
    ):
        user.expect("hello")
        service.end()
        user.expect("Connection to node ended: consolesvc is stopping.")
        assert user.code() == 1


def test_a_service_that_hangs_is_left_and_found_again(tmp_path: Path) -> None:
    """No sign of life after something was typed: the connection is given up, and another has its place."""
    with (
        lab(tmp_path, told=b"hello", counts=False) as (service, _),
        screen("attach", "node", "--endpoint", service.api) as user,
    ):
        user.keys.timeout = 45
        user.expect("hello")
        hang(service)
        user.type(b"?")
        user.expect("lost: the service went away; 1 byte typed just before may not have arrived; connecting again; ")
        assert service.process is not None
        service.process.send_signal(signal.SIGCONT)
        user.expect("[consolesvc: back after ")
        user.type(b"\r~.")
        assert user.code() == 0


def hang(service: Lab) -> None:
    """Stop a service in the middle of whatever it does."""
    assert service.process is not None
    service.process.send_signal(signal.SIGSTOP)


def test_a_cut_at_the_end_of_input_is_a_failure(tmp_path: Path) -> None:
    """Output may have been missed: a script is told by exit code 1."""
    with lab(tmp_path, told=b"hello", counts=False) as (service, _):
        argv = [*CONSOLESVC, "attach", "node", "--endpoint", service.api, "--linger", "3"]
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN
        ) as client:
            assert client.stderr is not None
            assert client.stderr.readline() == b"Connected to node.\n"
            time.sleep(0.2)
            service.end(signal.SIGKILL)
            assert client.wait(PATIENCE) == 1
            assert client.stderr.read().endswith(b" ended: the connection was cut before the end of its output.\n")


def test_input_from_a_pipe_waits_for_the_service(tmp_path: Path) -> None:
    """What a program writes while the service is down is sent when it is back; quiet is quiet where nothing is lost."""
    out, err = tmp_path / "out", tmp_path / "err"
    with lab(tmp_path, told=b"hello", counts=False) as (service, machine):
        argv = ("node", "--endpoint", service.api, "--replay", "all", "--quiet")
        with piped(*argv, stdout=out, stderr=err) as client:
            assert client.stdin is not None
            until(lambda: out.read_bytes() == b"hello")
            service.end()
            client.stdin.write(b"typed meanwhile\n")
            client.stdin.flush()
            service.start()
            until(lambda: machine.heard == b"typed meanwhile\n")
            client.stdin.close()
            assert client.wait(PATIENCE) == 0
    assert out.read_bytes() == b"hellohello"
    assert err.read_bytes() == b""
