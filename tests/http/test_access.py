from __future__ import annotations

import logging
import re

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.http.access import access
from consolesvc.http.faults import faults
from consolesvc.http.requests import REQUEST_ID

GLOBAL = "req-4a54c1f1-84ab-4c16-b5cc-f6a7e1d54e51"


async def whose(_: web.Request) -> web.Response:
    return web.Response(text=REQUEST_ID.get())


async def socket(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    await ws.close()
    return ws


def make_app() -> web.Application:
    app = web.Application(middlewares=[access, faults])
    app.router.add_get("/", whose)
    app.router.add_get("/whose", whose)
    app.router.add_get("/ws", socket)
    return app


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "consolesvc.access")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "consolesvc.access"]


async def test_request_ids(aiohttp_client: AiohttpClient) -> None:
    """Both headers carry the id that whoever serves the request can see; each request has its own."""
    client = await aiohttp_client(make_app())
    seen = set()
    for _ in range(2):
        async with client.get("/whose") as response:
            request_id = response.headers["x-openstack-request-id"]
            assert request_id == response.headers["x-compute-request-id"] == await response.text()
            seen.add(request_id)
    assert len(seen) == 2


async def test_faults_have_request_ids(aiohttp_client: AiohttpClient) -> None:
    """An error is what an id is asked for."""
    client = await aiohttp_client(make_app())
    async with client.get("/nothing") as response:
        assert response.status == 404
        assert response.headers["x-compute-request-id"].startswith("req-")


async def test_root_has_no_request_id(aiohttp_client: AiohttpClient) -> None:
    """Nova gives none at GET /."""
    client = await aiohttp_client(make_app())
    async with client.get("/") as response:
        assert "x-openstack-request-id" not in response.headers


async def test_access_line(aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture) -> None:
    """One line a request: method, path without its query, status, time, id."""
    client = await aiohttp_client(make_app())
    async with client.get("/whose?token=sekret") as response:
        request_id = response.headers["x-openstack-request-id"]
    (line,) = lines(caplog)
    assert re.fullmatch(rf"GET /whose 200 \d+\.\d ms {request_id}", line)
    assert "sekret" not in caplog.text


async def test_access_line_names_the_callers_id(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A well-formed global id ends the line; anything else is left out."""
    client = await aiohttp_client(make_app())
    await (await client.get("/whose", headers={"X-OpenStack-Request-ID": GLOBAL})).release()
    await (await client.get("/whose", headers={"X-OpenStack-Request-ID": "forged"})).release()
    first, second = lines(caplog)
    assert first.endswith(f" global {GLOBAL}")
    assert "forged" not in second


async def test_websockets_pass(aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture) -> None:
    """A session's line comes with its end, and its headers, long sent, are left alone."""
    client = await aiohttp_client(make_app())
    async with client.ws_connect("/ws?token=sekret") as ws:
        await ws.receive()
    await client.close()
    (line,) = lines(caplog)
    assert line.startswith("GET /ws 101 ")


async def test_what_is_asked_for_without_end_is_no_news(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A scrape or a probe that went well is worth a line only to who searches; one that did not, to everybody."""
    app = make_app()
    app.router.add_get("/metrics", whose)
    client = await aiohttp_client(app)
    for path in ("/metrics", "/healthcheck", "/whose"):
        async with client.get(path):
            pass
    told = [line.partition(" ")[2].split()[0] for line in lines(caplog)]
    assert told == ["/healthcheck", "/whose"]
