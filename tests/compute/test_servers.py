from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from tests.compute.world import IDS, PROJECT, ask, make_world

PREFIXES = ["/v2.1", f"/v2.1/{PROJECT}", "/v2.1/0c5e1ab0-0000-0000-0000-000000000002"]


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_list(aiohttp_client: AiohttpClient, prefix: str) -> None:
    """All servers, newest and greatest id first, whatever project the path names."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", f"{prefix}/servers")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.body) == ["servers"]
    assert [(each["id"], each["name"]) for each in answer.body["servers"]] == [
        (IDS[2], "node4.lab"),
        (IDS[1], "node3"),
        (IDS[0], "fake1"),
    ]
    assert all(set(each) == {"id", "name", "links"} for each in answer.body["servers"])


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_details_equal_show(aiohttp_client: AiohttpClient, prefix: str) -> None:
    """A server is the same in the detailed list and alone."""
    client = await aiohttp_client(make_world().app)
    for version in ("2.1", "2.5"):
        headers = {"OpenStack-API-Version": f"compute {version}"}
        details = await ask(client, "GET", f"{prefix}/servers/detail", headers=headers)
        for each in details.body["servers"]:
            alone = await ask(client, "GET", f"{prefix}/servers/{each['id']}", headers=headers)
            assert alone.body == {"server": each}
            assert ("OS-EXT-SRV-ATTR:user_data" in each) is (version == "2.5")


@pytest.mark.parametrize("wanted", [IDS[0], IDS[0].replace("-", ""), IDS[0].upper()])
async def test_show(aiohttp_client: AiohttpClient, wanted: str) -> None:
    """An id is good with or without dashes, in either case."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", f"/v2.1/servers/{wanted}")
    assert answer.body["server"]["name"] == "fake1"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("fake1", "fake1"),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("123", "123"),
        ("a%0d%0aSet-Cookie:%20x", "a\r\nSet-Cookie: x"),
        ("%7Bx%7D", "{x}"),
        ("%C3%A4", "ä"),
    ],
)
async def test_show_unknown(aiohttp_client: AiohttpClient, path: str, wanted: str) -> None:
    """A name is no id; what was asked comes back in the body and nowhere else."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", f"/v2.1/servers/{path}")
    assert answer.status == 404
    assert answer.body == {"itemNotFound": {"code": 404, "message": f"Instance {wanted} could not be found."}}
    assert "Set-Cookie" not in answer.headers


async def test_search_by_name(aiohttp_client: AiohttpClient) -> None:
    """The clients' way to a name: a filter, which is a regular expression, escaped or not."""
    client = await aiohttp_client(make_world().app)
    for pattern in ("node4.lab", re.escape("node4.lab"), "^node4", "lab$"):
        answer = await ask(client, "GET", "/v2.1/servers/detail", params={"name": pattern})
        assert [each["name"] for each in answer.body["servers"]] == ["node4.lab"]


@pytest.mark.parametrize("collection", ["servers", "servers/detail"])
async def test_pages(aiohttp_client: AiohttpClient, collection: str) -> None:
    """Following `next` shows every server once, and keeps project, collection and query."""
    client = await aiohttp_client(make_world().app)
    seen: list[Any] = []
    path = f"/v2.1/{PROJECT}/{collection}?limit=2&x=a%20b"
    for _ in range(5):
        answer = await ask(client, "GET", path)
        seen += [each["name"] for each in answer.body["servers"]]
        if "servers_links" not in answer.body:
            break
        (link,) = answer.body["servers_links"]
        assert link["rel"] == "next"
        root, slash, rest = link["href"].partition("/v2.1")
        assert root == f"http://{client.host}:{client.port}"
        path = slash + rest
        assert path.startswith(f"/v2.1/{PROJECT}/{collection}?limit=2&x=a+b&marker=")
    assert seen == ["node4.lab", "node3", "fake1"]


@pytest.mark.parametrize("query", ["name=[", "limit=-1", "limit=x", "sort_dir=up", "sort_key=nope", "marker=nope"])
@pytest.mark.parametrize("collection", ["servers", "servers/detail"])
async def test_bad_query(aiohttp_client: AiohttpClient, collection: str, query: str) -> None:
    """A wrong parameter is a 400 that names it."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", f"/v2.1/{collection}?{query}")
    assert (answer.status, *answer.body) == (400, "badRequest")


async def test_what_clients_send_along_is_ignored(aiohttp_client: AiohttpClient) -> None:
    """With identity none, no token and no Accept makes a difference (nova-contract 4)."""
    client = await aiohttp_client(make_world().app)
    for headers in ({"X-Auth-Token": "notused"}, {"Accept": ""}, {"Accept": "text/html"}, {"Content-Type": "x/y"}):
        answer = await ask(client, "GET", "/v2.1/servers?deleted=False", headers=headers)
        assert (answer.status, len(answer.body["servers"])) == (200, 3)


async def test_head(aiohttp_client: AiohttpClient) -> None:
    """HEAD works where GET does."""
    client = await aiohttp_client(make_world().app)
    for path in ("servers", "servers/detail", f"servers/{IDS[0]}"):
        assert (await ask(client, "HEAD", f"/v2.1/{path}")).status == 200
    assert (await ask(client, "HEAD", "/v2.1/servers/nope")).status == 404
