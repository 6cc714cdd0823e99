"""`GET /console/v1/consoles/{id}/slice`: output from one place to another, as text, bytes or a recording (DESIGN 5.3).

    ?from=a mark|8123|-500&to=another mark|9000&format=text|raw|cast2|cast3

What is missing in the middle is said in text and in recordings. Raw bytes break off there, without a proper end;
whoever asks again from there is told in the answer's headers.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web

from consolesvc.console import slicing
from consolesvc.console.cast import Cast
from consolesvc.console.console import Console
from consolesvc.console.reading import read_at
from consolesvc.http.deeds import has_read
from consolesvc.http.faults import Fault
from consolesvc.inventory import Inventory
from consolesvc.web.calls import one_of, query_of, visible, whole_of, wrong
from consolesvc.web.places import offset_of
from consolesvc.web.screen import COLUMNS, MOST_COLUMNS, MOST_ROWS, ROWS

log = logging.getLogger(__name__)

TEXT, RAW, CAST2, CAST3 = "text", "raw", "cast2", "cast3"
RECORDING = "application/x-asciicast"
TYPES = {TEXT: "text/plain; charset=utf-8", RAW: "application/octet-stream", CAST2: RECORDING, CAST3: RECORDING}
"""The formats there are, and their media types."""


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the route."""

    async def cut(request: web.Request) -> web.StreamResponse:
        query = query_of(request.query, ("from", "to", "format", "cols", "rows"))
        kind = one_of(query, "format", tuple(TYPES))
        columns = whole_of(query, "cols", COLUMNS, 1, MOST_COLUMNS)
        rows = whole_of(query, "rows", ROWS, 1, MOST_ROWS)
        server = visible(inventory, request)
        console = server.console
        begin, to = await _ends(console, query)
        start = min(to, (await read_at(console, begin, 1)).offset)
        if kind == TEXT:
            parts = slicing.text(console, begin, to)
        elif kind == RAW:
            parts = slicing.raw(console, start, to)
        else:
            parts = slicing.recording(console, begin, to, Cast(2 if kind == CAST2 else 3, columns, rows, server.name))
        has_read("slice", start, to)
        headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Type": TYPES[kind],
            "Console-Start": str(start),
            "Console-Next": str(to),
            "Console-Stream": console.stream,
            **({"Console-Gap": f"{begin}-{start}"} if start > begin else {}),
        }
        return await _answer(request, headers, parts)

    app.router.add_get("/console/v1/consoles/{id}/slice", cut)


async def _ends(console: Console, query: dict[str, str]) -> tuple[int, int]:
    """Where the slice begins and ends; raises Fault 400 and 404."""
    end = console.ring.end
    begin = min(end, await offset_of(console, query["from"], "from")) if "from" in query else console.oldest
    to = min(end, await offset_of(console, query["to"], "to")) if "to" in query else end
    if begin > to:
        raise wrong("to", query.get("to"), f"a place at or behind {begin}, where the slice begins")
    return begin, to


async def _answer(request: web.Request, headers: dict[str, str], parts: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send the parts as they are made: a slice may be all of a log."""
    response = web.StreamResponse(headers=headers)
    if request.method == "HEAD":  # aiohttp would send what is written
        return response
    try:
        async for part in parts:
            if not response.prepared:
                await response.prepare(request)
            if part:
                await response.write(part)
    except slicing.GapReached:
        if request.transport is not None:
            request.transport.abort()
        return response
    except ValueError as error:
        raise Fault(HTTPStatus.CONFLICT, str(error)) from None
    except ConnectionError:  # the client has enough, or is gone
        return response
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof()
    return response
