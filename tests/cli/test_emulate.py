from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, consolesvc


@contextmanager
def emulate(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command, running."""
    with subprocess.Popen(
        [*CONSOLESVC, "emulate", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(stream: object) -> str:
    assert hasattr(stream, "readline")
    return str(stream.readline().decode()).removesuffix("\n")


@contextmanager
def port(path: str) -> Iterator[int]:
    """The port as a terminal program opens it: 115200n8, raw."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        modes = termios.tcgetattr(fd)
        modes[4] = modes[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, modes)
        yield fd
    finally:
        os.close(fd)


def read(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        assert select.select([fd], [], [], PATIENCE)[0], data
        data += os.read(fd, size - len(data))
    return data


def hung_up(fd: int) -> bool:
    """Whether nobody has the other end any more."""
    poll = select.poll()
    poll.register(fd, 0)
    return poll.poll(0) == [(fd, select.POLLHUP | select.POLLERR)] or poll.poll(0) == [(fd, select.POLLHUP)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_talks_to_the_guest(number: signal.Signals) -> None:
    """A path on stdout, a hint on stderr; TERM or ^C ends it with 0, and the port hangs up."""
    with emulate("echo") as process:
        path = line_of(process.stdout)
        assert line_of(process.stderr) == f"echo1: open it with, say, `screen {path}`"
        with port(path) as fd:
            os.write(fd, b"hello\r\n\x00\xff")
            assert read(fd, 9) == b"hello\r\n\x00\xff"
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0
            assert hung_up(fd)


def test_several_guests() -> None:
    """One line for each, in the order asked for."""
    with emulate("echo", "chatter", "--rate", "0", "--speed", "max") as process:
        first, second = line_of(process.stdout), line_of(process.stdout)
        assert first != second
        with port(second) as fd:
            assert re.match(rb"chatter2 [0-9]{8} The quick", read(fd, 64))
        with port(first) as fd:
            os.write(fd, b"x")
            assert read(fd, 1) == b"x"


def test_linux_is_the_default() -> None:
    """Without arguments a machine boots."""
    with emulate() as process, port(line_of(process.stdout)) as fd:
        assert read(fd, 200).isascii()
        assert line_of(process.stderr).startswith("linux1: ")


def test_a_recording(tmp_path: Path) -> None:
    """The guest replay plays --file."""
    (tmp_path / "boot").write_bytes(b"Booting\r\n")
    with emulate("replay", "--file", str(tmp_path / "boot")) as process, port(line_of(process.stdout)) as fd:
        assert read(fd, 9) == b"Booting\r\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["vax"], "'vax' is no guest; expected one of linux, uboot, switch, replay, chatter, echo"),
        (["echo", "--speed", "fast"], "argument --speed: invalid choice: 'fast' (choose from "),
        (["--settings", "8n1"], "argument --settings: '8n1' is no line setting; expected one like 115200n8, "),
        (["chatter", "--rate", "x"], "argument --rate: 'x' is no rate; expected lines a second, 0 or more"),
        (["chatter", "--rate=-1"], "argument --rate: '-1' is no rate; expected lines a second, 0 or more"),
        (["chatter", "--rate", "nan"], "argument --rate: 'nan' is no rate; expected lines a second, 0 or more"),
        (["replay"], "guest replay needs `file`, a recording to play"),
        (["replay", "--file", "/none"], "/none: No such file or directory; expected a recording to play"),
        (["echo", "--file", "/none"], "--file /none: only the guest replay plays a file"),
        (["echo", "--endpoint=http://lab"], "unrecognized arguments: --endpoint=http://lab"),
    ],
)
def test_bad_usage(argv: list[str], sentence: str) -> None:
    """Exit code 2, and what was expected; no port is made."""
    done = consolesvc("emulate", *argv)
    assert sentence in done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_a_file_that_is_no_recording(tmp_path: Path) -> None:
    """File, line, and what was expected there."""
    path = tmp_path / "boot.cast"
    path.write_text('{"version": 1}\n')
    done = consolesvc("emulate", "replay", "--file", str(path))
    assert done.returncode == 2
    assert f"{path}:1: version is 1; expected an asciicast header of version 2 or 3" in done.stderr.decode()


def test_more_guests_than_there_are_files() -> None:
    """What the host cannot give is said, and nothing is left running."""
    command = f"ulimit -n 20; exec {' '.join(CONSOLESVC)} emulate {'echo ' * 20}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=CLEAN, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert re.search(rb"\nconsolesvc: no PTY for echo[0-9]+: Too many open files\n$", done.stderr)
