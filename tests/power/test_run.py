"""Commands run for real: how each ends, what is kept of what it says, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from consolesvc.power import run as running
from consolesvc.power.run import KEPT, Outcome, run
from tests.lines.devices import eventually
from tests.lines.test_command import runs


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "GRACE", 0.3)


def sh(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


async def pid_in(path: Path) -> int:
    """The process id that a command has written."""
    found: list[int] = []

    def look() -> bool:
        text = path.read_text() if path.exists() else ""
        if text.endswith("\n"):
            found.append(int(text))
        return bool(found)

    await eventually(look)
    return found[0]


@pytest.mark.parametrize(
    ("argv", "outcome"),
    [
        (("true",), Outcome("", 0)),
        (sh("echo on; echo hm >&2"), Outcome("", 0, "on\n", "hm\n")),
        (sh("printf off; exit 3"), Outcome("sh ended with status 3", 3, "off")),
        (sh("kill -SEGV $$"), Outcome("sh was ended by SIGSEGV")),
        (("no-such-pdu", "x"), Outcome("no such program: no-such-pdu: install it, or give its full path")),
        (("/dev/null",), Outcome("no such program: /dev/null: install it, or give its full path")),
        (sh("cat; echo $?"), Outcome("", 0, "0\n")),
    ],
)
async def test_how_it_ends(argv: tuple[str, ...], outcome: Outcome) -> None:
    """Its status, its words apart, and what was wrong; there is nothing to read for it."""
    assert await run(argv, seconds=10) == outcome


async def test_no_shell_reads_the_words() -> None:
    """What looks like a shell's is an argument."""
    assert (await run(("echo", "$HOME; *", "|"), seconds=10)).out == "$HOME; * |\n"


async def test_its_environment(tmp_path: Path) -> None:
    """Ours, and what the file adds; the file is read anew each time, and one that is gone is said."""
    file = tmp_path / "bmc.env"
    file.write_text("IPMI_PASSWORD=pw\n")
    argv = sh("echo $IPMI_PASSWORD $PATH")
    assert (await run(argv, seconds=10, env_file=str(file))).out == f"pw {os.environ['PATH']}\n"
    file.write_text("IPMI_PASSWORD=other\n")
    assert (await run(argv, seconds=10, env_file=str(file))).out.startswith("other ")
    file.unlink()
    assert (await run(argv, seconds=10, env_file=str(file))).why == (
        f"env_file {file} cannot be read: No such file or directory"
    )


async def test_a_group_and_a_session_of_its_own() -> None:
    """It cannot reach our terminal, nor be reached by what is typed there."""
    text = (
        "import os, stat\n"
        "kinds = [stat.S_IFMT(os.fstat(fd).st_mode) for fd in (0, 1, 2)]\n"
        "print(os.getpid() == os.getpgrp() == os.getsid(0), kinds == [stat.S_IFCHR, stat.S_IFIFO, stat.S_IFIFO])\n"
        "os.fstat(3)"
    )
    outcome = await run((sys.executable, "-c", text), seconds=10)
    assert outcome.out == "True True\n"
    assert "Bad file descriptor" in outcome.err


async def test_one_that_never_ends(tmp_path: Path) -> None:
    """At the end of its time it and what it started are ended, and what it said so far is there."""
    argv = sh(f"sleep 60 & echo $! >{tmp_path}/child; echo working; wait")
    outcome = await run(argv, seconds=0.3)
    assert outcome == Outcome("sh did not end in 0.3 s", None, "working\n")
    child = await pid_in(tmp_path / "child")
    await eventually(lambda: not runs(child))


async def test_one_that_does_not_want_to_end(tmp_path: Path) -> None:
    """Asked first, then killed; asked, one may still say goodbye."""
    deaf = sh(f"trap '' TERM; echo $$ >{tmp_path}/pid; while :; do sleep 0.05; done")
    assert (await run(deaf, seconds=0.3)).why == "sh did not end in 0.3 s"
    pid = await pid_in(tmp_path / "pid")
    await eventually(lambda: not runs(pid))
    polite = sh("trap 'echo closed; exit 0' TERM; while :; do sleep 0.05; done")
    outcome = await run(polite, seconds=0.3)
    assert (outcome.why, outcome.out) == ("sh did not end in 0.3 s", "closed\n")


async def test_a_flood() -> None:
    """The beginning and the end are kept, the rest is counted; the loop has time for others, and time is kept."""
    ticks = 0

    async def others() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    beside = asyncio.create_task(others())
    outcome = await run(sh("echo first; exec yes"), seconds=0.5)
    beside.cancel()
    assert outcome.why == "sh did not end in 0.5 s"
    assert outcome.out.startswith("first\ny\ny\n")
    assert outcome.out.endswith("y\ny\n")
    assert len(outcome.out) < 2 * KEPT + 40
    assert " bytes left out]\n" in outcome.out
    assert ticks > 10


async def test_much_that_ends() -> None:
    """A command that says a mebibyte and ends is no failure, and its last word is there."""
    outcome = await run(sh("head -c 1048576 /dev/zero | tr '\\0' x; echo; echo on"), seconds=30)
    assert (outcome.why, outcome.status) == ("", 0)
    assert outcome.out.endswith("x\non\n")
    assert f"[{1048576 + 4 - 2 * KEPT} bytes left out]" in outcome.out


async def test_one_that_goes_on_in_the_background(tmp_path: Path) -> None:
    """It has ended when it has ended; what it left in its group is ended too."""
    began = time.monotonic()
    argv = sh(f"sleep 60 & echo $! >{tmp_path}/child; echo started")
    assert await run(argv, seconds=30) == Outcome("", 0, "started\n")
    assert time.monotonic() - began < 20
    child = await pid_in(tmp_path / "child")
    await eventually(lambda: not runs(child))


async def test_a_daemon_that_got_away(tmp_path: Path) -> None:
    """One that left the group holds nothing up, though it still has the pipe and writes into it."""
    text = (
        "import os, sys, time\n"
        f"file = '{tmp_path}/daemon'\n"
        "if os.fork():\n"
        "    while not os.path.exists(file): time.sleep(0.01)\n"
        "    os.write(1, b'forked\\n'); os._exit(0)\n"
        "os.setsid()\n"
        "open(file, 'w').write(f'{os.getpid()}\\n')\n"
        "while True: os.write(1, b'x' * 65536)\n"
    )
    outcome = await run((sys.executable, "-c", text), seconds=30)
    assert outcome.why == ""
    daemon = await pid_in(tmp_path / "daemon")
    await eventually(lambda: not runs(daemon))  # its pipe is gone: SIGPIPE


async def test_a_caller_that_is_cancelled(tmp_path: Path) -> None:
    """The command ends with it."""
    task = asyncio.create_task(run(sh(f"echo $$ >{tmp_path}/pid; exec sleep 60"), seconds=60))
    pid = await pid_in(tmp_path / "pid")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: not runs(pid))


async def test_without_a_descriptor_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said in words; nothing leaks."""

    def none_left() -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pipe", none_left)
    assert (await run(("true",), seconds=5)).why == "no pipe left for the program: Too many open files"
