"""What the native API's calls have in common: whose console they are about, and how they read a body (DESIGN 5.3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from consolesvc.http.deeds import about
from consolesvc.http.faults import MALFORMED_BODY, Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server

SHOWN = 100
"""Characters of a caller's own value that an answer repeats."""
TIMEOUT, LONGEST_TIMEOUT = 30.0, 3600.0
"""Seconds that a call waits for a console, where it does not say, and at most."""
STOPPING = "consolesvc is stopping"


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


def query_of(query: MultiMapping[str], known: Collection[str]) -> dict[str, str]:
    """A request's query, each parameter once; raises Fault 400 for one that it has not, or that is there twice."""
    refuse_strangers(query, known)
    for name in query:
        if len(query.getall(name)) > 1:
            raise wrong(name, query.getall(name), "one value")
    return dict(query)


def still_there(inventory: Inventory, server: Server, **more: object) -> None:
    """Where a console was closed under a call that waited for it, say why; raises ServerNotFound, or Fault 503.

    Args:
        inventory: Where it is, if it is still there.
        server: Whose console.
        more: What the 503 says besides: whence to go on, once the service is back.
    """
    if server.console.closed:
        inventory.get(server.id)
        raise Fault(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING, more=more)


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


def whole_of(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number from a query; raises Fault 400."""
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise wrong(name, text, f"a whole number from {least} to {most}")
    return int(text)


def one_of(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """One of a few words from a query, the first where it has none; raises Fault 400."""
    word = given.get(name, words[0])
    if word not in words:
        raise wrong(name, word, f"one of {', '.join(words)}")
    return word


def switch_of(body: Mapping[str, Any], name: str) -> bool:
    """True or false from a body, false where it has none; raises Fault 400."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise wrong(name, value, "true or false")
    return value


def timeout_of(body: Mapping[str, Any]) -> float:
    """How long a call may take, `timeout` in its body; raises Fault 400."""
    return seconds_of(body.get("timeout", TIMEOUT), "timeout", 0, LONGEST_TIMEOUT)
