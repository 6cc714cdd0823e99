"""Errors as nova shows them: `{"<name>": {"code": N, "message": "..."}}` (nova-contract 1.5).

One table says what our own errors are over HTTP, and one middleware applies it. Nothing else makes an error body.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.errors import InputHeld, LimitReached, NameAmbiguous, ServerNotFound, StoreUnavailable, TokenRefused
from consolesvc.http.requests import REQUEST_ID, loggable

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/json; charset=UTF-8"

NOT_FOUND = "The resource could not be found."
TOO_LARGE = "Request is too large."
MALFORMED_BODY = "Malformed request body"
UNEXPECTED = "Unexpected API Error. Please contact the administrator."

NAMES: Mapping[int, str] = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
"""A fault's name by its status; any other status is a `computeFault`."""

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    ServerNotFound: HTTPStatus.NOT_FOUND,
    NameAmbiguous: HTTPStatus.CONFLICT,
    LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    InputHeld: HTTPStatus.CONFLICT,
    TokenRefused: HTTPStatus.UNAUTHORIZED,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Errors that are an answer; their text is its message."""


class Fault(Exception):
    """An error answer.

    Attributes:
        status: The HTTP status, 400 or above.
        message: A sentence for the caller.
        headers: What the answer carries besides; `Retry-After` is repeated in the body, as nova does.
        more: What its document has besides.
        word: Why, in a word of a small set, by which refusals are counted; "" for what is not counted so.
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        more: Mapping[str, object] | None = None,
        word: str = "",
    ) -> None:
        super().__init__(status, message)
        self.status = int(status)
        self.message = message
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        self.word = word

    def __str__(self) -> str:
        return self.message

    @property
    def name(self) -> str:
        """The one key of its document."""
        return NAMES.get(self.status, "computeFault")

    def content(self, message: str) -> dict[str, object]:
        """What stands under the name; `message` is its own, fit for JSON."""
        content: dict[str, object] = {"code": self.status, "message": message, **self.more}
        if "Retry-After" in self.headers:
            content["retryAfter"] = self.headers["Retry-After"]
        return content


def fault_body(fault: Fault) -> dict[str, dict[str, object]]:
    """The JSON document of a fault."""
    # What a client sent is quoted in messages, and a lone surrogate in it is no character that JSON could carry.
    message = fault.message.encode("utf-8", "replace").decode("utf-8")
    return {fault.name: fault.content(message)}


def fault_response(fault: Fault) -> web.Response:
    """The HTTP answer of a fault."""
    headers = {**fault.headers, "Content-Type": CONTENT_TYPE}
    return web.Response(status=fault.status, body=json.dumps(fault_body(fault)).encode(), headers=headers)


def fault_of(error: Exception) -> Fault | None:
    """What an exception is to the caller; None for one that nobody foresaw."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, web.HTTPException):
        return _fault_of_http(error)
    if isinstance(error, web.RequestPayloadError):
        # The body was not what its headers said: broken chunks, no gzip after all.
        return Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return Fault(status, str(error) or status.phrase)
    return None


@web.middleware
async def faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a fault; what nobody foresaw is logged with its traceback and is a 500.

    Once an answer has begun, nothing can be put in its place: the error goes on, and aiohttp ends the connection.
    """
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001 - raised again where it is no fault
        return answer_to(request, error)


def answer_to(request: web.Request, error: Exception) -> web.Response:
    """The answer to a request that ended in an error; raises the error again where none can be given."""
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        return fault_response(_fault_of_http(error))
    if request.writer.output_size > 0:
        if request.transport is None or request.transport.is_closing():
            return web.Response()  # the client has left in the middle of its answer, and nothing here is broken
        raise error
    return fault_response(fault_of(error) or _unexpected(request, error))


def _fault_of_http(error: web.HTTPException) -> Fault:
    # A wrong method is no route in nova, never a 405.
    if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Fault(error.status, TOO_LARGE)
    return Fault(error.status, error.reason)


def _unexpected(request: web.Request, error: Exception) -> Fault:
    if request.transport is None:
        # The client left in the middle of its body: nobody reads this answer, and nothing here is broken.
        return Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    path = loggable(request.rel_url.raw_path)
    log.error("%s %s failed (%s)", request.method, path, REQUEST_ID.get(), exc_info=error)
    return Fault(HTTPStatus.INTERNAL_SERVER_ERROR, f"{UNEXPECTED}\n{type(error)}")
