"""Arbitrary requests to every route of the native API: an answer below 500, and each error a fault with a name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consolesvc.config.model import Config
from consolesvc.http.faults import NAMES
from consolesvc.service import Service
from consolesvc.web.openapi import document
from tests.compute.test_bodies import JSON, TEXT
from tests.proxy.world import World, world
from tests.web.test_openapi import resolved
from tests.web.world import with_log

PREFIX = "/console/v1/"
ROUTES = sorted(
    {
        (route.method, route.resource.canonical)
        for route in Service(Config())._api_app().router.routes()
        if route.resource and route.resource.canonical.startswith(PREFIX) and route.method not in ("HEAD", "*")
    }
)
IDS = ["node", "node", "node", "nobody", "%00", "%ff", "..", "%2e%2e", "%ed%a0%80"]
NAMED = sorted(
    {
        name
        for path, item in document()["paths"].items()
        for operation in resolved(item).values()
        if path.startswith(PREFIX) and isinstance(operation, dict)
        for name in [
            *(resolved(each)["name"] for each in operation.get("parameters", [])),
            *operation.get("requestBody", {})
            .get("content", {})
            .get("application/json", {})
            .get("schema", {})
            .get("properties", {}),
        ]
    }
)
"""Every parameter and every key of a body that is documented."""
QUICK = {"timeout": 0.01, "seconds": 0.05}
"""What a call may take: none is to hold the test up."""
NUMBERS = [0, 1, -1, 0.5, 10**30, -(10**18), True, False]
WORDS = ["", "0", "-5", "x", "(", "(?P<a>x)|y", ".{0,1000}", "(a*)*", "raw", "cast2", "cast3", "html", "text"]
MEANT = ["100000 c/s", "1 lines/s", "echo x", "a mark", "eA==", "panic", "1"]
ODD: list[Any] = [None, ["x", "y"], [], {}, "\ud800", "\n", "\x1b[A", "9" * 5000, "99999999999999999999", "é" * 90]
VALUES: st.SearchStrategy[Any] = st.sampled_from([*NUMBERS, *WORDS, *MEANT, *ODD]) | JSON | TEXT
BODIES = st.dictionaries(st.sampled_from([*NAMED, "x"]), VALUES, max_size=4) | JSON
QUERIES = st.lists(st.tuples(st.sampled_from([*NAMED, "x"]), VALUES.map(str)), max_size=3)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        made.console.received(b"# echo x\r\n\x1b[31mx\x1b[0m\r\n# \xff")
        yield made


def quick(body: Any) -> Any:
    """A body that lets no call wait for long."""
    if not isinstance(body, dict):
        return body
    long = {key: value for key, value in body.items() if key in QUICK and isinstance(value, int | float) and value > 1}
    return {
        **({"timeout": 0.01} if "pattern" in body or "command" in body else {}),
        **body,
        **{key: QUICK[key] for key in long},
    }


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(ROUTES), name=st.sampled_from(IDS), query=QUERIES, body=BODIES)
async def test_any_request(
    lab: World, route: tuple[str, str], name: str, query: list[tuple[str, str]], body: Any
) -> None:
    """Whoever asks for whatever."""
    method, path = route
    if "follow" in dict(query):
        query = [(key, value) for key, value in query if key != "follow"]
    target = path.replace("{id}", name) + (f"?{urlencode(query, errors='replace', quote_via=quote)}" if query else "")
    options: dict[str, Any] = {} if method == "GET" else {"data": json.dumps(quick(body))}
    async with lab.http.request(
        method, f"{lab.api}{target}", headers={"Content-Type": "application/json"}, **options
    ) as answer:
        if answer.content_type == "text/event-stream":
            assert answer.status == 200
            return  # it has no end
        content = await answer.read()
        assert answer.status < 500, content
        if answer.status >= 400:
            (fault,) = json.loads(content).items()
            assert fault[0] == NAMES.get(answer.status, "computeFault")
            assert fault[1]["message"]
    if path.endswith("/down"):
        lab.console.lending.take_back()
