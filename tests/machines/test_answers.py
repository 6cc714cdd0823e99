"""A real shell that asks its terminal where the cursor is, and three terminals at it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.machines.kernel import needs_machine
from tests.machines.qemu import BOOT, machine
from tests.machines.test_linux import ECHO_OFF, LOGIN
from tests.machines.wiretap import Wiretap
from tests.scenarios.follower import V1
from tests.scenarios.process import eventually, service
from tests.scenarios.terminals import ASK, Terminal

pytestmark = [needs_machine, pytest.mark.timeout(240)]

ANSWERS = (b"\x1b[24;80R", b"\x1b[25;80R", b"\x1b[50;132R")


def test_busybox_has_one_answer_to_each_of_its_questions(tmp_path: Path, linux_archive: Path) -> None:
    """At each prompt, whoever typed the command before it: two raw clients and one of v1."""
    port, ours = tmp_path / "port", tmp_path / "ours"
    with (
        machine(tmp_path / "machine", linux_archive, [f"socket,path={port},server=on,wait=off"]) as pc,
        Wiretap(ours, port) as wire,
    ):
        file = tmp_path / "lab.yaml"
        file.write_text(f"servers:\n  - {{name: node3, line: {{type: unix, path: {ours}}}}}\n")
        with service(tmp_path / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected", 10)
            with (
                Terminal(running.viewer("node3"), ANSWERS[0]) as one,
                Terminal(running.viewer("node3", subprotocols=None), ANSWERS[1]) as two,
                Terminal(running.viewer("node3", subprotocols=[V1]), ANSWERS[2]) as three,
            ):
                pc.cont()
                log_in(one)
                asked = 1
                for turn in range(9):
                    typist = (one, two, three)[turn % 3]
                    typist.type(b"echo tu''rn-%d\r" % turn)
                    seen(one, b"\nturn-%d\r\n" % turn)
                    asked += 1
                    for terminal in (one, two, three):
                        terminal.until_asked(asked, 20)
                    assert answers(wire, asked)[-1] == typist.answer
                time.sleep(0.5)
                assert len(answers(wire, asked)) == asked == bytes(one.seen).count(ASK)
                assert b"not found" not in one.seen


def log_in(terminal: Terminal) -> None:
    """As root, up to the first prompt."""
    for prompt, words in ((LOGIN, b"root\r"), (b"Password: ", b"secret\r")):
        seen(terminal, prompt, BOOT)
        time.sleep(ECHO_OFF)
        terminal.type(words)
    terminal.until_asked(1, 20)


def seen(terminal: Terminal, text: bytes, seconds: float = 20.0) -> None:
    """Wait until a terminal shows this."""
    eventually(repr(text), lambda: text in terminal.seen, seconds)


def answers(wire: Wiretap, count: int) -> list[bytes]:
    """What the machine was answered, in order, once it is so much."""

    def look() -> list[bytes]:
        found = re.findall(rb"\x1b\[\d+;\d+R", bytes(wire.sent))
        return found if len(found) >= count else []

    return eventually(f"{count} answers", look, 20)
