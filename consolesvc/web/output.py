"""`GET /console/v1/consoles/{id}/output`: a console's output by offset, from the ring or from disk (DESIGN 5.3)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import Any, NamedTuple

from aiohttp import web
from multidict import MultiMapping

from consolesvc.config.units import KIB, MIB
from consolesvc.console.attach import since_start
from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.reading import Piece, read_at, read_full, read_text, until_news
from consolesvc.http.deeds import has_read, noted
from consolesvc.inventory import Inventory
from consolesvc.web.calls import query_of, visible, wrong
from consolesvc.web.places import OFFSET, stream_of
from consolesvc.web.waits import Waits

LIMIT, MOST = 64 * KIB, MIB
"""Bytes of one answer, by default and at most."""
FOLLOW = 30.0
"""Seconds that an answer with `follow` waits at most for something to say."""
LOOK = 5.0
"""Seconds after which a silent stream looks whether its client is still there."""
RAW = "application/octet-stream"
TEXT, BASE64 = "utf-8", "base64"
SWITCH = {"": True, "1": True, "true": True, "0": False, "false": False}
PARAMETERS = ("start", "limit", "follow", "stream", "encoding")


class Asked(NamedTuple):
    """What a request asks for.

    Attributes:
        start: The first offset; negative counts from the end; None for the oldest there is.
        limit: Bytes at most; None where it does not say.
        follow: Whether to wait where there is nothing yet.
        stream: The stream that `start` is of; None for this one.
        encoding: Of JSON's `contents`.
    """

    start: int | None
    limit: int | None
    follow: bool
    stream: str | None
    encoding: str


def setup(app: web.Application, *, inventory: Inventory, streams: Waits) -> None:
    """Add the route; `streams` counts those who follow."""

    async def output(request: web.Request) -> web.StreamResponse:
        asked = _asked(request.query, PARAMETERS)
        answering = _answer(request, visible(inventory, request).console, asked)
        return await (streams.hold(request, answering) if asked.follow else answering)

    app.router.add_get("/console/v1/consoles/{id}/output", output)


async def answer(
    request: web.Request, console: Console, query: MultiMapping[str], known: Collection[str]
) -> web.StreamResponse:
    """The answer to a call for a console's output.

    Args:
        request: What is answered; its Accept says how.
        console: Whose output, for who may see it.
        query: The request's query, as far as it is about output.
        known: The names it may have, of PARAMETERS.

    Raises:
        Fault: 400 for a query that cannot be.
    """
    return await _answer(request, console, _asked(query, known))


async def _answer(request: web.Request, console: Console, asked: Asked) -> web.StreamResponse:
    offset, gap = _begin(console, asked)
    if RAW not in request.headers.get("Accept", "").lower():
        return web.json_response(await _document(console, asked, offset, gap), headers=_NO_STORE)
    if asked.follow:
        return await _stream(request, console, asked, offset, gap)
    piece = await read_full(console, offset, asked.limit or LIMIT)
    has_read(_HOW, piece.offset, piece.end)
    headers = _headers(console, gap or piece.gap(offset), piece.offset)
    return web.Response(body=piece.data, headers={**headers, "Console-Next": str(piece.end)})


_HOW = "output"
"""What the audit calls it."""
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _asked(given: MultiMapping[str], known: Collection[str]) -> Asked:
    """The query; raises Fault 400."""
    query = query_of(given, known)
    start = query.get("start")
    if start is not None and not OFFSET.fullmatch(start):
        raise wrong("start", start, "an offset, or a negative number to count from the end")
    limit = query.get("limit")
    if limit is not None and not (OFFSET.fullmatch(limit) and 1 <= int(limit) <= MOST):
        raise wrong("limit", limit, f"a number of bytes from 1 to {MOST}")
    follow = query.get("follow", "0")
    if follow.lower() not in SWITCH:
        raise wrong("follow", follow, "1 or 0")
    encoding = query.get("encoding", TEXT)
    if encoding not in (TEXT, BASE64):
        raise wrong("encoding", encoding, f"{TEXT} or {BASE64}")
    return Asked(
        None if start is None else int(start),
        None if limit is None else int(limit),
        SWITCH[follow.lower()],
        stream_of(query.get("stream")),
        encoding,
    )


def _begin(console: Console, asked: Asked) -> tuple[int, Gap | None]:
    """Where to read from, and what is not to be had because it is of another stream."""
    if asked.start is None and asked.stream in (None, console.stream):
        return console.oldest, None
    start = since_start(console, asked.start or 0, asked.stream)
    gap = start.gap
    return start.offset, None if gap is None else Gap(max(0, gap.start), gap.end)


async def _document(console: Console, asked: Asked, offset: int, gap: Gap | None) -> dict[str, Any]:
    """The JSON answer: `stream`, `start`, `next`, `end`, `gap` {`from`, `to`} or null, `contents`.

    `start` is where `contents` begin, `next` where to read on, `end` the offset behind the last byte there is.
    """
    if asked.follow and gap is None:
        await until_news(console, offset, FOLLOW)
    read = read_text if asked.encoding == TEXT else read_full
    piece: Piece = await read(console, offset, asked.limit or LIMIT)
    text = piece.data.decode("utf-8", "replace") if asked.encoding == TEXT else base64.b64encode(piece.data).decode()
    gap = gap or piece.gap(offset)
    has_read(_HOW, piece.offset, piece.end)
    return {
        "stream": console.stream,
        "start": piece.offset,
        "next": piece.end,
        "end": console.ring.end,
        "gap": None if gap is None else {"from": gap.start, "to": gap.end},
        "contents": text,
    }


def _headers(console: Console, gap: Gap | None, start: int) -> dict[str, str]:
    headers = {**_NO_STORE, "Content-Type": RAW, "Console-Start": str(start), "Console-Stream": console.stream}
    if gap is not None:
        headers["Console-Gap"] = f"{gap.start}-{gap.end}"
    return headers


async def _stream(
    request: web.Request, console: Console, asked: Asked, offset: int, gap: Gap | None
) -> web.StreamResponse:
    """Raw bytes as they come, until the client goes, the console is closed, or `limit` is reached.

    A byte that cannot be had any more ends it without a proper end: whoever counts from `Console-Start` asks again
    from there, and is told of the gap then.
    """
    piece = await read_at(console, offset, min(asked.limit or LIMIT, LIMIT))
    response = web.StreamResponse(headers=_headers(console, gap or piece.gap(offset), piece.offset))
    await response.prepare(request)
    if request.method == "HEAD":  # aiohttp would send what is written
        return response
    begun, first = asyncio.get_running_loop().time(), piece.offset
    noted("attached", how="follow", **{"from": first})
    sent = 0
    try:
        async for size in _pieces(request, response, console, asked.limit, piece):
            sent += size
    finally:
        seconds = round(asyncio.get_running_loop().time() - begun, 3)
        noted("detached", how="follow", seconds=seconds, out=sent, **{"from": first, "to": first + sent})
    return response


async def _pieces(
    request: web.Request, response: web.StreamResponse, console: Console, left: int | None, piece: Piece
) -> AsyncIterator[int]:
    """Send output from a piece on, `left` bytes at most; the size of each piece once it is sent."""
    offset = piece.offset
    with contextlib.suppress(ConnectionError):  # the client has gone, and nobody reads the end any more
        while piece.offset == offset:
            if piece.data:
                await response.write(piece.data)
                yield len(piece.data)
            offset = piece.end
            left = None if left is None else left - len(piece.data)
            if left == 0 or not await _more(request, console, offset):
                await response.write_eof()
                return
            piece = await read_at(console, offset, LIMIT if left is None else min(left, LIMIT))
    if request.transport is not None:
        request.transport.abort()


async def _more(request: web.Request, console: Console, offset: int) -> bool:
    """Wait for more output; whether there is some, which there is not once the console is closed or the client gone."""
    while not await until_news(console, offset, LOOK):
        if console.closed or request.transport is None or request.transport.is_closing():
            return False
    return True
