"""`POST /console/v1/consoles/{id}/send` and `/break`: types, and signals, at a machine (DESIGN 5.3).

{"data": "text" | "base64": "…", "echo": false, "timeout": 30, "pace": "200 c/s"}
{"ms": 250}
"""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.config.linespec import Pace
from consolesvc.console.breaks import DEFAULT_MS, LONGEST_MS
from consolesvc.console.sending import Sent, send
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server
from consolesvc.web.calls import body_of, changeable, switch_of, timeout_of, wrong
from consolesvc.web.typing import typing
from consolesvc.web.waits import Waits


def setup(app: web.Application, *, inventory: Inventory, waits: Waits) -> None:
    """Add the routes."""

    async def send_data(request: web.Request) -> web.Response:
        body = await body_of(request, ("data", "base64", "echo", "timeout", "pace"))
        data = _data(body)
        echo, pace, seconds = switch_of(body, "echo"), _pace(body.get("pace")), timeout_of(body)
        server = changeable(inventory, request)
        sent = await waits.hold(request, _send(server, data, pace, seconds, echo=echo), types=True)
        return web.json_response({**_view(sent), "stream": server.console.stream})

    async def send_break(request: web.Request) -> web.Response:
        body = await body_of(request, ("ms",))
        ms = body.get("ms", DEFAULT_MS)
        if isinstance(ms, bool) or not isinstance(ms, int | float) or not 1 <= ms <= LONGEST_MS:
            raise wrong("ms", ms, f"a number of milliseconds from 1 to {LONGEST_MS}")
        server = changeable(inventory, request)
        with typing(server):
            await server.console.breaks.send(ms / 1000, CALLER.get().known_as)
        return web.json_response({"break": {"ms": ms}})

    app.router.add_post("/console/v1/consoles/{id}/send", send_data)
    app.router.add_post("/console/v1/consoles/{id}/break", send_break)


async def _send(server: Server, data: bytes, pace: Pace | None, seconds: float, *, echo: bool) -> Sent:
    with typing(server) as call:
        return await send(call, data, echo=echo, pace=pace, seconds=seconds)


def _view(sent: Sent) -> dict[str, Any]:
    """What became of it, as JSON: `sent` bytes, `start` and `next` offsets, `echoed` whether; null: nobody looked."""
    return {"sent": sent.sent, "start": sent.start, "next": sent.next, "echoed": sent.echoed}


def _data(body: dict[str, Any]) -> bytes:
    """The bytes to send; raises Fault 400."""
    if ("data" in body) == ("base64" in body):
        raise Fault(HTTPStatus.BAD_REQUEST, "expected one of data (text) and base64 (bytes)")
    if "data" in body:
        text = body["data"]
        try:
            return str(text).encode() if isinstance(text, str) else _no_text(text)
        except UnicodeError:
            raise wrong("data", text, "text without half characters; other bytes go as base64") from None
    encoded = body["base64"]
    try:
        return base64.b64decode(encoded if isinstance(encoded, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise wrong("base64", encoded, "bytes in base64") from None


def _no_text(value: object) -> bytes:
    raise wrong("data", value, "text")


def _pace(value: object) -> Pace | None:
    if value is None:
        return None
    try:
        return Pace.parse(value if isinstance(value, str) else "")
    except ValueError as error:
        raise wrong("pace", value, str(error)) from None
