"""`GET /console/v1/consoles/{id}/boots`: when a machine booted, how far it came, and how long it took (DESIGN 5.3)."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from consolesvc.console.events import Event
from consolesvc.console.watch.boots import MOST, Boot, Moment
from consolesvc.inventory import Inventory
from consolesvc.log.index import timestamp
from consolesvc.web.calls import refuse_strangers, visible, wrong

LIMIT = 20
"""Boots of one answer where nothing is said."""


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the route."""

    async def boots(request: web.Request) -> web.Response:
        refuse_strangers(request.query, ("limit",))
        limit = request.query.get("limit", str(LIMIT))
        if not re.fullmatch("[0-9]{1,4}", limit, re.ASCII) or not 1 <= int(limit) <= MOST:
            raise wrong("limit", limit, f"a number of boots from 1 to {MOST}")
        console = visible(inventory, request).console
        await console.watch.memory.recall()
        known = console.watch.memory.boots
        trend = {"median": known.trend, "of": len(known.seconds)}
        views = [boot_view(boot) for boot in known.newest(int(limit))]
        return web.json_response({"stream": console.stream, "trend": trend, "boots": views})

    app.router.add_get("/console/v1/consoles/{id}/boots", boots)


def boot_view(boot: Boot) -> dict[str, Any]:
    """A boot as JSON; times are ISO 8601 in UTC, seconds count from its first words.

    Shape: `offset`, `time`; `line` the first words' line; `stages`, further first words, a list of {`stage`, `offset`,
    `time`, `seconds`}; `login` and `panic` null or {`offset`, `time`, `seconds`}, a panic also with `what`, panic or
    oops, and its `line`; `reset` whether another boot began before it came to a login.
    """
    begun = boot.start.time
    return {
        "offset": boot.start.offset,
        "time": timestamp(begun),
        "line": boot.start.facts.get("line", ""),
        "stages": [{"stage": stage.facts.get("stage"), **_since(stage, begun)} for stage in boot.stages],
        "login": None if boot.login is None else _since(boot.login, begun),
        "panic": None
        if boot.panic is None
        else {key: boot.panic.facts.get(key) for key in ("what", "line")} | _since(boot.panic, begun),
        "reset": boot.reset,
    }


def event_view(event: Event) -> dict[str, Any]:
    """What was recognised, as JSON: `event`, `offset`, `time` in ISO 8601, `text`."""
    return {"event": event.kind, "offset": event.offset, "time": timestamp(event.time), "text": event.text}


def _since(moment: Moment, begun: float) -> dict[str, Any]:
    # What a login itself says was measured by a clock that nobody sets.
    seconds = moment.facts.get("seconds", round(max(0.0, moment.time - begun), 1))
    return {"offset": moment.offset, "time": timestamp(moment.time), "seconds": seconds}
