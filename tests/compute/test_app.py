from __future__ import annotations

import asyncio
import json
import logging
import re

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient, AiohttpServer

from consolesvc.compute.app import setup
from tests.compute.world import IDS, PROJECT, SERIAL, Answer, Client, ask, make_world, raw

NOWHERE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
NOT_FOUND = {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}


async def act(
    client: Client,
    *,
    path: str = f"/v2.1/servers/{NOWHERE}/action",
    content_type: str = "application/json",
    version: str = "compute 2.1",
    body: object = SERIAL,
    method: str = "POST",
) -> Answer:
    headers = {"Content-Type": content_type, "OpenStack-API-Version": version}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(client, method, path, data=data, headers=headers)


async def test_order_of_checks(aiohttp_client: AiohttpClient) -> None:
    """Route, Content-Type, microversion, body, action, schema, server, state: the first that fails is told."""
    world = make_world()
    world.inventory.get(IDS[0]).vm_state = "building"
    client = await aiohttp_client(world.app)
    xml, bad = "application/xml", {"os-getSerialConsole": {"type": "novnc"}}
    here = f"/v2.1/servers/{IDS[0]}/action"
    assert (await act(client, path="/v2.1/what", content_type=xml, version="compute spam")).body == NOT_FOUND
    assert (await act(client, content_type=xml, version="compute spam", body=b"")).status == 415
    assert (await act(client, content_type=xml, version="compute 2.999", body=b"")).status == 415
    assert (await act(client, version="compute spam", body=b"")).message.startswith("API Version String spam")
    assert (await act(client, version="compute 2.999", body=b"")).status == 406
    assert (await act(client, body=b"")).message == "Malformed request body"
    assert (await act(client, body={"os-foo": bad})).message == "There is no such action: os-foo"
    assert "is not one of" in (await act(client, body=bad)).message
    assert "is not one of" in (await act(client, body=bad, path=here)).message
    assert (await act(client)).message == f"Instance {NOWHERE} could not be found."
    assert (await act(client, path=here)).status == 409


async def test_version_headers_on_every_answer(aiohttp_client: AiohttpClient) -> None:
    """Both version headers, Vary and both request ids: on answers, faults and what has no route."""
    client = await aiohttp_client(make_world().app)
    answers = [
        await act(client, path=f"/v2.1/servers/{IDS[0]}/action", version="compute 2.4"),
        await act(client, version="compute 2.4"),
        await act(client, version="compute 2.4", content_type="a/b"),
        await act(client, version="compute 2.4", path="/v2.1/os-what"),
        await act(client, version="compute 2.4", method="PUT"),
    ]
    assert [answer.status for answer in answers] == [200, 404, 415, 404, 404]
    for answer in answers:
        assert answer.headers["OpenStack-API-Version"] == "compute 2.4"
        assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.4"
        assert answer.headers["Vary"] == "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
        assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["x-openstack-request-id"])
        assert answer.headers["x-openstack-request-id"] == answer.headers["x-compute-request-id"]


async def test_both_headers_are_read(aiohttp_client: AiohttpClient) -> None:
    """The legacy header counts alone; with the standard one there, that wins; several lines are one list."""
    client = await aiohttp_client(make_world().app)
    legacy = ("X-OpenStack-Nova-API-Version", "2.3")
    standard = ("OpenStack-API-Version", "compute 2.4")
    volume = ("OpenStack-API-Version", "volume 3.5")
    for headers, version in (
        ([legacy], "2.3"),
        ([legacy, standard], "2.4"),
        ([volume, legacy], "2.3"),
        ([volume], "2.1"),
    ):
        answer = await ask(client, "GET", "/v2.1/servers", headers=headers)
        assert answer.headers["X-OpenStack-Nova-API-Version"] == version
    answer = await ask(client, "GET", "/v2.1/servers", headers=[standard, volume])
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.4"


async def test_malformed_version(aiohttp_client: AiohttpClient) -> None:
    """What is no version is a 400 without version headers."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", "/v2.1/servers", headers={"OpenStack-API-Version": "compute spam"})
    text = "API Version String spam is of invalid format. Must be of format MajorNum.MinorNum."
    assert answer.body == {"badRequest": {"code": 400, "message": text}}
    for name in ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version", "Vary"):
        assert name not in answer.headers
    assert "x-openstack-request-id" in answer.headers


async def test_refused_version_is_echoed(aiohttp_client: AiohttpClient) -> None:
    """A 406 says which version it refused, in both headers."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", "/v2.1/servers", headers={"X-OpenStack-Nova-API-Version": "2.101"})
    text = "Version 2.101 is not supported by the API. Minimum is 2.1 and maximum is 2.100."
    assert answer.body == {"computeFault": {"code": 406, "message": text}}
    assert answer.headers["OpenStack-API-Version"] == "compute 2.101"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.101"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/v2.1/servers/{IDS[0]}/action/"),
        ("GET", f"/v2.1/servers/{IDS[0]}/action"),
        ("PUT", f"/v2.1/servers/{IDS[0]}/action"),
        ("POST", "/"),
        ("OPTIONS", "/v2.1/servers"),
        ("GET", f"/v2.1/{PROJECT.upper()}X/servers"),
        ("GET", "/v2.1/my-project/servers"),
        ("GET", f"/v2.1/{PROJECT}/{PROJECT}/servers"),
        ("GET", "/v2.1/servers/"),
        ("GET", "/v2.1/flavors/detail?is_public=None"),
        ("GET", f"/v2.1/{PROJECT}/flavors/detail"),
        ("GET", "/v2.1/images?id=in:x"),
        ("GET", "/v2.1/ports"),
        ("GET", "/v2.1/networks"),
        ("GET", "/v2.1/os-console-auth-tokens"),
        ("GET", f"/v2.1/servers/{IDS[0]}/remote-consoles"),
        ("GET", "/v2/what"),
        ("GET", "/v2.1//servers"),
        ("GET", "/v2.1x"),
        ("GET", "/v3"),
        ("GET", "/servers"),
        ("GET", "/favicon.ico"),
    ],
)
async def test_no_route(aiohttp_client: AiohttpClient, method: str, path: str) -> None:
    """Where nothing is, a clean itemNotFound is: never a 405, never a redirect, never a page."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, method, path, allow_redirects=False)
    assert (answer.status, answer.body) == (404, NOT_FOUND)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert "Allow" not in answer.headers


@pytest.mark.parametrize("path", ["//v2.1/servers", "//evil.example/%2f..", "///evil.example", "/\\\\evil.example"])
async def test_double_slashes(aiohttp_server: AiohttpServer, path: str) -> None:
    """A path that a browser could take for another host leads nowhere (nova-contract 3.4)."""
    server = await aiohttp_server(make_world().app)
    answer = await raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert (answer.status, answer.body) == (404, NOT_FOUND)


async def test_broken_body(aiohttp_server: AiohttpServer) -> None:
    """A body that is not what its headers say is a malformed one."""
    server = await aiohttp_server(make_world().app)
    head = f"POST /v2.1/servers/{IDS[0]}/action HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    answer = await raw(server, f"{head}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc".encode())
    assert answer.body == {"badRequest": {"code": 400, "message": "Malformed request body"}}


async def test_client_leaves(aiohttp_server: AiohttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """A client that ends in the middle of its body is no failure of ours."""
    caplog.set_level(logging.INFO, "consolesvc.access")
    world = make_world()
    server = await aiohttp_server(world.app)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    path = f"/v2.1/servers/{IDS[0]}/action"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{{".encode())
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    for _ in range(100):
        if caplog.records:
            break
        await asyncio.sleep(0.01)
    assert [(record.name, record.levelname) for record in caplog.records] == [("consolesvc.access", "INFO")]
    assert len(world.tokens) == 0


async def test_foreign_pages_are_refused(aiohttp_client: AiohttpClient) -> None:
    """Neither a rebound name nor another site's form gets a console."""
    world = make_world()
    client = await aiohttp_client(world.app)
    path = f"/v2.1/servers/{IDS[0]}/action"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await ask(client, "POST", path, data=json.dumps(SERIAL), headers=headers)
        assert (answer.status, *answer.body) == (403, "forbidden")
    assert len(world.tokens) == 0


async def test_unforeseen_failure(aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture) -> None:
    """A failure inside a call is a computeFault with all headers, and is logged with the request's id."""
    world = make_world()

    def broken(request: web.Request, token: str) -> str:
        raise ZeroDivisionError(request.path, token)

    app = web.Application(middlewares=world.app.middlewares)
    setup(app, inventory=world.inventory, tokens=world.tokens, console_url=broken)
    client = await aiohttp_client(app)
    answer = await ask(client, "POST", f"/v2.1/servers/{IDS[0]}/action", data=json.dumps(SERIAL))
    text = "Unexpected API Error. Please contact the administrator.\n<class 'ZeroDivisionError'>"
    assert answer.body == {"computeFault": {"code": 500, "message": text}}
    assert answer.headers["OpenStack-API-Version"] == "compute 2.1"
    assert answer.headers["x-openstack-request-id"] in caplog.text
