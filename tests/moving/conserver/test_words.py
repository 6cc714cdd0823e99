r"""The words of a conserver.cf: what ends them, what quotes them, where they stand."""

from __future__ import annotations

import pytest

from consolesvc.moving.conserver.words import Words


def words(text: str, *, spaces: bool = False) -> list[tuple[str, str, int]]:
    """All tokens of a text, read with or without spaces in words."""
    reader, found = Words(text), []
    while (token := reader.next(spaces=spaces)).kind != "end":
        found.append(tuple(token))
    return found  # type: ignore[return-value]  # tokens are such tuples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\t", []),
        ("a b", [("word", "a", 1), ("word", "b", 1)]),
        ("a{b;}", [("word", "a", 1), ("{", "{", 1), ("word", "b", 1), (";", ";", 1), ("}", "}", 1)]),
        ("a\n\nb", [("word", "a", 1), ("word", "b", 3)]),
        ("a # b ; c\nd", [("word", "a", 1), ("word", "d", 2)]),
        ("# b", []),
        (r"a\ b\;\#\"\\", [("word", 'a b;#"\\', 1)]),
        ('"a b;{}#" c', [("word", "a b;{}#", 1), ("word", "c", 1)]),
        (r'"a\"b\nc"', [("word", r'a"b\nc', 1)]),
        ('de"fau"lt', [("word", "default", 1)]),
        ('""', [("word", "", 1)]),
        ('"";', [("word", "", 1), (";", ";", 1)]),
        ('"never ends; {', [("word", "never ends; {", 1)]),
        ("at the end\\", [("word", "at", 1), ("word", "the", 1), ("word", "end", 1)]),
        ("#include more.cf\na", [("include", "more.cf", 1), ("word", "a", 2)]),
        ("a\n#include  of two words \nb", [("word", "a", 1), ("include", "of two words", 2), ("word", "b", 3)]),
        ("# include no.cf\n#included\n#include\na", [("word", "a", 4)]),
    ],
)
def test_words(text: str, expected: list[tuple[str, str, int]]) -> None:
    """As the manual has it."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("other defs  ;", [("word", "other defs", 1), (";", ";", 1)]),
        ("\n a  b # no\n c;", [("word", "a  b  c", 2), (";", ";", 3)]),
        ('"quoted  "  ;', [("word", "quoted", 1), (";", ";", 1)]),
        ("a\nb;", [("word", "a\nb", 1), (";", ";", 2)]),
    ],
)
def test_values(text: str, expected: list[tuple[str, str, int]]) -> None:
    """Spaces stand in a value, but for those around it; a comment takes its line's end along."""
    assert words(text, spaces=True) == expected
