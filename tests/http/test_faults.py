from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.errors import InputHeld, LimitReached, ServerNotFound, TokenRefused
from consolesvc.http.faults import Fault, fault_body, fault_of, fault_response, faults


def raising(error: Exception) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_: web.Request) -> web.Response:
        raise error

    return handler


def make_app(error: Exception) -> web.Application:
    app = web.Application(middlewares=[faults], client_max_size=100)
    app.router.add_get("/x", raising(error))
    return app


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "badRequest"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "itemNotFound"),
        (405, "badMethod"),
        (409, "conflictingRequest"),
        (413, "overLimit"),
        (429, "overLimit"),
        (415, "badMediaType"),
        (501, "notImplemented"),
        (503, "serviceUnavailable"),
        (406, "computeFault"),
        (500, "computeFault"),
    ],
)
def test_fault_names(status: int, name: str) -> None:
    """A fault's name follows from its status (nova-contract 1.5)."""
    assert fault_body(Fault(status, "why")) == {name: {"code": status, "message": "why"}}


def test_fault_response() -> None:
    """Type and headers are the fault's; Retry-After is repeated in the body."""
    response = fault_response(Fault(429, "later", {"Retry-After": "3"}))
    assert response.status == 429
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert response.headers["Retry-After"] == "3"
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {"overLimit": {"code": 429, "message": "later", "retryAfter": "3"}}


def test_fault_message_is_text() -> None:
    """Half a surrogate pair from a request does not get into the answer."""
    assert fault_body(Fault(400, "a\udcffb\n")) == {"badRequest": {"code": 400, "message": "a?b\n"}}


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (Fault(409, "busy"), 409, "busy"),
        (ServerNotFound("x"), 404, "Instance x could not be found."),
        (LimitReached("sessions", 3), 429, "limit reached: limits.sessions is 3"),
        (TokenRefused("expired"), 401, "token expired"),
        (InputHeld("node3", "alice"), 409, "alice holds the input of node3"),
        (web.HTTPNotFound(), 404, "The resource could not be found."),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), 404, "The resource could not be found."),
        (web.HTTPRequestEntityTooLarge(5, 6), 413, "Request is too large."),
        (web.HTTPExpectationFailed(), 417, "Expectation Failed"),
    ],
)
async def test_errors_become_faults(aiohttp_client: AiohttpClient, error: Exception, status: int, message: str) -> None:
    """Our errors and aiohttp's are told in nova's shape, and never as a 405."""
    client = await aiohttp_client(make_app(error))
    async with client.get("/x") as response:
        (content,) = (await response.json()).values()
        assert (response.status, content) == (status, {"code": status, "message": message})
        assert response.headers["Content-Type"] == "application/json; charset=UTF-8"


async def test_unforeseen_error_is_told_and_logged(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns the class, the log has the traceback, and neither has the query."""
    client = await aiohttp_client(make_app(KeyError("detail")))
    async with client.get("/x?token=sekret") as response:
        assert response.status == 500
        assert await response.json() == {
            "computeFault": {
                "code": 500,
                "message": "Unexpected API Error. Please contact the administrator.\n<class 'KeyError'>",
            }
        }
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "GET /x failed" in caplog.text
    assert "sekret" not in caplog.text


async def test_unroutable_requests_are_faults(aiohttp_client: AiohttpClient) -> None:
    """No route and a wrong method are the same itemNotFound."""
    client = await aiohttp_client(make_app(KeyError()))
    for method, path in (("GET", "/y"), ("PUT", "/x")):
        async with client.request(method, path) as response:
            assert (response.status, *await response.json()) == (404, "itemNotFound")


async def test_redirects_are_not_faults(aiohttp_client: AiohttpClient) -> None:
    """An HTTPException below 400 is an answer, not an error."""
    client = await aiohttp_client(make_app(web.HTTPFound("/elsewhere")))
    async with client.get("/x", allow_redirects=False) as response:
        assert response.status == 302


async def test_error_after_the_answer_began(aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture) -> None:
    """Once bytes are out, no second answer is mixed into them: the connection ends."""

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise ValueError

    app = web.Application(middlewares=[faults])
    app.router.add_get("/", stream)
    client = await aiohttp_client(app)
    with caplog.at_level(logging.CRITICAL):
        async with client.get("/") as response:
            assert await response.content.readany() == b"half"
            with pytest.raises(Exception, match="payload"):
                await response.read()


def test_unknown_errors_have_no_fault() -> None:
    """Only foreseen errors are answers."""
    assert fault_of(RuntimeError()) is None
