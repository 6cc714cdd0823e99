from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consolesvc.cli.attach import output as module
from consolesvc.cli.attach.modes import Modes
from consolesvc.cli.attach.output import Output
from consolesvc.cli.attach.session import Show
from consolesvc.cli.attach.terminal import Terminal
from consolesvc.cli.attach.until import Until
from consolesvc.errors import ClientError

Shown = Callable[[], bytes]
QUERY = b"\x1b[6n"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Stdout is a pipe here; what has come out of it."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setattr(module, "STDOUT", writing)

    def read() -> bytes:
        try:
            return os.read(reading, 1 << 20)
        except BlockingIOError:
            return b""

    yield read
    for fd in (reading, writing):
        os.close(fd)


def terminal(*, is_one: bool) -> Terminal:
    """What stdout is said to be."""
    made = Terminal()
    made.modes = Modes() if is_one else None
    return made


async def test_a_terminal_is_not_asked_what_others_were_asked(shown: Shown) -> None:
    """Questions in history are gone, however they are split; live ones are there, and one that began in history."""
    out = Output(terminal(is_one=True))
    for data, history in ((b"a\x1b", 2), (b"[6nb\x1b[5", 7), (b"nc" + QUERY, 0)):
        await out.show(Show(data, history))
    assert shown() == b"ab\x1b[5nc" + QUERY
    out.close()


async def test_a_terminal_that_only_looks_is_asked_nothing(shown: Shown) -> None:
    """From when it does until it does not."""
    out = Output(terminal(is_one=True))
    for data, viewing in ((b"a" + QUERY, True), (b"b\x1b[6", True), (b"n" + QUERY, True), (b"c" + QUERY, False)):
        await out.show(Show(data), viewing=viewing)
    assert shown() == b"abc" + QUERY
    out.close()


async def test_anything_else_gets_every_byte(shown: Shown, tmp_path: Path) -> None:
    """A pipe does not answer, and neither does a log."""
    log = tmp_path / "out.log"
    log.write_bytes(b"before|")
    for is_one in (False, True):
        out = Output(terminal(is_one=is_one), log=log)
        await out.show(Show(b"a" + QUERY, 5))
        out.close()
        assert shown() == (b"a" if is_one else b"a" + QUERY)
    assert log.read_bytes() == b"before|" + (b"a" + QUERY) * 2


async def test_what_the_output_switches_on_is_known(shown: Shown) -> None:
    """For who has to switch it off."""
    here = terminal(is_one=True)
    out = Output(here)
    await out.show(Show(b"\x1b[?1049h"))
    assert here.modes is not None
    assert here.modes.undo() == b"\x1b[?1049l"
    assert shown() == b"\x1b[?1049h"
    out.close()


@pytest.mark.parametrize("from_history", [False, True])
async def test_what_is_waited_for_is_not_in_the_past(shown: Shown, from_history: bool) -> None:
    """An old prompt is no prompt, unless the past was asked for."""
    out = Output(terminal(is_one=False), until=Until("login:"), from_history=from_history)
    await out.show(Show(b"login: ", 7))
    assert out.found is from_history
    await out.show(Show(b"log"))
    await out.show(Show(b"in:"))
    await out.show(Show(b"x"))
    assert out.found
    assert repr(out) == "<Output found>"
    assert shown() == b"login: login:x"
    out.close()


async def test_the_last_lines_are_safe_to_be_shown_again(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours stay; questions, the title and the cursor's moves go. The line that is being said is one."""
    out = Output(terminal(is_one=True))
    await out.show(Show(b"1\r\n2 \x1b[31mred\x1b[2J" + QUERY + b"\r\n\x1b]0;title\x07# ls"))
    assert out.lines(2) == b"2 \x1b[31mred\r\n# ls\x1b[0m"
    assert out.lines(1) == b"# ls"
    await out.show(Show(b"\r\n"))
    assert out.lines(1) == b"# ls\r"
    monkeypatch.setattr(module, "MEMORY", 100)
    await out.show(Show(b"x" * 200))
    assert out.lines(60) == b"x" * 100
    shown()
    out.close()


async def test_a_log_that_cannot_be_written_is_said_and_the_session_goes_on(shown: Shown) -> None:
    """Once, with the reason; what is said meanwhile is on the screen."""
    said: list[str] = []
    out = Output(terminal(is_one=False), log=Path("/dev/full"))
    out.complain = said.append
    await out.show(Show(b"a"))
    await out.show(Show(b"b"))
    assert said == [out.failure] == ["/dev/full: No space left on device; the log ends here"]
    assert shown() == b"ab"
    out.close()


async def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    """Known before anything is attached to."""
    with pytest.raises(ClientError, match=r"^--log .*/no/such: No such file or directory$"):
        Output(terminal(is_one=False), log=tmp_path / "no/such")


async def test_nobody_reads_what_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An error of the operating system's, for who knows what it means; the log has it all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(module, "STDOUT", writing)
    out = Output(terminal(is_one=False), log=tmp_path / "log")
    with pytest.raises(BrokenPipeError):
        await out.show(Show(b"x"))
    assert (tmp_path / "log").read_bytes() == b"x"
    out.close()
    os.close(writing)
