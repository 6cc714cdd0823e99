"""`POST /console/v1/consoles/{id}/run`: runs one command on a machine, and gives what it said (DESIGN 5.3).

{"command": "uname -a", "prompt": "# $", "timeout": 30}
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import web

from consolesvc.console.console import Console
from consolesvc.console.patterns import Pattern
from consolesvc.console.running import Ran, run
from consolesvc.http.faults import Fault
from consolesvc.inventory import Inventory, Server
from consolesvc.web.calls import body_of, changeable, still_there, timeout_of, wrong
from consolesvc.web.typing import typing
from consolesvc.web.wait import gap_view, pattern_of
from consolesvc.web.waits import Waits

LONGEST_COMMAND = 4096
"""Characters."""


def setup(app: web.Application, *, inventory: Inventory, waits: Waits) -> None:
    """Add the route."""
    # One at a time on each console: the output of two would be each other's.
    turns: WeakKeyDictionary[Console, asyncio.Lock] = WeakKeyDictionary()

    async def run_command(request: web.Request) -> web.Response:
        body = await body_of(request, ("command", "prompt", "timeout"))
        command, seconds = _command(body.get("command")), timeout_of(body)
        prompt = pattern_of(body["prompt"], "prompt") if "prompt" in body else None
        server = changeable(inventory, request)
        turn = turns.setdefault(server.console, asyncio.Lock())
        ran = await waits.hold(request, _run(server, command, prompt, seconds, turn), types=True)
        if not ran.matched:
            still_there(inventory, server)
        return web.json_response({**_view(ran), "stream": server.console.stream})

    app.router.add_post("/console/v1/consoles/{id}/run", run_command)


async def _run(server: Server, command: bytes, prompt: Pattern | None, seconds: float, turn: asyncio.Lock) -> Ran:
    until = asyncio.get_running_loop().time() + seconds
    try:
        async with asyncio.timeout_at(until):
            await turn.acquire()
    except TimeoutError:
        raise Fault(HTTPStatus.CONFLICT, f"{server.name}: another run took all of the {seconds:g} s.") from None
    try:
        with typing(server) as call:
            return await run(call, command, prompt, until - asyncio.get_running_loop().time())
    finally:
        turn.release()


def _view(ran: Ran) -> dict[str, Any]:
    """What came of it, as JSON: `output` text; `start` and `next` offsets; `matched`, `truncated` whether; `gap`."""
    return {
        "output": ran.output,
        "start": ran.start,
        "next": ran.next,
        "matched": ran.matched,
        "truncated": ran.truncated,
        "gap": gap_view(ran.gap),
    }


def _command(value: object) -> bytes:
    """One line to type, without its end; raises Fault 400."""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_COMMAND:
        raise wrong("command", value, f"one line of 1 to {LONGEST_COMMAND} characters")
    if any(char < " " and char != "\t" for char in value):
        raise wrong("command", value, "one line, without control characters; `send` types those")
    try:
        return value.encode()
    except UnicodeError:
        raise wrong("command", value, "text without half characters") from None
