"""`consolesvc log` on files that a service has left, or is writing."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from consolesvc.cli import main
from consolesvc.config.operators import Log
from consolesvc.log.file import LogFile
from tests.cli.service import CLEAN, CONSOLESVC, until
from tests.log.files import logged

KEEP = Log(segment_size=4096, keep=0, max_total=0, min_free=0)
NOON = datetime(2026, 11, 20, 12, 0, 0).astimezone().timestamp()
LINE = 32
BOOT = b"\x1b[2J[    0.000000] Linux version 6.1\r\nlogin: root\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Logs of two consoles: one minute between two lines of node1, from noon on; two boots of node2."""
    with logged(tmp_path, KEEP, "node1") as file:
        for minute in range(200):
            say(file, b"line %03d \x1b[31mred\x1b[0m of node1\r\n" % minute, NOON + 60 * minute)
        file.stop([], NOON + 12_000)
    with logged(tmp_path, KEEP, "node2") as file:
        for number, time_of in enumerate((NOON, NOON + 3600, NOON + 7200)):
            say(file, BOOT + b"boot %d\r\n" % number, time_of)
        file.stop([], NOON + 12_000)
    return tmp_path


def say(file: LogFile, data: bytes, now: float) -> None:
    """Append bytes with their time."""
    file.append(file.end, data, [], now, now)


class Ran:
    """A command that ran in this process."""

    def __init__(self, capfdbinary: pytest.CaptureFixture[bytes], *argv: object) -> None:
        self.code = main([str(word) for word in argv])
        self.out, err = capfdbinary.readouterr()
        self.err = err.decode()


Run = Callable[..., Ran]


@pytest.fixture
def log(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs `log` on the folder."""

    def run(*argv: object) -> Ran:
        return Ran(capfdbinary, "log", "--directory", folder, *argv)

    return run


def node1(*minutes: int) -> bytes:
    """Lines of node1."""
    return b"".join(b"line %03d \x1b[31mred\x1b[0m of node1\r\n" % minute for minute in minutes)


def test_all_bytes_as_they_are(log: Run) -> None:
    """Every byte of every segment, escape sequences too: stdout is no terminal."""
    done = log("node1")
    assert (done.code, done.out, done.err) == (0, node1(*range(200)), "")


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        (["--tail", 2], (198, 199)),
        (["--tail", 0], ()),
        (["--since", LINE * 198], (198, 199)),
        (["--since", -LINE], (199,)),
        ([f"--since=-{LINE}"], (199,)),
        (["--since", LINE * 10, "--tail", 1], (199,)),
        (["--since", "2026-11-20T15:18"], (198, 199)),
        (["--since", "2026-11-20 15:18:01"], (199,)),
        (["--since", "2026-11-20T23:00"], ()),
        (["--since", "-999999h"], tuple(range(200))),
        (["--grep", "line 19"], tuple(range(190, 200))),
        (["--grep", "line 19", "--tail", 2], (198, 199)),
        (["--grep", "red of"], tuple(range(200))),
        (["--grep", "Line"], ()),
    ],
)
def test_parts(log: Run, argv: list[object], lines: tuple[int, ...]) -> None:
    """From an offset, from a time, the last lines, those with a text: also where colours stand between its words."""
    done = log("node1", *argv)
    assert (done.code, done.out, done.err) == (0, node1(*lines), "")


@pytest.mark.parametrize(("number", "said"), [(0, 2), (-1, 1), (-2, 0)])
def test_boots(log: Run, number: int, said: int) -> None:
    """The last one, the one before, and so on: each from its first words to the next one's."""
    assert log("node2", "--boot", number).out == BOOT + b"boot %d\r\n" % said


def test_a_boot_that_is_not_there(log: Run) -> None:
    """Exit code 3, and how many there are."""
    done = log("node2", "--boot", -3)
    assert (done.code, done.out) == (3, b"")
    assert done.err == "consolesvc: node2: no boot -3 in its log: there are 3\n"
    assert log("node1", "--boot", 0).code == 3


def test_timestamps(log: Run) -> None:
    """Each line with the time of its first byte, in this host's zone."""
    done = log("node1", "--tail", 1, "--timestamps")
    stamp, _, line = done.out.partition(b" ")
    assert datetime.fromisoformat(stamp.decode()).timestamp() == NOON + 60 * 199
    assert line == node1(199)


def test_for_programs(log: Run) -> None:
    """--json: an object a line."""
    (line,) = log("node1", "--tail", 1, "--json").out.splitlines()
    expected = datetime.fromtimestamp(NOON + 60 * 199).astimezone()
    document = json.loads(line)
    assert datetime.fromisoformat(document.pop("time")) == expected
    assert document == {"name": "node1", "offset": LINE * 199, "text": "line 199 \x1b[31mred\x1b[0m of node1"}


def test_several_consoles(log: Run) -> None:
    """A pattern, or several names: each line says whose it is."""
    done = log("node*", "--tail", 1)
    assert done.out == b"node1: " + node1(199) + b"node2: boot 2\r\n"
    assert log("node2", "node1", "node[2]", "--tail", 1).out == b"node2: boot 2\r\nnode1: " + node1(199)


def test_names(log: Run) -> None:
    """An unknown one is exit code 3 and lists those there are, as does the beginning of several."""
    done = log("nobody")
    assert (done.code, done.out) == (3, b"")
    assert done.err.endswith("'nobody' has no log here; there are: node1, node2\n")
    assert log("x*").code == 3
    assert "'node' is the beginning of several names: node1, node2" in log("node").err


def test_what_is_missing_is_told(log: Run, folder: Path) -> None:
    """On stderr: bytes that retention has removed, and an offset that is not there yet."""
    min(folder.glob("node1-*.log")).unlink()
    done = log("node1", "--since", 100, "--tail", 1)
    assert done.out == node1(199)
    done = log("node1", "--since", 100)
    assert done.err == "consolesvc: node1: bytes 100..4096 are missing\n"
    assert done.out == node1(*range(200))[4096:]
    done = log("node1", "--since", 9999)
    assert (done.code, done.out, done.err) == (0, b"", "consolesvc: node1: 9999 is beyond the end, which is 6400\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--since", "soon"], "'soon' is no beginning, expected an offset, a time such as 02:10"),
        (["--boot", 1], "--boot 1: expected 0 for the last, or -1, -2 and so on"),
        (["--boot", -1, "--follow"], "--boot -1: expected 0 with --follow"),
        (["--tail", -1], "expected a number of lines"),
        (["--boot", 0, "--since", 5], "not allowed with argument"),
    ],
)
def test_bad_usage(log: Run, argv: list[object], said: str) -> None:
    """Exit code 2, the value, and what was expected."""
    done = log("node1", *argv)
    assert (done.code, done.out) == (2, b"")
    assert said in done.err


def test_where_the_logs_are(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration says it, else the environment; a folder that is not there is told with the cure."""
    config = tmp_path / "lab.yaml"
    config.write_text("log: {directory: .}\nservers: []\n")
    assert Ran(capfdbinary, "log", "node1", "--config", config, "--tail", 1).out == node1(199)
    monkeypatch.setenv("LOGS_DIRECTORY", str(folder))
    assert Ran(capfdbinary, "log", "node1", "--tail", 1).out == node1(199)
    done = Ran(capfdbinary, "log", "node1", "--directory", tmp_path / "nowhere")
    assert done.code == 1
    assert "nowhere: No such file or directory; say where the logs are with --directory or --config" in done.err
    config.write_text("log: {directory: .}\nnonsense: 1\n")
    assert Ran(capfdbinary, "log", "node1", "--config", config).code == 2


def test_a_terminal_is_left_as_it_was_found(folder: Path) -> None:
    """Colours stay and are ended; whatever clears, moves or asks is gone, unless --raw is said."""
    assert on_terminal(folder, "node2", "--boot", "0") == BOOT.removeprefix(b"\x1b[2J") + b"boot 2\r\n"
    assert on_terminal(folder, "node1", "--tail", "1") == node1(199) + b"\x1b[0m"
    assert on_terminal(folder, "node2", "--boot", "0", "--raw") == BOOT + b"boot 2\r\n"


def on_terminal(folder: Path, *argv: str) -> bytes:
    """What a terminal gets of a command."""
    master, slave = pty.openpty()
    tty.setraw(slave)  # no translation of line ends
    command = [*CONSOLESVC, "log", "--directory", str(folder), *argv]
    try:
        assert subprocess.run(command, stdout=slave, env=CLEAN, timeout=20, check=False).returncode == 0
        return os.read(master, 65536)
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def following(folder: Path, *argv: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`log --follow` in a process of its own; its output goes to a file."""
    out = folder / "out"
    with out.open("wb") as output:
        process = subprocess.Popen([*CONSOLESVC, "log", "--directory", folder, "-f", *argv], stdout=output, env=CLEAN)
    try:
        yield process, out
    finally:
        process.kill()
        process.wait()


def test_follow_goes_on_over_rotations(tmp_path: Path) -> None:
    """The last ten lines, then every byte as it is written; ^C ends it."""
    old = [b"old %d\n" % number for number in range(20)]
    with logged(tmp_path, KEEP) as file:
        say(file, b"".join(old), NOON)
        with following(tmp_path, "node") as (process, out):
            until(lambda: out.read_bytes() == b"".join(old[10:]))
            said = b""
            for number in range(300):
                line = b"new %d %s\n" % (number, b"x" * 50)
                say(file, line, NOON)
                said += line
                time.sleep(0.001)
            until(lambda: out.read_bytes() == b"".join(old[10:]) + said)
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 130


def test_follow_several_with_their_times(tmp_path: Path) -> None:
    """Each line whole, whose it is and when it came; a console without a byte yet is followed too."""
    with logged(tmp_path, KEEP, "a") as first:
        second = LogFile(first.directory, "b", 1024)
        second.start(NOON)
        say(first, b"before\n", NOON)
        try:
            with following(tmp_path, "?", "--json") as (_, out):
                until(lambda: b"before" in out.read_bytes())  # half a line would be shown as one at the first look
                say(second, b"half ", NOON)
                say(first, b"whole\n", NOON + 1)
                until(lambda: b"whole" in out.read_bytes())
                say(second, b"and half\n", NOON + 2)
                until(lambda: b"half" in out.read_bytes())
                documents = [json.loads(line) for line in out.read_bytes().splitlines()[1:]]
        finally:
            second.close()
    assert [(d["name"], d["text"]) for d in documents] == [("a", "whole"), ("b", "half and half")]
    assert [datetime.fromisoformat(d["time"]).timestamp() for d in documents] == [NOON + 1, NOON]
