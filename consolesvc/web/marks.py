"""`POST /console/v1/consoles/{id}/mark` and `GET …/marks`: names for places in a console's output (DESIGN 5.3)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from consolesvc.console.marks import Mark
from consolesvc.inventory import Inventory
from consolesvc.log.index import timestamp
from consolesvc.web.calls import body_of, changeable, visible, wrong
from consolesvc.web.places import OFFSET

LONGEST_NAME = 100


def setup(app: web.Application, *, inventory: Inventory) -> None:
    """Add the routes."""

    async def mark(request: web.Request) -> web.Response:
        name = _name((await body_of(request, ("name",))).get("name"))
        return web.json_response({"mark": mark_view(changeable(inventory, request).console.marks.set(name))})

    async def marks(request: web.Request) -> web.Response:
        found = await visible(inventory, request).console.marks.all()
        return web.json_response({"marks": [mark_view(mark) for mark in found]})

    app.router.add_post("/console/v1/consoles/{id}/mark", mark)
    app.router.add_get("/console/v1/consoles/{id}/marks", marks)


def mark_view(mark: Mark) -> dict[str, Any]:
    """A mark as JSON: `name` text, `offset` of the byte it stands before, `stream` a uuid, `time` ISO 8601 in UTC."""
    return {"name": mark.name, "offset": mark.offset, "stream": mark.stream, "time": timestamp(mark.time)}


def _name(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME or not value.isprintable():
        raise wrong("name", value, f"1 to {LONGEST_NAME} printable characters")
    if OFFSET.fullmatch(value):
        raise wrong("name", value, "a name that is no number: places are given by offset, too")
    return value
