"""`POST /console/v1/consoles/{id}/wait`: waits until a console has said something (DESIGN 5.3).

{"pattern": "login: $" | ["login: ", "# $"], "since": 8123 | -500 | "a mark", "stream": uuid, "timeout": 30}
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from consolesvc.console.events import Gap
from consolesvc.console.listening import Listener
from consolesvc.console.patterns import Pattern, compile_bounded
from consolesvc.console.waiting import Found, Waited, wait_for
from consolesvc.http.deeds import has_read
from consolesvc.inventory import Inventory, Server
from consolesvc.web.calls import body_of, still_there, timeout_of, visible, wrong
from consolesvc.web.places import listener_at, stream_of
from consolesvc.web.waits import Waits

MOST_PATTERNS = 20


def setup(app: web.Application, *, inventory: Inventory, waits: Waits) -> None:
    """Add the route."""

    async def wait(request: web.Request) -> web.Response:
        body = await body_of(request, ("pattern", "since", "stream", "timeout"))
        patterns = _patterns(body.get("pattern"))
        seconds = timeout_of(body)
        stream, since = stream_of(body.get("stream")), body.get("since")
        if stream is not None and since is None:
            raise wrong("since", since, "an offset of the stream that is given")
        server = visible(inventory, request)
        listener = await listener_at(server.console, since, stream)
        begin = listener.offset
        told = await waits.hold(request, _wait(inventory, server, patterns, listener, seconds))
        has_read("wait", begin, max(begin, told["next"]))
        return web.json_response(told)

    app.router.add_post("/console/v1/consoles/{id}/wait", wait)


async def _wait(
    inventory: Inventory, server: Server, patterns: list[Pattern], listener: Listener, seconds: float
) -> dict[str, Any]:
    waited = await wait_for(server.console, patterns, listener, seconds)
    if waited.found is None:
        still_there(inventory, server)
    return {**_view(waited), "stream": server.console.stream}


def _view(waited: Waited) -> dict[str, Any]:
    """A wait as JSON.

    Shape: `matched` whether; `index` of the pattern and `match` {`text`, `start` and `end` offsets, `groups` a list,
    `named` an object}, both null without one; `next` the offset to go on from; `gap` as `gap_view`.
    """
    found = waited.found
    return {
        "matched": found is not None,
        "index": None if found is None else found.index,
        "match": None if found is None else _match_view(found),
        "next": waited.next,
        "gap": gap_view(waited.gap),
    }


def _match_view(found: Found) -> dict[str, Any]:
    return {
        "text": found.text,
        "start": found.start,
        "end": found.end,
        "groups": list(found.groups),
        "named": found.named,
    }


def gap_view(gap: Gap | None) -> dict[str, int] | None:
    """Bytes that were not to be had, as {`from`, `to`}; null where there were none."""
    return None if gap is None else {"from": gap.start, "to": gap.end}


def _patterns(value: object) -> list[Pattern]:
    given = value if isinstance(value, list) else [value]
    if not 1 <= len(given) <= MOST_PATTERNS:
        raise wrong("pattern", value, f"1 to {MOST_PATTERNS} patterns")
    return [pattern_of(each, "pattern") for each in given]


def pattern_of(value: object, name: str) -> Pattern:
    """A pattern from a body; raises Fault 400 with what RE2 says."""
    if not isinstance(value, str):
        raise wrong(name, value, "a regular expression in RE2's syntax")
    try:
        return compile_bounded(value)
    except ValueError as error:
        raise wrong(name, value, f"a regular expression in RE2's syntax: {error}") from None
