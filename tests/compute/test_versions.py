from __future__ import annotations

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from tests.compute.world import PROJECT, ask, make_world

HOST = {"Host": "127.0.0.1:8774"}
V21 = {
    "id": "v2.1",
    "status": "CURRENT",
    "version": "2.100",
    "min_version": "2.1",
    "updated": "2013-07-23T11:33:21Z",
}
V20 = {"id": "v2.0", "status": "DEPRECATED", "version": "", "min_version": "", "updated": "2025-07-04T12:00:00Z"}
DESCRIBED = {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
SELF_20 = {"rel": "self", "href": "http://127.0.0.1:8774/v2/"}
SELF = {"rel": "self", "href": "http://127.0.0.1:8774/v2.1/"}


async def test_root(aiohttp_client: AiohttpClient) -> None:
    """The root lists both versions, the legacy one first, answers 200, and knows no microversions."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", "/", headers=HOST | {"OpenStack-API-Version": "compute 2.999"})
    assert answer.status == 200
    assert answer.body == {"versions": [{**V20, "links": [SELF_20]}, {**V21, "links": [SELF]}]}
    for name in ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version", "Vary", "x-openstack-request-id"):
        assert name not in answer.headers


@pytest.mark.parametrize("path", ["/v2.1", "/v2.1/", f"/v2.1/{PROJECT}", f"/v2.1/{PROJECT}/"])
async def test_version(aiohttp_client: AiohttpClient, path: str) -> None:
    """The version's document, with and without a slash or a project, never by a redirect."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", path, headers=HOST, allow_redirects=False)
    assert answer.status == 200
    assert answer.body == {
        "version": {
            **V21,
            "links": [SELF, DESCRIBED],
            "media-types": [
                {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"},
            ],
        }
    }
    assert answer.headers["OpenStack-API-Version"] == "compute 2.1"
    assert answer.headers["x-openstack-request-id"] == answer.headers["x-compute-request-id"]


@pytest.mark.parametrize("path", ["/v2", "/v2/", f"/v2/{PROJECT}", f"/v2/{PROJECT}/"])
async def test_legacy_version(aiohttp_client: AiohttpClient, path: str) -> None:
    """The legacy API has a document of its own and no microversions."""
    client = await aiohttp_client(make_world().app)
    headers = HOST | {"OpenStack-API-Version": "compute 2.999"}
    answer = await ask(client, "GET", path, headers=headers, allow_redirects=False)
    media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2"}
    assert answer.body == {"version": {**V20, "links": [SELF_20, DESCRIBED], "media-types": [media]}}
    assert "OpenStack-API-Version" not in answer.headers
    assert "Vary" not in answer.headers
    assert answer.headers["x-openstack-request-id"] == answer.headers["x-compute-request-id"]


@pytest.mark.parametrize("path", ["/", "/v2", "/v2.1", "/v2.1/"])
async def test_head(aiohttp_client: AiohttpClient, path: str) -> None:
    """HEAD works where GET does, and says nothing."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "HEAD", path)
    assert (answer.status, answer.body) == (200, b"")


async def test_links_come_from_the_request(aiohttp_client: AiohttpClient) -> None:
    """The Host that the client used is the one it is sent back to."""
    client = await aiohttp_client(make_world().app)
    for host in ("localhost:1234", "[::1]:8774", "10.0.0.1"):
        answer = await ask(client, "GET", "/v2.1/", headers={"Host": host})
        assert answer.body["version"]["links"][0]["href"] == f"http://{host}/v2.1/"


async def test_version_out_of_range(aiohttp_client: AiohttpClient) -> None:
    """The version's document is refused like any call."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "GET", "/v2.1/", headers={"OpenStack-API-Version": "compute 2.999"})
    assert answer.status == 406
    assert list(answer.body) == ["computeFault"]


async def test_links_survive_a_proxy(aiohttp_client: AiohttpClient) -> None:
    """Behind a proxy, links lead to where it was asked."""
    client = await aiohttp_client(make_world().app)
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "cloud.example",
        "X-Forwarded-Prefix": "/compute",
    }
    answer = await ask(client, "GET", "/", headers=headers)
    links = [version["links"][0]["href"] for version in answer.body["versions"]]
    assert links == ["https://cloud.example/compute/v2/", "https://cloud.example/compute/v2.1/"]
    answer = await ask(client, "GET", "/v2.1/servers?limit=1", headers=headers)
    for link in (answer.body["servers"][0]["links"][0], answer.body["servers_links"][0]):
        assert link["href"].startswith("https://cloud.example/compute/v2.1/servers")
