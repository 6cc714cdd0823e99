"""`attach` where it has no terminal: pipes, files, and a service or a reader that has nothing to say for a while."""

from __future__ import annotations

import os
import signal
import subprocess
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
