"""Arbitrary requests to every route of the service: an answer below 500, and each error a fault with a name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpServer

from consolesvc.compute.actions import ACTIONS
from consolesvc.compute.filters import FILTERS
from consolesvc.config.model import Config
from consolesvc.http.faults import NAMES
from consolesvc.identity.caller import Caller
from consolesvc.service import Service
from tests.compute.test_bodies import JSON, TEXT
from tests.compute.world import ADMIN, IDS, MEMBER, NO_ROLE, PROJECT, READER, make_world, raw

ROUTES = sorted(
    {
        (route.method, route.resource.canonical)
        for route in Service(Config())._api_app().router.routes()
        if route.resource and route.resource.canonical.startswith("/v2") and route.method not in ("HEAD", "*")
    }
)
VALUES: dict[str, list[str]] = {
    "server_id": [*IDS, "fake1", "detail", "..", "%2e%2e", "%00", "%ff", "%ed%a0%80"],
    "tenant_id": [PROJECT, "f" * 32, "0", "-"],
    "token": ["x", "%ff", "%2f", IDS[0]],
}
WORDS = st.sampled_from(["serial", "novnc", "vnc", "spice", "HARD", "-1", "3", "9" * 5000, ""]) | TEXT
CONTENTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("type", "protocol", "length", "name", "flavorRef", "imageRef", "x"), WORDS | JSON)
)
BODIES = st.one_of(
    st.dictionaries(st.sampled_from([*ACTIONS, "remote_console", "server"]), CONTENTS | JSON, max_size=2),
    JSON,
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from([*FILTERS, "limit", "marker", "status", "sort_key", "sort_dir", "all_tenants", "deleted", "x"])
        | st.sampled_from(["changes-since", "changes-before", "locked", "not-tags", "_x", "metadata"]),
        st.sampled_from(["", "0", "1", "[", "(a*)*b", "asc", "desc", "ACTIVE", "created_at", "host", "2026-11-23"])
        | TEXT,
    ),
    max_size=4,
)
VERSIONS = st.sampled_from(["compute 2.1", "compute latest", "compute 2.999", "compute x", "volume 3.1"]) | st.integers(
    1, 100
).map(lambda minor: f"compute 2.{minor}")
CALLERS = (ADMIN, MEMBER, READER, NO_ROLE)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(ROUTES),
    values=st.fixed_dictionaries({name: st.sampled_from(known) for name, known in VALUES.items()}),
    query=QUERIES,
    body=BODIES,
    version=VERSIONS,
    caller=st.sampled_from(CALLERS),
)
async def test_any_request(
    aiohttp_server: AiohttpServer,
    route: tuple[str, str],
    values: dict[str, str],
    query: list[tuple[str, str]],
    body: Any,
    version: str,
    caller: Caller,
) -> None:
    """Whoever asks for whatever in whichever version."""
    server = await aiohttp_server(make_world(caller=caller).app)
    method, path = route
    target = path.format(**values) + (f"?{urlencode(query, errors='replace', quote_via=quote)}" if query else "")
    data = json.dumps(body).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOpenStack-API-Version: {version}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    answer = await raw(server, head.encode() + data)
    # 501 is nova's word for what a machine lacks: a real line has no switch.
    assert answer.status < 500 or answer.status == 501
    if answer.status >= 400:
        assert list(answer.body) == [NAMES.get(answer.status, "computeFault")]
        assert answer.message
    if path.startswith("/v2.1") and version.startswith("compute 2"):
        assert answer.headers["OpenStack-API-Version"] == version
