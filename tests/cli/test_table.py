from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.table import display_width, escape, format_table


def test_columns_line_up() -> None:
    """Cells are padded to their column's widest, two spaces apart, nothing behind the last."""
    assert format_table(("NAME", "ID"), [("a", "12345"), ("node3", "")]) == "NAME   ID\na      12345\nnode3"


def test_a_table_without_rows_is_its_header() -> None:
    """The header stands alone."""
    assert format_table(("NAME", "ID"), []) == "NAME  ID"


def test_wide_characters_take_two_columns() -> None:
    """Chinese characters are two columns wide, combining marks none."""
    assert (display_width("控制台"), display_width("e\u0301"), display_width("é")) == (6, 1, 1)
    assert format_table(("N", "M"), [("控制", "x"), ("abcd", "y")]) == "N     M\n控制  x\nabcd  y"


def test_control_characters_are_shown_and_not_obeyed() -> None:
    """Escape sequences, newlines, right-to-left overrides and lone surrogates become visible ASCII."""
    assert escape("a\x1b[2J\n\u202e\udcff") == r"a\x1b[2J\n\u202e\udcff"


@given(st.lists(st.tuples(st.text(), st.text(), st.text())))
def test_every_table_is_its_rows(rows: list[tuple[str, str, str]]) -> None:
    """Whatever is in the cells, there is one printable line for each row and one for the header."""
    lines = format_table(("A", "B", "C"), rows).split("\n")
    assert len(lines) == len(rows) + 1
    assert all(line.isprintable() for line in lines)
