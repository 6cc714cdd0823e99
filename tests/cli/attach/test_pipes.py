"""`attach` where it has no terminal: pipes, files, and a service or a reader that has nothing to say for a while."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, Running, consolesvc, service, until

LINE = 64
"""Bytes of each of the guest chatter's lines."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "piped: echo", "flood: chatter, rate: 0") as running:
        yield running


def test_input_from_a_pipe_is_passed_as_it_is(lab: Running) -> None:
    """A pipe has no escapes; output goes on for a moment after its end; only the console's bytes are on stdout."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, stdin=b"pipe\r~.\r~?~~|\x03")
    assert done.returncode == 0
    assert done.stdout.endswith(b"pipe\r~.\r~?~~|\x03")
    assert done.stderr.startswith(b"Connected to piped.")


def test_input_from_a_file(lab: Running, tmp_path: Path) -> None:
    """A file of any size comes back whole; a proxy that the environment names has no part in it."""
    data = b"".join(b"%07d\n" % number for number in range(30_000))
    (tmp_path / "in").write_bytes(data)
    environment = CLEAN | {"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as sink:
        command = [*CONSOLESVC, "attach", "piped", "--endpoint", lab.api]
        assert subprocess.run(command, stdin=source, stdout=sink, env=environment, check=False).returncode == 0
    assert (tmp_path / "out").read_bytes().endswith(data)


def test_nobody_reads_the_output_any_more(lab: Running) -> None:
    """`attach | head` ends with it, without a word of pipes."""
    command = f"{' '.join(CONSOLESVC)} attach flood --endpoint {lab.api} | head -c 10; echo code ${{PIPESTATUS[0]}}"
    with subprocess.Popen(
        ["bash", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        assert shell.stderr is not None
        assert shell.stdout.read()[10:] == b"code 0\n"
        assert b"Traceback" not in shell.stderr.read()


def test_a_full_disk_is_said(lab: Running) -> None:
    """Output that cannot be written ends it as a failure with the reason."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*CONSOLESVC, "attach", "flood", "--endpoint", lab.api],
            stdin=subprocess.PIPE,
            stdout=full,
            stderr=subprocess.PIPE,
            env=CLEAN,
            check=False,
        )
    assert done.returncode == 1
    assert b"cannot write the output: No space left on device\n" in done.stderr


def test_a_megabyte_of_output_is_a_true_slice(lab: Running, tmp_path: Path) -> None:
    """A flood into a file has neither a hole nor anything that the machine did not say."""
    out = tmp_path / "out"
    with out.open("wb") as sink:
        command = [*CONSOLESVC, "attach", "flood", "--endpoint", lab.api]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=sink, stderr=subprocess.DEVNULL, env=CLEAN
        ) as flood:
            until(lambda: out.stat().st_size > 1024 * 1024)
            flood.terminate()
            assert flood.wait(PATIENCE) == -signal.SIGTERM
    data = out.read_bytes()
    lines = [data[at : at + LINE] for at in range(0, len(data) - LINE, LINE)]
    first = int(lines[0].split()[1])
    text = lines[0].replace(b"%08d" % first, b"%08d")
    assert lines == [text % number for number in range(first, first + len(lines))]


def test_a_flood_that_nobody_takes_does_not_hold_the_user(lab: Running) -> None:
    """With the output blocked, ~. is still heard."""
    master, slave = os.openpty()
    out, unread = os.pipe()
    with subprocess.Popen(
        [*CONSOLESVC, "attach", "flood", "--endpoint", lab.api],
        stdin=slave,
        stdout=unread,
        stderr=subprocess.PIPE,
        env=CLEAN,
    ) as stuck:
        assert stuck.stderr is not None
        assert stuck.stderr.readline().startswith(b"Connected to flood.")
        os.write(master, b"\r~.")
        assert stuck.wait(5) == 0
    for fd in (master, slave, out, unread):
        os.close(fd)


def test_history_is_for_people(lab: Running) -> None:
    """A program that waits for a prompt is not given an old one, unless it asks."""
    consolesvc("attach", "piped", "--endpoint", lab.api, stdin=b"said before")
    done = consolesvc("attach", "piped", "--endpoint", lab.api, stdin=b"now")
    assert done.stdout == b"now"
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--since", "-6", stdin=b"!")
    assert done.stdout == b"orenow!"
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--replay", "all", stdin=b"")
    assert done.stdout.endswith(b"said beforenow!")


def test_waiting_for_what_is_said(lab: Running) -> None:
    """--until ends with it, exit code 0, whether or not there is more input; the end of input does not."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--until", "^rea.y", stdin=b"\nnot yet\nready\n")
    assert done.returncode == 0
    assert done.stdout.startswith(b"\nnot yet\nready")


def test_what_is_never_said(lab: Running) -> None:
    """Exit code 124 in time, with a word; the output is all there."""
    done = consolesvc(
        "attach", "piped", "--endpoint", lab.api, "--until", "never", "--timeout", "1s", stdin=b"something else"
    )
    assert (done.returncode, done.stdout) == (124, b"something else")
    assert done.stderr.endswith(b"Connection to piped ended: timed out.\n")


def test_what_is_no_pattern(lab: Running) -> None:
    """Bad usage is told before anything is attached to."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--until", "(")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"consolesvc: --until '(': expected a regular expression of RE2: missing ")


def test_lingering_is_as_long_as_asked(lab: Running) -> None:
    """Not at all, or long enough for a slow machine."""
    assert consolesvc("attach", "piped", "--endpoint", lab.api, "--linger", "0").returncode == 0
    begun = time.monotonic()
    assert consolesvc("attach", "piped", "--endpoint", lab.api, "--linger", "2.5s").returncode == 0
    assert time.monotonic() - begun > 2.5


def test_quiet_says_nothing_where_nothing_is_lost(lab: Running) -> None:
    """For expect, whose terminal shows stderr as well."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--quiet", stdin=b"x")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x", b"")
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--quiet", "--until", "y", "--timeout", "0.5s")
    assert (done.returncode, done.stderr) == (124, b"Connection to piped ended: timed out.\n")


def test_only_looking_from_a_pipe(lab: Running) -> None:
    """Input goes nowhere, and that is said once."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--view", stdin=b"a" * 10_000)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.count(b"[consolesvc: nothing is sent: this terminal only looks (--view)]\n") == 1


def test_a_log_grows(lab: Running, tmp_path: Path) -> None:
    """It is appended to; it has what was shown."""
    log = tmp_path / "out.log"
    for data in (b"one ", b"two "):
        assert consolesvc("attach", "piped", "--endpoint", lab.api, "--log", str(log), stdin=data).stdout == data
    assert log.read_bytes() == b"one two "
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_log_on_a_full_disk(lab: Running) -> None:
    """The session goes on to its end, and is a failure."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--log", "/dev/full", stdin=b"data")
    assert (done.returncode, done.stdout) == (1, b"data")
    assert b"[consolesvc: /dev/full: No space left on device; the log ends here]\n" in done.stderr


def test_a_log_that_cannot_be_opened(lab: Running, tmp_path: Path) -> None:
    """Nothing is attached to."""
    done = consolesvc("attach", "piped", "--endpoint", lab.api, "--log", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == f"consolesvc: --log {tmp_path}: Is a directory\n".encode()


@pytest.mark.parametrize(
    ("redirections", "code", "words"),
    [
        (">&-", 1, "consolesvc: cannot write the output: Bad file descriptor"),
        ("<&- >/dev/null", 0, "Connected to piped."),
        ("<&- >/dev/null 2>&-", 0, ""),
        ("<&- >&- 2>&-", 1, ""),
    ],
)
def test_started_without_them(lab: Running, redirections: str, code: int, words: str) -> None:
    """Closed stdin is an end, closed stdout a failure; no byte of the console's goes to a socket in their place."""
    command = f"{' '.join(CONSOLESVC)} attach piped --endpoint {lab.api} --linger 0.2 {redirections}"
    done = subprocess.run(["bash", "-c", command], stdin=subprocess.PIPE, capture_output=True, env=CLEAN, check=False)
    assert done.returncode == code
    assert done.stderr.decode().startswith(words)
    assert bool(done.stderr) is bool(words)


def test_a_file_that_is_typed_faster_than_it_is_taken(lab: Running, tmp_path: Path) -> None:
    """Megabytes into a machine that answers each byte: all of it is typed before the end."""
    data = b"".join(b"%09d\n" % number for number in range(400_000))
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as sink:
        command = [*CONSOLESVC, "attach", "piped", "--endpoint", lab.api, "--until", "000399999", "--timeout", "50s"]
        assert subprocess.run(command, stdin=source, stdout=sink, env=CLEAN, check=False).returncode == 0
    assert (tmp_path / "out").read_bytes().startswith(data[:-10])
