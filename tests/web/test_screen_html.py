"""A screen as HTML: colours, the cursor, and nothing of the machine's that a browser would take for more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings

from consolesvc.console.screen import draw
from consolesvc.web.screen_html import page
from tests.console.test_stripping import STREAM


class Page(HTMLParser):
    """What a browser makes of a page: its text within `pre`, its tags, its styles, its title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.styles: list[str] = []
        self.texts: dict[str, str] = {}
        self.cursor: str | None = None
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if given.get("class") == "cursor":
            self.cursor = self.texts.get("pre", "").split("\n")[-1]
        self.styles += [given["style"] or ""] if "style" in given else []
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in {"pre", "title"} & set(self._open):
            self.texts[tag] = self.texts.get(tag, "") + data


def test_colours_and_cursor() -> None:
    """Each span has its style; the cursor stands where it is, also behind wide characters."""
    data = "漢\x1b[1;31mred\x1b[0;7mback\x1b[0;4;9;3mlines\x1b[38;5;208mo\x1b[m\x1b[1;4H".encode()
    shown = Page(page(draw(data, 40, 3), "node3"))
    assert shown.texts["pre"].split("\n")[0] == "漢redbacklineso"
    assert shown.cursor == "漢r"
    assert shown.styles == [
        *("color:#cd3131;font-weight:bold", "color:#cd3131;font-weight:bold", "color:#cd3131;font-weight:bold"),
        "color:#1e1e1e;background:#d4d4d4",
        "font-style:italic;text-decoration:underline line-through",
        "color:#ff8700;font-style:italic;text-decoration:underline line-through",
    ]
    assert shown.texts["title"] == "node3"


def test_a_cursor_beyond_the_text() -> None:
    """Has its place all the same."""
    assert Page(page(draw(b"ab\x1b[1;8H", 40, 3), "node3")).cursor == "ab     "


def test_a_hidden_cursor_is_not_shown() -> None:
    """Nor is another row's."""
    assert "cursor" not in page(draw(b"\x1b[?25lab", 40, 3), "node3").partition("<body>")[2]


def test_nothing_of_the_machine_is_markup() -> None:
    """Text, title and name."""
    text = page(draw(b"\x1b]0;</title><script>\x07<script>alert(1)</script>&amp;\"'", 60, 3), "<b>")
    shown = Page(text)
    assert shown.texts["pre"].split("\n")[0].rstrip() == "<script>alert(1)</script>&amp;\"'"
    assert shown.texts["title"] == "</title><script>"
    assert Page(page(draw(b"", 60, 3), "<b>")).texts["title"] == "<b>"


@settings(max_examples=60)
@given(STREAM)
def test_any_output_is_a_page(data: bytes) -> None:
    """Of the same few tags, with the text of the screen, and colours as CSS has them."""
    screen = draw(b"\x1b[38;2;1;2;3m" + data, 30, 6)
    shown = Page(page(screen, "node3"))
    assert set(shown.tags) <= {"html", "head", "meta", "title", "style", "body", "pre", "span"}
    assert [row.rstrip() for row in shown.texts["pre"].split("\n")[:6]] == screen.text
    assert all(re.fullmatch(r"(?:[a-z-]+:(?:#[0-9a-f]{6}|[a-z -]+);?)+", style) for style in shown.styles)
