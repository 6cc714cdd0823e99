"""Lines of kind `command`: real programs on PTYs of ours, and how they and all they started end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from pathlib import Path

import pytest

from consolesvc.config.linespec import CommandSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines import command
from consolesvc.lines.command import CommandLine, CommandOpener
from consolesvc.lines.environment import environment, read_env_file
from consolesvc.lines.reconnecting import ReconnectingLine
from tests.lines.devices import Collector, eventually


@pytest.fixture
def got() -> Collector:
    return Collector()


def python(code: str) -> CommandSpec:
    return CommandSpec((sys.executable, "-c", code))


async def opened(spec: CommandSpec, got: Collector) -> CommandLine:
    return await CommandOpener(spec, "node8").open(got)


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"


async def test_a_program_has_a_terminal_of_its_own(got: Collector) -> None:
    """A controlling terminal, raw, 24 by 80; a session and a group of its own; no descriptor of ours."""
    line = await opened(
        python(
            "import os, sys, termios\n"
            "tty = os.open('/dev/tty', os.O_RDWR)\n"
            "lflag = termios.tcgetattr(0)[3]\n"
            "print(os.isatty(0), os.getsid(0) == os.getpid() == os.getpgrp() == os.tcgetpgrp(tty),\n"
            "      tuple(os.get_terminal_size()), lflag & (termios.ECHO | termios.ICANON | termios.ISIG),\n"
            "      [fd for fd in os.listdir('/proc/self/fd') if 'ptmx' in os.path.realpath('/proc/self/fd/' + fd)],\n"
            "      end='.', flush=True)\n"
            "sys.stdin.read(1)"
        ),
        got,
    )
    await eventually(lambda: got.data.endswith(b"."))
    assert got.data == b"True True (80, 24) 0 []."
    await line.close()
    assert got.losses == []


@pytest.mark.parametrize(
    ("argv", "words", "reason"),
    [
        (("/bin/sh", "-c", "printf bye; exit 3"), b"bye", "sh ended with status 3"),
        (("true",), b"", "true ended with status 0"),
        (("/bin/sh", "-c", "kill -SEGV $$"), b"", "sh was ended by SIGSEGV"),
        (("/bin/sh", "-c", "exec <&- >&- 2>&-; sleep 60"), b"", "sh closed its terminal"),
    ],
)
async def test_how_a_program_ended_is_told(argv: tuple[str, ...], words: bytes, reason: str, got: Collector) -> None:
    """Its last words are there, then its end, once."""
    line = await opened(CommandSpec(argv), got)
    await eventually(lambda: got.losses)
    assert (bytes(got.data), got.losses) == (words, [reason])
    line.write(b"nobody")
    await line.close()


async def test_last_words_of_a_program_that_was_held(got: Collector) -> None:
    """Paused while it ends: what it said is read all the same."""
    line = await opened(CommandSpec(("/bin/sh", "-c", "sleep 0.1; printf 'no such session'; exit 1")), got)
    line.pause()
    await eventually(lambda: got.losses)
    assert got.data == b"no such session"
    assert got.losses == ["sh ended with status 1"]


@pytest.mark.parametrize("how", ["close", "abort", "end"])
async def test_all_that_a_program_started_ends_with_it(how: str, got: Collector) -> None:
    """The whole process group: children in the background, and those that ignore TERM."""
    code = "trap '' TERM; sleep 60 & sleep 61 & echo $$ $! .; " + ("exit 0" if how == "end" else "wait; sleep 62")
    line = await opened(CommandSpec(("/bin/sh", "-c", code)), got)
    await eventually(lambda: got.data.endswith(b".\n"))
    pids = [int(word) for word in got.data.split()[:2]]
    async with asyncio.timeout(2):
        if how == "close":
            await line.close()
        elif how == "abort":
            line.abort()
        await eventually(lambda: not any(runs(pid) for pid in pids))
        if how == "end":  # the group goes first, then the loss is told; a close between the two would be our own end
            await eventually(lambda: got.losses)
    await line.close()
    assert got.losses == (["sh ended with status 0"] if how == "end" else [])


async def test_a_program_that_can_end_is_let(got: Collector, tmp_path: Path) -> None:
    """TERM comes first, and time to say goodbye: `sol deactivate` is such a goodbye."""
    note = tmp_path / "note"
    code = f"trap 'echo goodbye > {note}; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    line = await opened(CommandSpec(("/bin/sh", "-c", code)), got)
    await eventually(lambda: got.data == b"ready\n")
    await line.close()
    assert note.read_text() == "goodbye\n"


async def test_what_cannot_be_run(tmp_path: Path, got: Collector) -> None:
    """No such program, no such folder, no program at all: said; nothing is left (checked after each test)."""
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x7fnothing")
    junk.chmod(0o755)
    for spec, reason in (
        (CommandSpec(("ipmitool-nix",)), "no such program: ipmitool-nix: install it, or give its full path"),
        (CommandSpec(("cat",), cwd="/nix"), "no such folder: /nix: see `cwd` of the line"),
        (CommandSpec((str(junk),)), f"{junk} is no program: a script begins with #! and its interpreter"),
        (CommandSpec(("cat",), env_file="/nix.env"), "env_file /nix.env cannot be read: No such file or directory"),
    ):
        with pytest.raises(LineUnavailable) as caught:
            await opened(spec, got)
        assert str(caught.value) == reason


async def test_a_folder_and_a_shell(tmp_path: Path, got: Collector) -> None:
    """`cwd` is where it runs, and no word of argv is read by a shell; `shell` is."""
    folder = tmp_path / "a 'folder'; $(touch x)"
    folder.mkdir()
    code = "import os, sys; print(os.getcwd(), sys.argv[1:], end='')"
    await opened(CommandSpec((sys.executable, "-c", code, "$HOME;", "a b"), cwd=str(folder)), got)
    await eventually(lambda: got.losses)
    assert got.data.decode() == f"{folder} ['$HOME;', 'a b']"
    assert list(folder.iterdir()) == []
    other = Collector()
    await opened(CommandSpec(shell="printf '%s' $((6*7)) | cat; exit 5"), other)
    await eventually(lambda: other.losses)
    assert (bytes(other.data), other.losses) == (b"42", ["the shell command ended with status 5"])


async def test_secrets_come_from_the_file_alone(
    tmp_path: Path, got: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """The program has them; its arguments, our logs, reprs and errors have not. A file for all eyes is warned of."""
    env_file = tmp_path / "bmc.env"
    env_file.write_text("# of bmc8\nIPMI_PASSWORD='hunter 2'\nexport USER_ID=7\n\n")
    env_file.chmod(0o644)
    code = (
        "import os; print(os.environ['IPMI_PASSWORD'], os.environ['USER_ID'], end='.');"
        "print(open('/proc/self/cmdline').read().count('hun' + 'ter'), end='')"
    )
    spec = CommandSpec(
        (sys.executable, "-c", code, "-P", "swordfish"),
        env_file=str(env_file),
        before=(("/bin/sh", "-c", "exit 9", "swordfish"),),
    )
    opener = CommandOpener(spec, "node8")
    await opener.open(got)
    await eventually(lambda: got.losses)
    assert got.data == b"hunter 2 7.0"
    told = f"{caplog.text} {spec} {spec!r} {opener} {got.losses}"
    assert "every user of this host can read" in told
    assert "hunter" not in told
    assert "swordfish" not in told


def test_an_env_file_that_is_wrong_keeps_its_secret(tmp_path: Path) -> None:
    """The error names the line, never what is in it."""
    path = tmp_path / "env"
    path.write_text("A=1\nhunter2\n")
    with pytest.raises(LineUnavailable) as caught:
        read_env_file(str(path))
    assert str(caught.value) == f"env_file {path}, line 2: expected KEY=VALUE"
    path.write_text("A = 1\n")
    with pytest.raises(LineUnavailable, match="line 1: expected KEY=VALUE"):
        read_env_file(str(path))
    path.write_text('A="x y"\nB=\nC=a=b\n')
    assert read_env_file(str(path)) == {"A": "x y", "B": "", "C": "a=b"}
    path.write_bytes(b"A=\xff")
    with pytest.raises(LineUnavailable, match="is not UTF-8"):
        read_env_file(str(path))


def test_systemd_talks_to_us_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command inherits our environment, but not the socket by which a service says that it lives."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/x")
    monkeypatch.setenv("HTTP_PROXY", "y")
    assert "NOTIFY_SOCKET" not in environment(None)
    assert environment(None)["HTTP_PROXY"] == "y"


async def test_what_comes_before(
    tmp_path: Path, got: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In order, each bounded, in the same environment; failures are told once and stop nothing."""
    monkeypatch.setattr(command, "BEFORE_WAIT", 0.3)
    caplog.set_level(logging.DEBUG, "consolesvc.lines.command")
    note, env_file = tmp_path / "note", tmp_path / "env"
    env_file.write_text("WORD=deactivated\n")
    env_file.chmod(0o600)
    before = (
        ("/bin/sh", "-c", f'echo "$WORD" > {note}'),
        ("false",),
        ("sleep", "60"),
        ("nix-tool",),
    )
    opener = CommandOpener(CommandSpec(("cat", str(note)), env_file=str(env_file), before=before), "node8")
    for expected in (logging.WARNING, logging.DEBUG):
        caplog.clear()
        got.losses.clear()
        await opener.open(got)
        await eventually(lambda: got.losses)
        assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
            (expected, "node8: before: false ended with status 1"),
            (expected, "node8: before: sleep did not end in 0.3 s"),
            (expected, "node8: before: no such program: nix-tool: install it, or give its full path"),
        ]
    assert got.data == b"deactivated\n" * 2


async def test_a_program_that_fails_is_started_again_with_growing_patience(got: Collector) -> None:
    """No busy loop: 0.2 s, 0.4 s, 0.8 s …"""
    starts = Collector()
    line = ReconnectingLine(
        "node8", CommandOpener(CommandSpec(("/bin/sh", "-c", "printf x; exit 1")), "node8"), starts,
        lambda: None, read_limit=4096,
    )  # fmt: skip
    line.start()
    await asyncio.sleep(1.2)
    assert 2 <= len(starts.data) <= 4
    assert line.why == "sh ended with status 1"
    await line.close()
    assert got.data == b""


async def test_a_cancelled_start_leaves_no_program(got: Collector) -> None:
    """Whenever it is cancelled; descriptors and tasks are checked after each test."""
    for turns in range(4):
        task = asyncio.create_task(opened(CommandSpec(("sleep", "77.5")), got))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await task).close()
    await eventually(lambda: not any(b"77.5" in cmdline for cmdline in children()))


def children() -> list[bytes]:
    """Command lines of our own children."""
    found = []
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    return found
