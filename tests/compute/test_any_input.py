"""Whatever arrives: an answer below 500, and a fault body where it is none of success."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpClient, AiohttpServer

from consolesvc.http.faults import NAMES
from tests.compute.test_bodies import JSON, TEXT
from tests.compute.world import IDS, SERIAL, Answer, ask, make_world, raw

PATH = f"/v2.1/servers/{IDS[0]}/action"

# One server serves all examples of a test: they leave nothing behind in it but tokens.
in_one_world = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PATHS = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
    st.lists(
        st.sampled_from(
            [
                *("v2.1", "servers", "detail", "action", IDS[0], "fake1", "", "..", ".", "%2e%2e", "%", "%ff", "%00"),
                *("abc", "?name=[", "?limit=%ff", "?name=%ed%a0%80", "?marker=%0d%0a", "#", "?", "&", "[", "{x}", "\\"),
            ]
        ),
        max_size=6,
    ).map("/".join),
)


def check_fault(answer: Answer) -> None:
    assert answer.status < 500
    if answer.status >= 400:
        assert list(answer.body) == [NAMES.get(answer.status, "computeFault")]
        assert answer.message
        assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


@in_one_world
@given(data=st.binary() | JSON.map(json.dumps).map(str.encode))
async def test_any_body(aiohttp_client: AiohttpClient, data: bytes) -> None:
    """Arbitrary bytes and arbitrary JSON as a body are 400."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "POST", PATH, data=data, headers={"Content-Type": "application/json"})
    check_fault(answer)
    assert answer.status == 400


@in_one_world
@given(content=JSON)
@example(content=SERIAL["os-getSerialConsole"])
async def test_any_content_of_the_action(aiohttp_client: AiohttpClient, content: Any) -> None:
    """Only the one right content is answered with a console."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "POST", PATH, json={"os-getSerialConsole": content})
    check_fault(answer)
    assert (answer.status == 200) is (content == {"type": "serial"})


@in_one_world
@given(name=TEXT, content=JSON)
async def test_any_action(aiohttp_client: AiohttpClient, name: str, content: Any) -> None:
    """An action that is not there is 400, whatever it is called."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "POST", PATH, json={name: content})
    check_fault(answer)
    assert answer.status == 400


@in_one_world
@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]), path=PATHS)
@example(method="GET", path="//evil.example/%2f..")
@example(method="GET", path="v2.1/servers/%ed%a0%80")
@example(method="GET", path="v2.1/servers?limit=" + "9" * 5000)
async def test_any_path(aiohttp_server: AiohttpServer, method: str, path: str) -> None:
    """Any path of printable characters has an answer, and each answer but success is a fault."""
    server = await aiohttp_server(make_world().app)
    head = f"{method} /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    check_fault(await raw(server, head.encode()))


@in_one_world
@given(
    standard=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30),
    legacy=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30),
)
async def test_any_version(aiohttp_server: AiohttpServer, standard: str, legacy: str) -> None:
    """Any version header has an answer."""
    server = await aiohttp_server(make_world().app)
    head = (
        "GET /v2.1/servers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"OpenStack-API-Version: compute {standard}\r\nX-OpenStack-Nova-API-Version: {legacy}\r\n\r\n"
    )
    check_fault(await raw(server, head.encode("latin-1")))
