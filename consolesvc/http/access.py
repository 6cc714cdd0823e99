"""The access log and the request ids (nova-contract 1.6, DESIGN decision 6)."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.http.requests import REQUEST_ID, global_id, loggable, new_request_id
from consolesvc.subject import CONSOLE

log = logging.getLogger("consolesvc.access")

ASKED_ALWAYS = frozenset({"/metrics", "/healthcheck"})
"""Paths that are asked for every few seconds as long as the service lives: a good answer is no news."""


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, answer with it, and log one line at INFO: `METHOD path status ms req-id`.

    The outermost middleware. aiohttp's own access log prints queries, and with them tokens: it stays off. The caller's
    global id, where it sends one, ends the line.
    """
    request_id = new_request_id()
    mark = REQUEST_ID.set(request_id)
    # One task answers all requests of a connection: what the last one was about is not this one's.
    CONSOLE.set("")
    started, status = time.monotonic(), 0
    try:
        response = await handler(request)
        status = response.status
    finally:
        _log(request, status, (time.monotonic() - started) * 1000, request_id)
        REQUEST_ID.reset(mark)
    # Nova gives none at the root, and a stream's headers have left before it gets here.
    if request.path != "/" and not response.prepared:
        response.headers["x-openstack-request-id"] = request_id
        response.headers["x-compute-request-id"] = request_id
    return response


def _log(request: web.Request, status: int, ms: float, request_id: str) -> None:
    level = logging.DEBUG if request.path in ASKED_ALWAYS and status == HTTPStatus.OK else logging.INFO
    if not log.isEnabledFor(level):
        return
    path = loggable(request.rel_url.raw_path)
    caller = global_id(request.headers.get("X-OpenStack-Request-ID"))
    suffix = f" global {caller}" if caller else ""
    # Status 0: no answer was made; the connection ended first.
    log.log(level, "%s %s %d %.1f ms %s%s", request.method, path, status, ms, request_id, suffix)
