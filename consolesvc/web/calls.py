"""What the native API's calls have in common: whose console they are about, and how they read a body (DESIGN 5.3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.http.deeds import about
from consolesvc.http.faults import MALFORMED_BODY, Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server

SHOWN = 100
"""Characters of a caller's own value that an answer repeats."""


def visible(inventory: Inventory, request: web.Request) -> Server:
    """The server with a request's `{id}`, an id or an exact name; raises ServerNotFound also for another project's."""
    caller = CALLER.get()
    return about(inventory.find(request.match_info["id"], lambda server: caller.sees(server.project_id)))


def changeable(inventory: Inventory, request: web.Request) -> Server:
    """As `visible`, for a call that changes something; raises Fault 403 for a reader."""
    server = visible(inventory, request)
    if not CALLER.get().may_type:
        raise Fault(HTTPStatus.FORBIDDEN, "A reader may look at consoles and not change them.")
    return server


async def body_of(request: web.Request, known: Collection[str]) -> dict[str, Any]:
    """A request's JSON object, `{}` where there is no body.

    Args:
        request: The request.
        known: The keys it may have.

    Raises:
        Fault: 415 for another type than JSON, 400 for what is no JSON object or has an unknown key.
    """
    data = await request.read()
    if not data:
        return {}
    if request.content_type != "application/json":
        # No page of another site can send this type without asking first (DESIGN 5.3).
        raise Fault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Content-Type; expected application/json")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY) from None
    if not isinstance(body, dict):
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    refuse_strangers(body, known)
    return body


def refuse_strangers(given: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise Fault 400 for a key or parameter that a call has not."""
    for name in given:
        if name not in known:
            expected = ", ".join(known) or "nothing"
            raise Fault(HTTPStatus.BAD_REQUEST, f"unknown parameter {name[:SHOWN]!r}, expected {expected}")


def wrong(name: str, found: object, expected: str) -> Fault:
    """The fault 400 for a parameter: its name, its value as it came, and what was expected."""
    return Fault(HTTPStatus.BAD_REQUEST, f"{name}: found {repr(found)[:SHOWN]}, expected {expected}")


def seconds_of(value: Any, name: str, least: float, most: float) -> float:
    """A number of seconds from a body; raises Fault 400."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:
        raise wrong(name, value, f"a number of seconds from {least:g} to {most:g}")
    return float(value)
