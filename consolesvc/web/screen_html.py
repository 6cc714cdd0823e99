"""A screen as a page of HTML that needs nothing else: no script, no file, and nothing of the machine's but text."""

from __future__ import annotations

import html

from wcwidth import wcwidth

from consolesvc.console.screen import Screen, Span, Style

COLOURS = {
    "black": "#000000",
    "red": "#cd3131",
    "green": "#0dbc79",
    "brown": "#e5e510",  # pyte's word for yellow
    "blue": "#2472c8",
    "magenta": "#bc3fbc",
    "cyan": "#11a8cd",
    "white": "#e5e5e5",
    "brightblack": "#666666",
    "brightred": "#f14c4c",
    "brightgreen": "#23d18b",
    "brightbrown": "#f5f543",
    "brightblue": "#3b8eea",
    "brightmagenta": "#d670d6",
    "bfightmagenta": "#d670d6",  # sic, as a background
    "brightcyan": "#29b8db",
    "brightwhite": "#ffffff",
}
FOREGROUND, BACKGROUND = "#d4d4d4", "#1e1e1e"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy to send it with."""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ background: {background}; color: {foreground} }} pre {{ font-family: monospace; line-height: 1.2 }}
.cursor {{ outline: 1px solid {foreground} }}</style></head>
<body><pre>{rows}
</pre></body></html>
"""


def page(screen: Screen, name: str) -> str:
    """The page.

    Args:
        screen: What it shows.
        name: The console's, for the title where the machine has set none.
    """
    rows = [
        _row(line, screen.x if screen.visible and number == screen.y else None)
        for number, line in enumerate(screen.lines)
    ]
    title = html.escape(screen.title or name)
    return _PAGE.format(title=title, background=BACKGROUND, foreground=FOREGROUND, rows="\n".join(rows))


def _row(line: tuple[Span, ...], cursor: int | None) -> str:
    """A row, with the cursor's column marked where it has one."""
    shown, column = [], 0
    for span in line:
        if cursor is None or not column <= cursor < column + _width(span.text):
            shown.append(_span(span.text, span.style))
        else:
            at = next(at for at in range(len(span.text)) if column + _width(span.text[: at + 1]) > cursor)
            shown.append(_span(span.text[:at], span.style))
            shown.append(f'<span class="cursor">{_span(span.text[at], span.style)}</span>')
            shown.append(_span(span.text[at + 1 :], span.style))
        column += _width(span.text)
    if cursor is not None and cursor >= column:
        shown.append(" " * (cursor - column) + '<span class="cursor"> </span>')
    return "".join(shown)


def _width(text: str) -> int:
    """Columns that text takes."""
    return len(text) if text.isascii() else sum(max(0, wcwidth(char)) for char in text)


def _span(text: str, style: Style) -> str:
    rules = _rules(style)
    escaped = html.escape(text)
    return f'<span style="{rules}">{escaped}</span>' if rules and text else escaped


def _rules(style: Style) -> str:
    front, back = _colour(style.fg), _colour(style.bg)
    if style.reverse:
        front, back = back or BACKGROUND, front or FOREGROUND
    lines = [word for word, on in (("underline", style.underscore), ("line-through", style.strikethrough)) if on]
    rules = (
        front and f"color:{front}",
        back and f"background:{back}",
        style.bold and "font-weight:bold",
        style.italics and "font-style:italic",
        lines and f"text-decoration:{' '.join(lines)}",
    )
    return ";".join(rule for rule in rules if rule)


def _colour(name: str) -> str:
    """As CSS has it; "" for the terminal's own."""
    return "" if name == "default" else COLOURS.get(name, f"#{name}")
