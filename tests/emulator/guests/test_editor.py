"""The line editor: keys, what they show, and history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.emulator.guests.editor import LONGEST_LINE, Event, LineEditor
from tests.emulator.guests.bench import COLUMNS, Screen

LEFT, RIGHT, UP, DOWN = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
PROMPT = "\x1b[1;32mroot@fake1\x1b[0m:~# "
PLAIN = "root@fake1:~# "


def typed(editor: LineEditor, keys: str) -> tuple[bytes, Event | None]:
    shown, event = b"", None
    for byte in keys.encode("utf-8", "surrogateescape"):
        result = editor.feed(byte)
        shown += result.shown
        event = result.event
    return shown, event


def edit(keys: str) -> str:
    editor = LineEditor()
    editor.start("$ ")
    typed(editor, keys)
    return editor.text


def test_typing_at_the_end_is_echoed_as_it_is() -> None:
    """Scripts that wait for their own echo find it without control sequences."""
    editor = LineEditor()
    editor.start("$ ")
    assert typed(editor, "ls -l\r") == (b"ls -l\r\n", Event.LINE)


def test_keys_edit_the_line() -> None:
    """Each key does what it does in readline."""
    assert edit("helo" + LEFT + "l") == "hello"
    assert edit("world\x01hello \x05!") == "hello world!"
    assert edit("abc\x7f\x08d") == "ad"
    assert edit("abc\x1b[H\x1b[3~") == "bc"
    assert edit("abc\x02\x02\x04") == "ac"
    assert edit("one two  \x17three") == "one three"
    assert edit("one two\x02\x02\x02\x15") == "two"
    assert edit("one two\x01\x06\x06\x06\x0b") == "one"
    assert edit("one two\x1bb\x1bbx\x1bf!") == "xone! two"
    assert edit("a\x1b[15~\x1b[24;80Rb\x1bOc\x00") == "ab"


def test_characters_are_units_and_wide_ones_take_two_columns() -> None:
    """é and 漢 go with one key press, and clear as many columns as they had."""
    editor = LineEditor()
    editor.start("$ ")
    typed(editor, "é漢")
    assert typed(editor, "\x7f")[0] == b"\b\b  \b\b"
    assert typed(editor, "\x7f")[0] == b"\b \b"
    assert edit("漢字" + LEFT + LEFT + "é") == "é漢字"
    assert edit("e\u0301x" + LEFT + "\x7f") == "x"
    assert edit("a\udcffb") == "a\ufffdb"


def test_control_c_and_control_d() -> None:
    """^C drops the line; ^D ends the input only where there is no line."""
    editor = LineEditor()
    editor.start("$ ")
    assert typed(editor, "ab\x03") == (b"ab^C\r\n", Event.INTERRUPT)
    editor.start("$ ")
    assert typed(editor, "a" + LEFT + "\x04") == (b"a\b\r\x1b[J$ ", None)
    assert typed(editor, "\x04") == (b"", Event.END)


def test_history_comes_back_with_the_draft() -> None:
    """Up goes to older lines, down comes back to what was being typed."""
    editor = LineEditor()
    for line in ("first", "second", "second", "  "):
        editor.history.add(line)
    editor.start("$ ")
    typed(editor, "dra" + UP)
    assert editor.text == "second"
    typed(editor, UP + UP)
    assert editor.text == "first"
    typed(editor, DOWN + DOWN)
    assert editor.text == "dra"


def test_tab_completes_as_far_as_it_is_certain() -> None:
    """One candidate is put in, several as far as they agree, then they are listed."""
    editor = LineEditor(
        complete=lambda text: (text, [word for word in ("make ", "mkdir ", "mkfs ") if word[:1] == text[:1]])
    )
    editor.start("$ ")
    shown, _ = typed(editor, "m\t")
    assert b"make  mkdir  mkfs" in shown
    editor.complete = lambda text: (text, ["uname "])
    editor.start("$ ")
    assert typed(editor, "un\t")[0] == b"uname "
    assert typed(editor, "\t")[0] == b"\a"


def test_a_line_has_an_end() -> None:
    """A flood of keys rings the bell and no more."""
    assert len(edit("x" * (LONGEST_LINE + 10))) == LONGEST_LINE
    assert len(edit("x" + "\u0301" * 1000)) < 50


KEYS = st.sampled_from(
    [
        *"abc xyz",
        "é",
        "漢",
        "字",
        "🙂",
        LEFT,
        RIGHT,
        LEFT,
        "\x01",
        "\x05",
        "\x7f",
        "\x04",
        "\x17",
        "\x0b",
        UP,
        DOWN,
        "x" * 30,
    ]
)


@given(st.lists(KEYS, max_size=60))
def test_the_screen_always_shows_prompt_and_line(keys: list[str]) -> None:
    """Whatever was pressed, and however far the line wraps, a terminal shows what the editor holds."""
    editor = LineEditor()
    editor.history.add("漢" * 50)
    editor.history.add("short")
    screen = Screen()
    screen.show(editor.start(PROMPT))
    for pressed in keys:
        shown, event = typed(editor, pressed)
        screen.show(shown)
        if event is not None:
            return
    fresh = Screen()
    fresh.show((PLAIN + editor.text).encode())
    shown_rows = [row for row in screen.text() if row]
    assert [row for row in fresh.text() if row] == shown_rows
    before = Screen()
    before.show((PLAIN + "".join(editor._units[: editor._cursor])).encode())
    # A wide character that does not fit takes the cursor before it to the next row; `before` cannot know.
    at_edge = before.column == COLUMNS - 1
    assert at_edge or (before.row, before.column) == (screen.row, screen.column)


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    """No byte sequence raises, and the line stays printable."""
    editor = LineEditor()
    editor.start("$ ")
    for byte in data:
        if editor.feed(byte).event is not None:
            editor.start("$ ")
    assert "\x1b" not in editor.text
    assert editor.resume()
