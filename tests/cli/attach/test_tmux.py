"""A real terminal emulator: tmux, which answers what it is asked, as every terminal does, by typing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.attach.lab import lab
from tests.cli.service import CLEAN, until
from tests.scenarios.process import needs

pytestmark = needs("tmux", "apt-get install tmux")

ASKED = b"\x1b[6n\x1b[c"
"""Where is the cursor, what kind of terminal is this?"""


@dataclass
class Window:
    """A tmux of its own, with one window."""

    folder: Path

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self.folder / "tmux"), *words]
        done = subprocess.run(
            command, env={**CLEAN, "TERM": "xterm-256color"}, capture_output=True, text=True, check=True
        )
        return done.stdout

    def screen(self) -> str:
        """What is to be seen."""
        return self.tmux("capture-pane", "-p")

    def shows(self, text: str) -> None:
        """Wait until it is to be seen; blanks at the end of a line are not."""
        until(lambda: text.rstrip() in self.screen())

    def type(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)


@contextmanager
def window(folder: Path, *argv: str) -> Iterator[Window]:
    """A shell in it, in which a command has been started."""
    made = Window(folder)
    made.tmux("new-session", "-d", "-x", "90", "-y", "28", "env", "PS1=shell> ", "bash", "--norc", "--noprofile")
    try:
        made.shows("shell> ")
        made.tmux("send-keys", "-l", " ".join([sys.executable, "-m", "consolesvc", *argv]))
        made.type("Enter")
        yield made
    finally:
        made.tmux("kill-server")


def test_history_is_not_answered_and_what_is_asked_now_is(tmp_path: Path) -> None:
    """Else every terminal that opens types what the machine asked an hour ago, perhaps into a boot loader."""
    with (
        lab(tmp_path, told=b"old" + ASKED + b"node login: ", counts=False) as (service, machine),
        window(tmp_path, "attach", "node", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("oldnode login: ")
        terminal.type("r")
        until(lambda: machine.heard)
        assert machine.heard == b"r"
        machine.say(b"now" + ASKED)
        until(lambda: machine.heard.endswith(b"c"))
        assert machine.heard.startswith(b"r\x1b[")
        assert b"R\x1b[?" in machine.heard
        terminal.type("Enter")
        until(lambda: machine.heard.endswith(b"\r"))
        machine.say(ASKED)  # as a shell does that asks at each prompt
        until(lambda: machine.heard.endswith(b"c"))
        terminal.type("~", ".")
        terminal.shows("Connection to node closed.\nshell> ")


def test_history_that_was_asked_for_is_not_answered_either(tmp_path: Path) -> None:
    """Nor is what comes after a cut."""
    with (
        lab(tmp_path, told=b"old" + ASKED, counts=False) as (service, machine),
        window(tmp_path, "attach", "node", "--since", "0", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("old")
        service.end()
        terminal.shows("connecting again")
        service.start()
        terminal.shows("back after")
        terminal.shows("old")
        terminal.type("r")
        until(lambda: machine.heard)
        assert machine.heard == b"r"
        terminal.type("C-e", "c", ".")
        terminal.shows("Connection to node closed.")


def test_a_terminal_that_only_looks_is_asked_nothing(tmp_path: Path) -> None:
    """It would be told that what it types is not sent, and its user has typed nothing."""
    with (
        lab(tmp_path, told=b"old", counts=False) as (service, machine),
        window(tmp_path, "attach", "node", "--view", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("old")
        machine.say(b"now" + ASKED + b"asked")
        terminal.shows("oldnowasked")
        terminal.type("x")
        terminal.shows("nothing is sent: this terminal only looks")
        assert terminal.screen().count("nothing is sent") == 1
        assert machine.heard == b""


def test_an_editor_left_in_the_middle_leaves_the_shell_as_it_was(tmp_path: Path) -> None:
    """Its screen is gone, the prompt is where it was, and it says how it went."""
    with (
        lab(tmp_path, told=b"\x1b[?1049h\x1b[2Jediting", counts=False) as (service, _),
        window(tmp_path, "attach", "node", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("editing")
        assert terminal.tmux("display", "-p", "#{alternate_on}").strip() == "1"
        terminal.type("Enter", "~", ".")
        terminal.shows("Connection to node closed.\nshell> ")
        assert terminal.tmux("display", "-p", "#{alternate_on}").strip() == "0"
        assert "editing" not in terminal.screen()
        assert "Connected to node. " in terminal.screen()


NOISY = (
    b"\x1b)0\x0e\x1b[2;10r\x1b[?6h\x1b[4h\x1b[?7l\x1b[?1h\x1b=\x1b[?25l\x1b[?1003;1006;2004h"
    b"\x1b[5 q\x1b[>4;2m\x1b[31mnoise"
)
STATE = (
    "#{insert_flag} #{origin_flag} #{wrap_flag} #{cursor_flag} #{keypad_flag} #{keypad_cursor_flag} #{mouse_any_flag} "
    "#{mouse_sgr_flag} #{scroll_region_upper} #{scroll_region_lower}"
)


def test_what_noise_has_switched_on_is_undone(tmp_path: Path) -> None:
    """Letters are letters again and black, the whole window scrolls, keys and the mouse type what they did."""
    with (
        lab(tmp_path, told=b"", counts=False) as (service, machine),
        window(tmp_path, "attach", "node", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("Connected to node. ")
        before = terminal.tmux("display", "-p", STATE)
        machine.say(NOISY)
        until(lambda: terminal.tmux("display", "-p", STATE).rstrip() == "1 1 0 0 1 1 1 1 1 9")
        terminal.type("Enter", "~", ".")
        terminal.shows("Connection to node closed.\nshell> ")
        assert terminal.tmux("display", "-p", STATE) == before
        terminal.type("qqq")
        terminal.shows("shell> qqq")
        last = terminal.tmux("capture-pane", "-p", "-e").rstrip().splitlines()[-1]
        assert last == "shell> qqq"  # with neither a colour nor another set of characters


def test_the_windows_size_is_typed(tmp_path: Path) -> None:
    """The size that tmux gives it."""
    with (
        lab(tmp_path, told=b"node login: ", counts=False) as (service, machine),
        window(tmp_path, "attach", "node", "--endpoint", service.api) as terminal,
    ):
        terminal.shows("node login: ")
        terminal.type("C-e", "c", "t")
        until(lambda: machine.heard == b"stty rows 28 cols 90\r")


def test_a_window_that_is_closed_leaves_no_process(tmp_path: Path) -> None:
    """Whoever closes it is done with it."""
    with lab(tmp_path, told=b"node login: ", counts=False) as (service, _):
        with window(tmp_path, "attach", "node", "--endpoint", service.api) as terminal:
            terminal.shows("node login: ")
            shell = terminal.tmux("display", "-p", "#{pane_pid}").strip()
            [client] = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        until(lambda: not Path(f"/proc/{client}").exists())
