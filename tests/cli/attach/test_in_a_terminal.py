"""`attach` as a person uses it: in a real terminal, at a real service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import Screen, screen
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, Running, consolesvc, service, until


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lab")
    with service(folder, "typed: echo", "piped: echo", "left: echo") as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    """A service that the test may end."""
    with service(tmp_path, "echo1: echo", "echo2: echo") as running:
        yield running


def attached(on: Screen, name: str) -> None:
    """Wait until the console is there, and see that the terminal is raw by then."""
    on.expect(f"Connected to {name}. Escape is ~.")
    on.expect("\r\n")
    assert on.is_raw()


def test_what_is_typed_reaches_the_machine_and_what_it_says_the_screen(lab: Running) -> None:
    """Keys go there and come back, Enter ~. leaves with exit code 0, and the terminal is as it was."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.type(b"uname -a")
        user.expect("uname -a")
        user.type(b"\r~.")
        user.expect("Connection to typed closed.")
        assert user.code() == 0
        assert user.modes() == user.before


def test_the_beginning_of_a_name_is_enough(lab: Running) -> None:
    """The line at attach gives the whole name; ~. works at once, before anything was typed."""
    with screen("attach", "ty", "--endpoint", f"{lab.api}/v2.1") as user:
        attached(user, "typed")
        user.type(b"~.")
        assert user.code() == 0


def test_the_escapes(lab: Running) -> None:
    """~~ sends one ~, ~? explains, and any other key after ~ goes with it; not after Enter, ~. is text."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.type(b"\r~~/bin <~.> \r~x> \r")
        user.expect("\r~/bin <~.> \r~x> \r")
        user.type(b"~?")
        user.expect(" ~.  ^Ec.    leave; the console stays open\r\n")
        user.type(b"~.")
        assert user.code() == 0


def test_control_keys_go_to_the_machine(lab: Running) -> None:
    r"""^C, ^D, ^Z, ^S, ^Q, ^\ and ^V are bytes like any other: the terminal makes nothing of them."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.type(b"<\x03\x04\x1a\x13\x11\x1c\x16>")
        user.expect(b"<\x03\x04\x1a\x13\x11\x1c\x16>")
        assert user.process.poll() is None


def test_bytes_pass_unchanged(lab: Running) -> None:
    """UTF-8, both kinds of line end, and bytes that are no text at all come back as they went."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        data = "žluťoučký 控制台 🖧".encode() + b"\n\r\r\n\x00\x7f\x80\xff>"
        user.type(data)
        user.expect(data)


def test_a_silent_machine_is_told_of(lab: Running) -> None:
    """Who sees nothing is told to press Enter."""
    with screen("attach", "left", "--endpoint", lab.api) as user:
        attached(user, "left")
        user.expect("press Enter")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_with_the_terminal_restored(lab: Running, number: signal.Signals) -> None:
    """Whoever waits for it sees the signal; the terminal shows no trace of it."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.process.send_signal(number)
        assert user.code() == -number
        assert user.modes() == user.before


def test_an_interrupt_from_outside_restores_the_terminal(lab: Running) -> None:
    """`kill -INT` is no key: it ends the command as a shell expects."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.process.send_signal(signal.SIGINT)
        assert user.code() == 130
        assert user.modes() == user.before


def test_stopped_it_gives_the_terminal_back_and_continued_it_takes_it_again(lab: Running) -> None:
    """`kill -TSTP` and `kill -CONT` leave a usable terminal in between, and the session goes on."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(user.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert user.modes() == user.before
        user.process.send_signal(signal.SIGCONT)
        until(user.is_raw)
        user.type(b"again")
        user.expect("again")


def test_the_terminal_going_away_ends_it(lab: Running) -> None:
    """A closed window leaves no process behind."""
    with screen("attach", "typed", "--endpoint", lab.api) as user:
        attached(user, "typed")
        user.hang_up()
        assert user.code() == -signal.SIGHUP


def test_a_service_that_stops_says_so(own: Running) -> None:
    """TERM to the service ends the session in a plain sentence, as a failure: nobody asked for it here."""
    with screen("attach", "echo1", "--endpoint", own.api, "--no-reconnect") as user:
        attached(user, "echo1")
        own.process.terminate()
        user.expect("\nConnection to echo1 ended: consolesvc is stopping.")
        assert user.code() == 1
        assert user.modes() == user.before


def test_a_service_that_is_killed_is_noticed(own: Running) -> None:
    """Without a goodbye it is the service that went away."""
    with screen("attach", "echo1", "--endpoint", own.api, "--no-reconnect") as user:
        attached(user, "echo1")
        own.process.kill()
        user.expect("\nConnection to echo1 ended: the service went away.")
        assert user.code() == 1
        assert user.modes() == user.before


def test_a_session_that_is_ended_says_why(own: Running) -> None:
    """The close frame's reason is shown: here the server was taken out of the configuration."""
    with screen("attach", "echo1", "--endpoint", own.api) as user:
        attached(user, "echo1")
        own.reload("echo2: echo")
        user.expect("\nConnection to echo1 ended: ")
        user.expect("removed")
        assert user.code() == 3
        assert user.modes() == user.before


def test_an_error_restores_the_terminal(lab: Running) -> None:
    """Whatever it is: here the output cannot be written, which is said on a line of its own."""
    master, slave = os.openpty()
    before = termios.tcgetattr(slave)
    with (
        Path("/dev/full").open("wb") as full,
        subprocess.Popen(
            [*CONSOLESVC, "attach", "typed", "--endpoint", lab.api],
            stdin=slave,
            stdout=full,
            stderr=subprocess.PIPE,
            env=CLEAN,
        ) as failing,
    ):
        assert failing.stderr is not None
        assert failing.stderr.readline().startswith(b"Connected to typed.")
        os.write(master, b"x")
        assert failing.wait(PATIENCE) == 1
        assert failing.stderr.read().endswith(b"consolesvc: cannot write the output: No space left on device\n")
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_a_hanging_service_does_not_hold_the_user(own: Running) -> None:
    """~. leaves within seconds whatever the other side does."""
    with screen("attach", "echo1", "--endpoint", own.api) as user:
        attached(user, "echo1")
        own.process.send_signal(signal.SIGSTOP)
        user.type(b"\r~.")
        assert user.process.wait(3) == 0
        assert user.modes() == user.before


def test_an_unknown_name(lab: Running) -> None:
    """Exit code 3, and the names there are."""
    done = consolesvc("attach", "typo", "--endpoint", lab.api)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"consolesvc: 'typo' is no console here; there are: typed, piped, left\n"


def test_no_service() -> None:
    """Exit code 1, and how to start one."""
    done = consolesvc("attach", "node3", "--endpoint", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith(b"consolesvc: no answer from http://127.0.0.1:1: Connection refused; start the ")


def test_a_console_url_instead_of_a_name(lab: Running) -> None:
    """A URL as any client got it is a target too."""
    url = json.loads(consolesvc("url", "piped", "--endpoint", lab.api, "--json").stdout)["url"]
    done = consolesvc("attach", url, stdin=b"by its URL")
    assert done.returncode == 0
    assert b"by its URL" in done.stdout
    # A service that gives its name in the hello is called by it.
    assert done.stderr.startswith((b"Connected to the console.", b"Connected to piped."))
    assert url.partition("token=")[2].encode() not in done.stderr


def test_a_bad_token_is_refused(lab: Running) -> None:
    """Exit code 4; the token itself is not shown."""
    done = consolesvc("attach", f"{lab.proxy}?token=7c1f7cd2-secret")
    assert (done.returncode, done.stdout) == (4, b"")
    assert b": the token is unknown, expired or used; get a fresh URL\n" in done.stderr
    assert b"secret" not in done.stderr


@pytest.mark.parametrize(
    ("target", "code", "sentence"),
    [
        ("ftp://127.0.0.1:1/?token=secret", 2, b"expected ws://HOST:PORT or wss://HOST:PORT or http://HOST:PORT or "),
        ("http://127.0.0.1:1/?token=secret", 1, b"no answer from ws://127.0.0.1:1: "),
        ("ws://127.0.0.1:99999/?token=secret", 2, b"expected ws://HOST:PORT or wss://HOST:PORT"),
        ("ws://me:secret@127.0.0.1/", 2, b"expected a URL without user and password"),
        ("ws://127.0.0.1:1/?token=secret", 1, b"no answer from ws://127.0.0.1:1: "),
        ("ws://no-such-host.invalid/?token=secret", 1, b"no answer from ws://no-such-host.invalid: "),
        ("ws://a..b/?token=secret", 2, b"ws://a..b is no address of a console"),
    ],
)
def test_a_url_that_leads_nowhere(target: str, code: int, sentence: bytes) -> None:
    """One sentence, no traceback, no token."""
    done = consolesvc("attach", target)
    assert sentence in done.stderr
    assert done.returncode == code
    assert done.stderr.count(b"\n") == 1
    assert b"secret" not in done.stderr


def test_a_url_of_another_service(lab: Running) -> None:
    """An address that speaks HTTP and knows no websocket is named as such."""
    done = consolesvc("attach", f"{lab.api.replace('http', 'ws')}/v2.1/servers?token=secret")
    assert done.returncode == 1
    assert b": HTTP 200: is it a console URL?\n" in done.stderr
    assert b"secret" not in done.stderr
