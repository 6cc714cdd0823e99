"""The middleware that ends a request whose body does not come (DESIGN 5.2 `limits`: slow clients)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.http.faults import Fault

BODY_WAIT = 30.0
"""Seconds in which a request's body must have come: 1 MiB at a modem's speed is no body for a console service."""


class BodyLate(Fault, TimeoutError):
    """Answered 408. A TimeoutError as well, which is what aiohttp expects of a body that it waits for in vain."""


@web.middleware
async def body_wait(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have whoever reads the body late be answered 408, inside `faults`. One whose body is there costs nothing."""
    if not request.can_read_body or request.content.is_eof():
        return await handler(request)
    timer = asyncio.get_running_loop().call_later(BODY_WAIT, _late, request)
    try:
        return await handler(request)
    finally:
        timer.cancel()


def _late(request: web.Request) -> None:
    if not request.content.is_eof():
        text = f"The request's body was not complete within {BODY_WAIT:g} s."
        request.content.set_exception(BodyLate(HTTPStatus.REQUEST_TIMEOUT, text))
