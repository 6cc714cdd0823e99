"""Keys as those type them who come from ssh and from conserver: transcripts, with what the machine heard of them."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from tests.cli.attach.lab import Lab, Machine, lab
from tests.cli.screen import Screen, screen
from tests.cli.service import CLEAN, PATIENCE, until

TOLD = b"".join(b"line %d\r\n" % number for number in range(1, 31)) + b"node login: "


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Machine]]:
    with lab(tmp_path_factory.mktemp("lab"), told=TOLD, counts=False) as made:
        yield made


@contextmanager
def attached(here: tuple[Lab, Machine], *argv: str) -> Iterator[tuple[Screen, Machine]]:
    """A terminal that shows the machine's prompt, and the machine, which has heard nothing yet."""
    service, machine = here
    with screen("attach", "node", "--endpoint", service.api, *argv) as user:
        user.expect("Connected to node. ")
        user.expect("node login: ")
        machine.heard = b""
        yield user, machine


def left(user: Screen) -> None:
    """The terminal is as it was, and nobody complains."""
    user.expect("Connection to node closed.")
    assert user.code() == 0
    assert user.modes() == user.before


def test_conserver(here: tuple[Lab, Machine]) -> None:
    """In the middle of a line: who, spy and back, replay, info, leave. None of it is typed."""
    with attached(here) as (user, machine):
        user.type(b"root\x05cw")
        user.expect("\r\n")
        user.type(b"\x05cs")
        user.expect("[consolesvc: view only: what you type stays here; ^Eca types again]\r\n")
        user.type(b"not sent")
        user.expect("[consolesvc: view only: what you type stays here; ^Eca types again]\r\n")
        user.type(b"\x05ca")
        user.expect("[consolesvc: what you type is sent again]\r\n")
        user.type(b"\x05cr")
        shown = user.expect("node login: \r\n")
        assert [line.strip() for line in shown.splitlines() if line.strip()] == [b"line %d" % n for n in range(12, 31)]
        user.type(b"\x05cp")
        shown = user.expect("node login: \r\n")
        assert shown.strip().startswith(b"line 1\r\n")
        user.type(b"\x05c\x12")
        assert user.expect("node login: \r\n").strip() == b""
        user.type(b"\x05ci")
        user.expect("node at ws://127.0.0.1:")
        user.expect("consolesvc.v1\r\n line: connected\r\n next byte: ")
        user.type(b"!\x05c.never")
        left(user)
        until(lambda: machine.heard == b"root!")


def test_ssh(here: tuple[Lab, Machine]) -> None:
    """At the start of a line only; a doubled ~ is one."""
    with attached(here) as (user, machine):
        user.type(b"a~.b\r~~.\r~x\r")
        user.type(b"~?")
        user.expect("Keys: ~ at the start of a line (after Enter), ^Ec anywhere\r\n")
        user.type(b"~w")
        user.expect("\r\n")
        user.type(b"~.")
        left(user)
        until(lambda: machine.heard == b"a~.b\r~.\r~x\r")


def test_a_shell_that_is_used_to_control_e(here: tuple[Lab, Machine]) -> None:
    """^E is the end of the line to every shell: alone it arrives, a little later; before another key at once."""
    with attached(here) as (user, machine):
        user.type(b"\x05")
        until(lambda: machine.heard == b"\x05")
        user.type(b"c")
        until(lambda: machine.heard == b"\x05c")
        user.type(b"\x05x\x05c\\005c")
        until(lambda: machine.heard == b"\x05c\x05x\x05c")
        user.type(b"\x05c.")
        left(user)


def test_other_keys_within_another_session(here: tuple[Lab, Machine]) -> None:
    """Both changed at the start, the sequence once more on the way; the default ones are text then."""
    with attached(here, "--escape", "%", "--escape-seq", "^Aa") as (user, machine):
        user.type(b"\r~.\x05c.\r%?")
        user.expect(" %.  ^Aa.    leave; the console stays open\r\n")
        user.type(b"\x01aeqq")
        user.expect("[consolesvc: qq is the sequence now]\r\n")
        user.type(b"\x01a.qqs")
        user.expect("; qqa types again]")
        user.type(b"qq.")
        left(user)
        until(lambda: machine.heard == b"\r~.\x05c.\r\x01a.")


def test_no_keys_at_all(here: tuple[Lab, Machine]) -> None:
    """Every byte is the machine's; said at the start, with what is left to do."""
    service, machine = here
    with screen("attach", "node", "--endpoint", service.api, "--escape", "none", "--escape-seq", "none") as user:
        user.expect("Connected to node. There is no escape: end this process to leave.\r\n")
        machine.heard = b""
        user.type(b"\r~.\x05c.")
        until(lambda: machine.heard == b"\r~.\x05c.")
        user.process.terminate()
        assert user.code() < 0
        assert user.modes() == user.before


def test_keys_that_are_none_here(here: tuple[Lab, Machine]) -> None:
    """Conserver has more; each is answered, with where its work is done, and typed into nothing."""
    with attached(here) as (user, machine):
        for keys, answer in (
            (b"\x05cd", "[consolesvc: no such key: ^Ecd; `consolesvc down NAME` lends the port]"),
            (b"\x05cx", "[consolesvc: no such key: ^Ecx; `consolesvc list` does]"),
            (b"\x05c;", "[consolesvc: no such key: ^Ec;; ^Ec? lists the keys]"),
            (b"\x05cl7", "[consolesvc: no such key: ^Ecl7; ^Ec? lists the keys]"),
            (b"\x05cl?", "[consolesvc: ^Ecl0 is a break of 250 ms; there are no others]"),
            (b"\x05cg", "[consolesvc: nobody asks for the input]"),
        ):
            user.type(keys)
            user.expect(answer)
        user.type(b"\x05c.")
        left(user)
        assert machine.heard == b""


def test_a_break_arrives(tmp_path: Path) -> None:
    """As telnet has it, by either key; everybody is told."""
    with lab(tmp_path, told=TOLD, counts=False, kind="telnet") as here, attached(here) as (user, machine):
        for keys in (b"\r~b", b"~B", b"\x05cl0"):
            machine.heard = b""
            user.type(keys)
            user.expect("[consolesvc: ")
            user.expect("break")
            until(lambda: machine.heard.count(b"\xff\xf3") == 1)
        user.type(b"\x05c.")
        left(user)


def test_a_break_that_a_line_has_not(here: tuple[Lab, Machine]) -> None:
    """Told by who knows it."""
    with attached(here) as (user, _):
        user.type(b"\x05cl0")
        user.expect("[consolesvc: no break sent: ")
        user.type(b"\x05c.")
        left(user)


def test_the_size_of_the_window(here: tuple[Lab, Machine]) -> None:
    """A serial line cannot know it: it is typed, where a shell can take it."""
    with attached(here) as (user, machine):
        user.type(b"\x05ct")
        user.expect("[consolesvc: this terminal does not tell its size]")
        fcntl.ioctl(user.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        user.type(b"\r~t")
        until(lambda: machine.heard == b"\rstty rows 40 cols 120\r")
        user.type(b"~.")
        left(user)


def test_only_looking(here: tuple[Lab, Machine]) -> None:
    """--view: from the first key to the last nothing is typed, and no key changes that."""
    with attached(here, "--view") as (user, machine):
        user.type(b"x")
        user.expect("[consolesvc: nothing is sent: this terminal only looks (--view)]")
        for keys in (b"\x05ca", b"\x05cf", b"\x05cl0"):
            user.type(keys)
            user.expect("[consolesvc: nothing is sent: this terminal only looks (--view)]")
        user.type(b"y\x05ct\x05c.")
        left(user)
        assert machine.heard == b""


def test_an_editor_that_is_left_in_the_middle(tmp_path: Path) -> None:
    """The terminal's second screen, its hidden cursor and its mouse end with the session; also by a signal."""
    editor = b"\x1b[?1049h\x1b[?25l\x1b[?1000hnode login: "
    with lab(tmp_path, told=editor, counts=False) as here:
        with attached(here) as (user, _):
            user.type(b"\x05c.")
            user.expect(b"\x1b[?1049l\x1b[?25h\x1b[?1000l")
            left(user)
        with attached(here) as (user, _):
            user.process.terminate()
            user.expect(b"\x1b[?1049l\x1b[?25h\x1b[?1000l")
            assert user.code() < 0


def test_suspending_where_no_shell_could_come_back(here: tuple[Lab, Machine]) -> None:
    """A window of its own would hang for ever: said, and gone on."""
    with attached(here) as (user, _):
        user.type(b"\r~\x1a")
        user.expect("[consolesvc: not suspended: there is no shell here that could continue it]")
        user.type(b"\x05cz")
        user.expect("[consolesvc: not suspended: ")
        user.type(b"\x05c.")
        left(user)


def test_suspending_as_ssh_does(here: tuple[Lab, Machine]) -> None:
    """~^Z gives the terminal back to the shell, fg takes it again; the session has gone on, nothing is lost."""
    service, machine = here
    command = f"{sys.executable} -m consolesvc attach node --endpoint {service.api} --quiet"
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], env={**CLEAN, "PS1": "shell> ", "TERM": "dumb"}, timeout=PATIENCE
    )
    try:
        shell.expect_exact("shell> ")
        shell.sendline(command)
        shell.expect_exact("node login: ")
        machine.heard = b""
        shell.send(b"\r~\x1a")
        shell.expect_exact("Stopped")
        shell.expect_exact("shell> ")
        shell.sendline("stty -a | grep -o ' icanon'; echo done")
        shell.expect_exact(" icanon\r\ndone\r\n")
        shell.expect_exact("shell> ")
        machine.say(b"said meanwhile ")
        shell.sendline("fg")
        shell.expect_exact("said meanwhile ")
        until(lambda: not termios.tcgetattr(shell.child_fd)[3] & termios.ICANON)
        shell.send(b"here again")
        until(lambda: machine.heard == b"\rhere again")
        shell.send(b"\x05c.")
        shell.expect_exact("shell> ")
        shell.sendline("echo code $?; stty -a | grep -o ' icanon'")
        shell.expect_exact("code 0\r\n icanon\r\n")
    finally:
        shell.close(force=True)


def test_another_key_is_typed_while_output_runs(tmp_path: Path) -> None:
    """Keys are heard in a flood as in silence."""
    with lab(tmp_path) as (service, machine), screen("attach", "node", "--endpoint", service.api) as user:
        user.expect("Connected to node. ")
        for _ in range(5):
            user.type(b"k")
            time.sleep(0.05)
        until(lambda: machine.heard == b"kkkkk")
        user.type(b"\r~.")
        left(user)
