"""What a screen shows, held against what tmux, a real terminal, makes of the same bytes."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolesvc.console.screen import WINDOW, Screen, Span, Style, clean_start, draw
from tests.console.test_stripping import STREAM
from tests.scenarios.process import needs

ROWS = 10
OUTPUTS = {
    "lines": b"".join(b"line %d\r\n" % number for number in range(30)) + b"login: ",
    "wrapped": b"x" * 100 + b"\r\n" + b"y" * 80 + b"z",
    "backspaces": b"loading |\b/\b-\b\\\r\n10%\r20%\r30%",
    "tabs": b"a\tb\tc\r\n\tindented",
    "colours": b"\x1b[1;31mred\x1b[0m \x1b[38;5;208morange\x1b[m \x1b[48;2;1;2;3mrgb\x1b[m plain",
    "moves": b"\x1b[2J\x1b[3;5Hhere\x1b[1;1Htop\x1b[10;70Hbottom\x1b[5;1H\x1b[2Kgone",
    "erased": b"aaaa\r\nbbbb\r\ncccc\x1b[2;3H\x1b[J",
    "region": b"\x1b[2;5r\x1b[5;1Ha\nb\nc\nd\ne\x1b[r\x1b[9;1Hend",
    "inserted": b"one\r\ntwo\r\nthree\x1b[2;1H\x1b[Lnew\x1b[1;1H\x1b[2P\x1b[4h__\x1b[4l",
    "scrolled": b"one\r\ntwo\r\nthree\x1b[2S\x1b[1T",
    "saved": b"ab\x1b7\x1b[5;5Hx\x1b8c\x1b[se\x1b[6;6Hy\x1b[uf",
    "another screen": b"before\r\n\x1b[?1049h\x1b[Hin vim\x1b[5;1H~\x1b[?1049lafter",
    "in another screen": b"before\r\n\x1b[?1049h\x1b[H\x1b[Jin vim",
    "wide": "漢字かな\r\nz\u0308e\u0301 é\r\n".encode() + "漢".encode() * 41,
    "unknown": b"\x1b[>4;2ma\x1b[!pb\x1b[0 qc\x1bP1$r0m\x1b\\d\x1b_x\x1b\\e\x1b[?2026hf\x1b[4:3mg\x1b[m",
    "title": b"\x1b]0;host: ~\x07# \x1b]2;another\x1b\\ls",
    "bash": b"\x1b[?2004h\x1b]0;root@x: ~\x07root@x:~# ls\r\n\x1b[?2004l\rfile\r\n\x1b[?2004hroot@x:~# ",
    "busybox": b"~ # \x1b[6nls\x1b[J\r\n\x1b[1;34mbin\x1b[m   \x1b[1;34metc\x1b[m\r\n~ # \x1b[6n",
    "cursor up": b"a\r\nb\r\nc\r\n\x1b[2A\x1b[3CX\x1b[1B\x1b[2DY\x1b[E\x1b[FZ",
}

needs_tmux = needs("tmux", "apt install tmux")


@needs_tmux
@pytest.mark.parametrize("name", OUTPUTS)
def test_it_shows_what_tmux_shows(name: str, tmp_path: Path) -> None:
    """Row by row, and the cursor's place."""
    ours, (theirs, cursor) = draw(OUTPUTS[name], 80, ROWS), in_tmux(OUTPUTS[name], tmp_path)
    assert ours.text == theirs
    assert (min(ours.x, 79), ours.y) == cursor


def in_tmux(data: bytes, folder: Path) -> tuple[list[str], tuple[int, int]]:
    """The rows of a real terminal and its cursor, after these bytes."""
    file, done = folder / "bytes", folder / "done"
    file.write_bytes(data)
    tmux = ("tmux", "-S", str(folder / "tmux"), "-f", "/dev/null")
    program = f"stty raw -echo; cat {shlex.quote(str(file))}; touch {shlex.quote(str(done))}; sleep 60"
    size = ("-x", "80", "-y", str(ROWS))
    subprocess.run(
        [*tmux, "new-session", "-d", *size, program], check=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    )
    try:
        deadline = time.monotonic() + 10
        while not done.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)
        place = ask(*tmux, "display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        rows = unicodedata.normalize("NFC", ask(*tmux, "capture-pane", "-p")).split("\n")[:-1]
        return [row.rstrip() for row in rows] + [""] * (ROWS - len(rows)), (int(place[0]), int(place[1]))
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def ask(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=10).stdout


def shown(data: bytes, columns: int = 80, rows: int = 24) -> Screen:
    return draw(data, columns, rows)


def test_colours_are_kept() -> None:
    """Each stretch of one style is a span; blanks that look like nothing are none."""
    line = shown(b"ok \x1b[1;32mgreen\x1b[0;44m  \x1b[m   ").lines[0]
    assert line == (Span("ok ", Style()), Span("green", Style("green", bold=True)), Span("  ", Style(bg="blue")))


def test_the_cursor_and_the_title() -> None:
    """The last title counts, also where it was set long before the lines that are drawn."""
    screen = shown(b"\x1b]0;old\x07\x1b]2;new title\x07" + b"line\r\n" * 200 + b"\x1b[?25l# ")
    assert (screen.title, screen.x, screen.y, screen.visible) == ("new title", 2, 23, False)


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"no line", 0),
        (b"one\ntwo\n# ", 0),
        (b"0\n1\n2\n3\n4\n5\n# ", 4),
        (b"x\n" * 10 + b"\x1b[H" + b"y\n" * 10, 0),
        (b"\x1b[31m" + b"x\n" * 10 + b"\x1b[K\x1b[0m# \x1b[6n\x1b[?2004h", 5 + 2 * 6),
    ],
)
def test_where_a_drawing_begins(data: bytes, start: int) -> None:
    """With the last lines; with all there is, where something moves about."""
    assert clean_start(data, 4) == start


@settings(max_examples=150)
@given(STREAM, st.integers(1, 100), st.integers(1, 30))
def test_any_bytes_are_a_screen(data: bytes, columns: int, rows: int) -> None:
    """Of the size that was asked for, with nothing on it that is not text."""
    screen = draw(data + b"\n" + data, columns, rows)
    assert len(screen.text) == rows
    assert all(c.isprintable() or ord(c) > 0x9F for row in screen.text for c in row)
    assert 0 <= screen.x <= columns
    assert 0 <= screen.y < rows


CSI = st.tuples(
    st.sampled_from(["", "?", ">", "="]),
    st.lists(st.sampled_from(["", "0", "1", "3", "47", "1049", "9999", "99999999999", "²"]), max_size=4).map(";".join),
    st.sampled_from("@ABCDEFGHIJKLMPSTXZ`abcdefghlmnrstu"),
).map(lambda parts: ("\x1b[" + "".join(parts)).encode())


@settings(max_examples=200)
@given(st.lists(CSI | st.sampled_from([b"x", b"\n", b"\x1b7", b"\x1b8", b"\x1bM", b"\x1bc", b"\x1b#8"]), max_size=30))
def test_any_sequences_are_borne(parts: list[bytes]) -> None:
    """Parameters that make no sense, too many and too large, stop nothing: what follows is shown."""
    screen = draw(b"".join(parts) + b"\x1bc\x1b[mlast", 20, 5)
    assert screen.text[0] == "last"


@pytest.mark.parametrize(
    "unit", ["e\u0301", "\u0301", "\x1b[9999L", "\x1b[9999@", "\x1b7", "\x1b[", "\x1b]0;", "漢", "\t"]
)
def test_hostile_output_is_drawn_in_bounded_time(unit: str) -> None:
    """A window full of the worst takes seconds at most, in a thread of its own."""
    data = unit.encode() * (WINDOW // len(unit.encode()))
    begun = time.process_time()
    draw(b"\n\x1b[H" + data, 80, 24)
    assert time.process_time() - begun < 20


def test_pyte_is_imported_for_the_first_screen_alone() -> None:
    """Memory is a feature."""
    code = (
        "import sys; import consolesvc.service; from consolesvc.console.screen import draw;"
        "before = [name for name in ('pyte', 'wcwidth') if name in sys.modules]; draw(b'x', 80, 24);"
        "sys.exit(bool(before) or 'pyte' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
