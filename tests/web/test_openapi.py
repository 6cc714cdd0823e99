"""The OpenAPI document, held against the routes there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.config.model import Config
from consolesvc.service import Service
from consolesvc.web.openapi import document

METHODS = ("get", "put", "post", "delete", "options", "patch", "trace")
DOCUMENT = document()

Operation = dict[str, Any]


def resolved(item: Any) -> Any:
    """What a reference means; anything else as it is."""
    while isinstance(item, dict) and "$ref" in item:
        found: Any = DOCUMENT
        for part in item["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        item = found
    return item


def operations() -> Iterator[tuple[str, str, dict[str, Any], Operation]]:
    """Method, whole path, path item and operation of everything documented."""
    for path, reference in DOCUMENT["paths"].items():
        item = resolved(reference)
        for server in item.get("servers", [{"url": ""}]):
            for method in METHODS:
                if method in item:
                    yield method.upper(), server["url"] + path, item, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield each
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_route_is_documented_and_every_document_has_a_route() -> None:
    """What is answered and what is written are the same set."""
    routes = Service(Config())._api_app().router.routes()
    # HEAD goes with GET; `*` is where nothing is.
    found = {(r.method, r.resource.canonical) for r in routes if r.resource and r.method not in ("HEAD", "*")}
    # Keystone's API has its own documents, and is there with identity builtin alone.
    found = {(method, path) for method, path in found if not path.startswith("/identity")}
    assert found == {(method, path) for method, path, _, _ in operations()}


def test_references_lead_somewhere() -> None:
    """No reference is broken."""
    assert all(resolved({"$ref": each}) is not None for each in references(DOCUMENT))


def test_operations_are_whole() -> None:
    """Each has a summary, its path's parameters and an answer for errors; ids are there once."""
    for method, path, item, operation in operations():
        assert operation["summary"], (method, path)
        assert "default" in operation["responses"], (method, path)
        parameters = [resolved(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        named = {each["name"] for each in parameters if each["in"] == "path"}
        named |= {name for server in item.get("servers", []) for name in server.get("variables", {})}
        assert set(re.findall(r"{(\w+)}", path)) <= named, (method, path)
    items = [resolved(item) for item in DOCUMENT["paths"].values()]
    found = [item[method].get("operationId") for item in items for method in METHODS if method in item]
    ids = [each for each in found if each]
    assert len(ids) == len(set(ids))


async def test_it_is_served(aiohttp_client: AiohttpClient) -> None:
    """As JSON, with the native API."""
    client = await aiohttp_client(Service(Config())._api_app())
    async with client.get("/console/v1/openapi.json") as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == DOCUMENT
