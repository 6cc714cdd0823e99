from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading

import pytest

from consolesvc.cli.attach import terminal
from consolesvc.cli.attach.terminal import Lane, Voice, read, write
from tests.cli.service import CLEAN
from tests.lines.devices import eventually

PLUG = "import os; from consolesvc.cli.attach.terminal import plug; {}; print(sorted(os.listdir('/proc/self/fd')))"


def plugged(redirections: str, call: str = "plug()") -> subprocess.CompletedProcess[str]:
    """What `plug` does for a process that is started so."""
    command = f'"$0" -c "$1" {redirections}'
    return subprocess.run(
        ["sh", "-c", command, sys.executable, PLUG.format(call)],
        capture_output=True,
        text=True,
        env=CLEAN,
        check=False,
    )


def test_the_numbers_of_stdin_and_stderr_are_nobody_elses() -> None:
    """What is opened next must not be taken for them."""
    done = plugged("<&- 2>&-")
    assert done.returncode == 0
    assert "'0', '1', '2'" in done.stdout


def test_without_stdout_there_is_nothing_to_show() -> None:
    """That is an error; its number is nobody else's either."""
    done = plugged(">&-", "import contextlib, sys\nwith contextlib.suppress(OSError): plug()\nos.fstat(1); sys.exit(7)")
    assert (done.returncode, done.stderr) == (7, "")
    assert plugged("<&- >&-").returncode == 1


def test_without_a_terminal_there_is_nothing_to_restore() -> None:
    """A pipe is left alone, cannot be suspended, and has no size."""
    code = (
        "from consolesvc.cli.attach.terminal import Terminal\n"
        "with Terminal() as here: print(here.is_one, here.modes, here.suspend(), here.size())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, env=CLEAN, check=True)
    assert done.stdout == b"False None False None\n"


def test_what_we_say_moves_no_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    """Lines stay lines, all else is shown as text."""
    Voice().say("a\x1b[2J\nb\r")
    Voice().note("node line lost")
    assert capfd.readouterr().err == "a\\x1b[2J\nb\\r\n[consolesvc: node line lost]\n"


def test_quiet_is_not_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """What is lost is said."""
    voice = Voice(quiet=True)
    voice.say("Connected to node.")
    voice.note("back after 3 s")
    voice.note("bytes 1..2 are missing here (1 byte)", always=True)
    assert capfd.readouterr().err == "[consolesvc: bytes 1..2 are missing here (1 byte)]\n"


def test_stderr_that_nobody_reads_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for once, and looked at from then on."""
    monkeypatch.setattr(terminal, "STUCK", 0.01)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writing, b"x" * 65536):
            pass
    monkeypatch.setattr(terminal, "STDERR", writing)
    voice = Voice()
    stuck = []
    for _ in range(3):
        voice.say("x")
        stuck.append(voice._stuck)
    os.read(reading, 1 << 20)
    voice.say("")
    assert [*stuck, voice._stuck] == [True, True, True, False]
    os.close(reading)
    os.close(writing)


async def test_calls_of_a_lane_follow_each_other() -> None:
    """In a thread of its own, which ends when it is told; what they raise is raised."""
    lane = Lane("lane of the test")
    order: list[int] = []
    await asyncio.gather(lane.do(lambda: order.append(1)), lane.do(lambda: order.append(2)))
    assert order == [1, 2]
    with pytest.raises(ZeroDivisionError):
        await lane.do(lambda: 1 // 0)
    lane.close(lambda: order.append(3))
    await eventually(lambda: not any(thread.name == "lane of the test" for thread in threading.enumerate()))
    assert order == [1, 2, 3]


async def test_who_stops_waiting_leaves_the_lane_at_work() -> None:
    """A read from a terminal cannot be called back."""
    lane, reading, writing = Lane("input"), *os.pipe()
    waiting = asyncio.create_task(lane.do(lambda: read(reading)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    os.write(writing, b"late")
    assert await lane.do(lambda: 1) == 1
    lane.close()
    os.close(reading)
    os.close(writing)


def test_reading_to_the_end() -> None:
    """An end is an end, whether it is a file's or a terminal's that is gone."""
    reading, writing = os.pipe()
    os.write(writing, b"x")
    assert read(reading) == b"x"
    os.close(writing)
    assert read(reading) == b""
    os.close(reading)
    assert read(reading) == b""


def test_descriptors_that_others_left_non_blocking() -> None:
    """Reading and writing wait, as they do elsewhere."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    data = bytes(range(256)) * 4096
    writer = threading.Thread(target=write, args=(writing, data))
    got = b""
    later = threading.Timer(0.05, writer.start)
    later.start()
    while len(got) < len(data):
        got += read(reading)
    assert got == data
    later.join()
    writer.join()
    os.close(reading)
    os.close(writing)


def test_who_looks_after_us_is_found_in_proc() -> None:
    """A process that leads its session has no shell to come back to."""
    code = "from consolesvc.cli.attach.terminal import _is_job; print(_is_job())"
    for new_session, expected in ((True, b"False\n"), (False, None)):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, env=CLEAN, check=True, start_new_session=new_session
        )
        assert expected in (None, done.stdout)
