"""Several terminals at one machine that asks: one answer to each question reaches it."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

from tests.scenarios.follower import V1
from tests.scenarios.process import eventually, service
from tests.scenarios.terminals import Asking, Terminal

ANSWERS = (b"\x1b[1;1R", b"\x1b[2;2R", b"\x1b[3;3R")
TURNS = 60


def test_each_question_is_answered_once(tmp_path: Path) -> None:
    """Two raw clients and one of v1, each at its own pace: whoever types last answers, and nobody else."""
    with Asking() as machine:
        file = tmp_path / "lab.yaml"
        file.write_text(f"servers:\n  - {{name: node3, line: {{type: tcp, host: 127.0.0.1, port: {machine.port}}}}}\n")
        with service(tmp_path / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected")
            with (
                Terminal(running.viewer("node3"), ANSWERS[0]) as one,
                Terminal(running.viewer("node3", subprotocols=None), ANSWERS[1]) as two,
                Terminal(running.viewer("node3", subprotocols=[V1]), ANSWERS[2]) as three,
            ):
                terminals = (one, two, three)
                for turn in range(TURNS):
                    typist = terminals[turn % 3]
                    typist.type(b"\r")
                    if turn % 2:  # slowly: all have answered; or at once, as soon as the next one sees the prompt
                        for terminal in terminals:
                            terminal.until_asked(turn + 1)
                    else:
                        terminals[(turn + 1) % 3].until_asked(turn + 1)
                for terminal in terminals:
                    terminal.until_asked(TURNS)
                eventually("an answer to each question", lambda: machine.heard.count(b"R") >= TURNS)
                time.sleep(0.3)
            heard = bytes(machine.heard)
    assert machine.asked == TURNS
    assert re.fullmatch(rb"(?:\r|\x1b\[[123];[123]R)*", heard)
    assert heard.count(b"\r") == heard.count(b"R") == TURNS
    assert all(count >= TURNS // 6 for count in Counter(re.findall(rb"\x1b\[.;.R", heard)).values())


def test_the_holders_terminal_answers_and_no_key_of_another_arrives(tmp_path: Path) -> None:
    """On a lease: the holder alone is heard, keys and answers, until another takes the input."""
    with Asking() as machine:
        file = tmp_path / "lab.yaml"
        file.write_text(
            f"servers:\n  - {{name: node3, input: lease, line: {{type: tcp, host: 127.0.0.1, port: {machine.port}}}}}\n"
        )
        with service(tmp_path / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected")
            with (
                Terminal(running.viewer("node3"), ANSWERS[0]) as raw,
                Terminal(running.viewer("node3", subprotocols=[V1]), ANSWERS[2]) as v1,
            ):
                raw.type(b"\r")
                for terminal in (raw, v1):
                    terminal.until_asked(1)
                v1.type(b"reboot\r")
                eventually("the refusal", lambda: running.console("node3")["refused"] == 7)
                v1.viewer.send('{"type": "take"}')
                eventually("who took it told to all", lambda: b"took the input of node3 from admin" in raw.seen)
                v1.type(b"\r")
                for terminal in (raw, v1):
                    terminal.until_asked(2)
                eventually("both answers", lambda: machine.heard.count(b"R") == 2)
                raw.type(b"x")
                eventually("the other's refusal", lambda: running.console("node3")["refused"] == 8)
    assert bytes(machine.heard) == b"\r" + ANSWERS[0] + b"\r" + ANSWERS[2]
