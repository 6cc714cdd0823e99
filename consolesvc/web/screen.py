"""`GET /console/v1/consoles/{id}/screen`: what a console's screen shows now, as JSON, text or HTML (DESIGN 5.3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aiohttp import web

from consolesvc.console.console import Console
from consolesvc.console.reading import Piece, read_last
from consolesvc.http.deeds import has_read
from consolesvc.inventory import Inventory
from consolesvc.lines.thread import in_thread
from consolesvc.web.calls import one_of, query_of, visible, whole_of

if TYPE_CHECKING:
    from consolesvc.console.screen import Screen

COLUMNS, ROWS = 80, 24
MOST_COLUMNS, MOST_ROWS = 500, 200
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

KEPT = 60.0
"""Seconds for which a screen is remembered that nobody asks for."""

Key = tuple[int, int, int]
"""What a drawing depends on: the stream's end, columns and rows."""


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the route."""
    screens = Screens()

    async def screen(request: web.Request) -> web.Response:
        query = query_of(request.query, ("format", "cols", "rows"))
        kind = one_of(query, "format", ("json", "text", "html"))
        columns = whole_of(query, "cols", COLUMNS, 1, MOST_COLUMNS)
        rows = whole_of(query, "rows", ROWS, 1, MOST_ROWS)
        server = visible(inventory, request)
        begin, end, shown = await screens.of(server.console, columns, rows)
        has_read("screen", begin, end)
        if kind == "json":
            return web.json_response({"screen": _view(shown, server.console, end)}, headers=HEADERS)
        where = {**HEADERS, "Console-Next": str(end), "Console-Stream": server.console.stream}
        if kind == "text":
            return web.Response(text="".join(f"{line}\n" for line in shown.text), headers=where)
        from consolesvc.web import screen_html  # noqa: PLC0415 - it needs what only drawings need

        where["Content-Security-Policy"] = screen_html.POLICY
        return web.Response(text=screen_html.page(shown, server.name), content_type="text/html", headers=where)

    app.router.add_get("/console/v1/consoles/{id}/screen", screen)


@dataclass(slots=True)
class _Drawn:
    key: Key
    begin: int
    screen: Screen
    asked: float = 0.0


class Screens:
    """Draws screens, one at a time, and remembers those asked for of late: a wall of them may ask once a second."""

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[Console, _Drawn] = WeakKeyDictionary()
        """In the order of their last being asked for."""
        self._turn = asyncio.Lock()

    async def of(self, console: Console, columns: int, rows: int) -> tuple[int, int, Screen]:
        """The offsets of the first byte that it is drawn from, and behind the last; the screen."""
        async with self._turn:
            key = (console.ring.end, columns, rows)
            known = self._last.get(console)
            if known is None or known.key != key:
                from consolesvc.console.screen import WINDOW, draw  # noqa: PLC0415 - most services draw none

                piece = await read_last(console, WINDOW)
                data, key = _from_line(piece), (piece.end, columns, rows)
                drawn = await in_thread("screen", lambda: draw(data, columns, rows), lambda _: None)
                known = _Drawn(key, piece.offset, drawn)
            self._remember(console, known)
            return known.begin, key[0], known.screen

    def _remember(self, console: Console, drawn: _Drawn) -> None:
        drawn.asked = asyncio.get_running_loop().time()
        self._last.pop(console, None)
        self._last[console] = drawn
        while drawn.asked - (oldest := next(self._last.items()))[1].asked >= KEPT:
            del self._last[oldest[0]]


def _from_line(piece: Piece) -> bytes:
    """A piece from its first start of a line on; all of it, where it has none or is all that was ever said."""
    line = piece.data.find(b"\n") + 1 if piece.offset else 0
    return piece.data[line:] or piece.data


def _view(screen: Screen, console: Console, end: int) -> dict[str, Any]:
    """A screen as JSON.

    Shape: `lines` a text for each row, without blanks at its end; `cursor` {`x`, `y` from 0, `visible`}; `title` text;
    `cols` and `rows`; `offset` behind the last byte shown, and its `stream`.
    """
    return {
        "cols": screen.columns,
        "rows": screen.rows,
        "lines": screen.text,
        "cursor": {"x": screen.x, "y": screen.y, "visible": screen.visible},
        "title": screen.title,
        "stream": console.stream,
        "offset": end,
    }
