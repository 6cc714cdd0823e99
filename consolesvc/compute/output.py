"""`os-getConsoleOutput`: what a console has said, as text (nova-contract 1.3)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.compute.consoles import check_ready
from consolesvc.compute.context import read_object, reply
from consolesvc.compute.schema import Schema
from consolesvc.console.ring import Ring
from consolesvc.console.text import last_lines, plain_text
from consolesvc.http.deeds import READ, did
from consolesvc.http.faults import Fault
from consolesvc.inventory import Server

GET_CONSOLE_OUTPUT: Schema = {
    "type": "object",
    "properties": {
        "os-getConsoleOutput": {
            "type": "object",
            "properties": {
                "length": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$", "minimum": -1},
            },
            "additionalProperties": False,
        },
    },
    "required": ["os-getConsoleOutput"],
    "additionalProperties": False,
}

MAX_BYTES = 1 << 20
"""Bytes of a console that one answer is made of, from the newest: ten times nova's, and what a ring usually holds."""
FIRST_LOOK = 1 << 16
"""Bytes looked at first for a few lines; a screenful must not cost a megabyte's work."""


async def get_console_output(request: web.Request, server: Server) -> web.Response:
    """The last `length` lines; all where it is absent, null or -1."""
    check_ready(server)
    if not server.console_type_available:
        raise Fault(HTTPStatus.NOT_FOUND, "Guest does not have a console available.")
    content = (await read_object(request))["os-getConsoleOutput"]
    length = _length(content.get("length"))
    ring = server.console.ring
    text = recent_text(ring, MAX_BYTES) if length is None else recent_lines(ring, length)
    did(READ, how="os-getConsoleOutput", bytes=len(text.encode()), to=ring.end)
    return reply({"output": text})


def recent_lines(ring: Ring, count: int) -> str:
    """The last `count` lines of a ring as text; fewer where it holds fewer."""
    looked = FIRST_LOOK
    while True:
        text = recent_text(ring, looked)
        # One more than wanted: the first may have begun before what was looked at.
        if text.count("\n") > count or looked >= min(MAX_BYTES, ring.end - ring.start):
            return last_lines(text, count)
        looked = min(looked * 4, MAX_BYTES)


def recent_text(ring: Ring, size: int) -> str:
    """The last `size` bytes of a ring as text, from the start of a line where earlier ones are missing."""
    start = max(ring.start, ring.end - size)
    return plain_text(ring.read(ring.line_start(start), size))


def _length(value: Any) -> int | None:
    """A valid length; None for all there is."""
    if value is None:
        return None
    try:
        length = int(value)
    except ValueError:
        return None  # valid, and of more digits than Python reads: more lines than there can be
    return None if length < 0 or length > MAX_BYTES else length
