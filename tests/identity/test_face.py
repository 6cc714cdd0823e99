"""The builtin Keystone as clients ask it (nova-contract 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.users_file import stable_id
from consolesvc.identity.auth_request import parse
from consolesvc.identity.builtin import BuiltinIdentity
from consolesvc.identity.faults import KeystoneFault
from consolesvc.identity.guesses import FREE
from tests.identity.world import (
    ATTIC,
    LAB,
    PASSWORD,
    UNAUTHENTICATED,
    Cloud,
    cloud,
    credentials,
    write_users,
)

TOKENS = "/identity/v3/auth/tokens"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Cloud]:
    identity = write_users(tmp_path, alice={"lab": ["Member"], "attic": ["reader"]}, root={"lab": ["admin"]}, nobody={})
    async with cloud(identity) as made:
        yield made


async def subject(lab: Cloud, token: str, of: str, method: str = "GET", query: str = "") -> Any:
    return await lab.ask(method, TOKENS + query, token, headers={"X-Subject-Token": of})


async def test_version_documents(lab: Cloud) -> None:
    """Discovery needs no token, and its links are on the host that was asked."""
    for path in ("/identity", "/identity/"):
        answer = await lab.ask("GET", path)
        assert answer.status == 300
        (version,) = answer.body["versions"]["values"]
        assert (version["id"], version["status"]) == ("v3.14", "stable")
        assert version["links"] == [{"rel": "self", "href": f"{lab.api}/identity/v3/"}]
    for path in ("/identity/v3", "/identity/v3/"):
        answer = await lab.ask("GET", path)
        assert (answer.status, answer.body) == (200, {"version": version})


async def test_a_token_for_a_project(lab: Cloud) -> None:
    """The document has what clients read of it, and the token opens Compute as that member of that project."""
    answer = await lab.ask("POST", TOKENS, json=credentials("alice", "lab"))
    assert answer.status == 201
    token = answer.body["token"]
    default = {"id": "default", "name": "Default"}
    assert token["methods"] == ["password"]
    assert token["user"] == {
        "id": stable_id("user", "alice"), "name": "alice", "domain": default, "password_expires_at": None
    }  # fmt: skip
    assert token["project"] == {"id": LAB, "name": "lab", "domain": default}
    assert token["roles"] == [{"id": stable_id("role", "member"), "name": "member"}]
    urls = {service["type"]: {endpoint["url"] for endpoint in service["endpoints"]} for service in token["catalog"]}
    assert urls == {"compute": {f"{lab.api}/v2.1"}, "identity": {f"{lab.api}/identity/v3"}}
    assert {e["interface"] for s in token["catalog"] for e in s["endpoints"]} == {"public", "internal", "admin"}
    assert await lab.seen(answer.headers["X-Subject-Token"]) == ["ours"]


async def test_a_project_by_id_and_a_user_by_id(lab: Cloud) -> None:
    """Ids need no domain."""
    body: dict[str, Any] = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"id": stable_id("user", "alice"), "password": PASSWORD}},
            },
            "scope": {"project": {"id": ATTIC}},
        }
    }
    answer = await lab.ask("POST", TOKENS, json=body)
    assert answer.body["token"]["project"]["name"] == "attic"
    assert [role["name"] for role in answer.body["token"]["roles"]] == ["reader"]
    assert await lab.seen(answer.headers["X-Subject-Token"]) == ["theirs"]


async def test_horizons_way_from_no_project_to_one(lab: Cloud) -> None:
    """A token without scope lists the projects, makes tokens for them, and shows no server itself."""
    body = credentials("alice", None)
    body["auth"]["scope"] = "unscoped"
    answer = await lab.ask("POST", TOKENS, json=body)
    unscoped, first = answer.headers["X-Subject-Token"], answer.body["token"]
    assert not {"project", "catalog", "roles"} & first.keys()
    assert await lab.seen(unscoped) == []
    assert (await lab.ask("GET", "/identity/v3/auth/catalog", unscoped)).status == 403
    listed = await lab.ask("GET", "/identity/v3/auth/projects", unscoped)
    assert [(project["name"], project["id"]) for project in listed.body["projects"]] == [("lab", LAB), ("attic", ATTIC)]
    body = {
        "auth": {
            "identity": {"methods": ["token"], "token": {"id": unscoped}},
            "scope": {"project": {"name": "attic", "domain": {"id": "default"}}},
        }
    }
    answer = await lab.ask("POST", TOKENS, json=body)
    second = answer.body["token"]
    assert second["methods"] == ["token", "password"]
    assert second["expires_at"] == first["expires_at"]
    assert second["audit_ids"][1] == first["audit_ids"][0]
    assert await lab.seen(answer.headers["X-Subject-Token"]) == ["theirs"]


@pytest.mark.parametrize(
    ("user", "project", "password"),
    [
        ("alice", "lab", "wrong"),
        ("alice", "lab", ""),
        ("alice", "lab", f"{PASSWORD} "),
        ("alice", "lab", "x" * 2000),
        ("alice", "lab", "\ud800"),
        ("Alice", "lab", PASSWORD),
        ("ghost", "lab", PASSWORD),
        ("alice", "nowhere", PASSWORD),
        ("root", "attic", PASSWORD),
        ("nobody", "lab", PASSWORD),
    ],
)
async def test_every_refused_login_is_the_same_401(lab: Cloud, user: str, project: str, password: str) -> None:
    """Which of user, password and project was wrong is not said."""
    answer = await lab.ask("POST", TOKENS, json=credentials(user, project, password))
    assert (answer.status, answer.body) == (401, UNAUTHENTICATED)
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{lab.api}/identity/v3"'
    assert "X-Subject-Token" not in answer.headers


async def test_other_domains_scopes_and_methods_are_401(lab: Cloud) -> None:
    """There is one domain, roles are in projects alone, and two ways to prove who one is."""
    bodies = [credentials("alice", "lab") for _ in range(7)]
    bodies[0]["auth"]["identity"]["password"]["user"]["domain"] = {"name": "other"}
    bodies[1]["auth"]["scope"]["project"]["domain"] = {"id": "other"}
    bodies[2]["auth"]["scope"] = {"system": {"all": True}}
    bodies[3]["auth"]["scope"] = {"domain": {"id": "default"}}
    bodies[4]["auth"]["identity"]["methods"] = ["totp"]
    bodies[5]["auth"]["identity"] = {"methods": ["token"], "token": {"id": "made up"}}
    bodies[6]["auth"]["identity"] = {"methods": ["token"], "token": {"id": "\ud800"}}
    for body in bodies:
        assert (await lab.ask("POST", TOKENS, json=body)).body == UNAUTHENTICATED


async def test_guesses_are_counted_by_the_client_behind_a_proxy(lab: Cloud) -> None:
    """One client of a proxy locks out no other; and who comes by no proxy of ours gets no new name by a header."""

    async def guess(client: str, password: str = "wrong") -> int:
        headers = {"X-Forwarded-For": client}
        answer = await lab.ask("POST", TOKENS, json=credentials("alice", "lab", password), headers=headers)
        return answer.status

    builtin = lab.service.identity.now
    assert isinstance(builtin, BuiltinIdentity)
    builtin._guesses._clock = lambda: 0.0  # a wait is a second, which a busy machine soon has
    for _ in range(FREE):
        assert await guess("203.0.113.1") == 401
    assert await guess("203.0.113.1", PASSWORD) == 429
    assert await guess("203.0.113.2", PASSWORD) == 201
    assert await guess("6.6.6.6, 203.0.113.1", PASSWORD) == 429
    lab.service.proxies.trusted = ()
    for number in range(FREE):
        assert await guess(f"6.6.6.{number}") == 401
    assert await guess("6.6.6.6", PASSWORD) == 429


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"auth"',
        b"[" * 100_000,
        b'{"auth": {}}',
        b'{"auth": {"identity": {"methods": []}}}',
        b'{"auth": {"identity": {"methods": "password"}}}',
        b'{"auth": {"identity": {"methods": ["password"]}}}',
        b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "alice"}}}}}',
        b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": 1, "password": "x"}}}}}',
        b'{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a", "password": "x"}}}}}',
    ],
)
async def test_what_is_no_login_is_400(lab: Cloud, body: bytes) -> None:
    """In Keystone's shape, with a sentence."""
    answer = await lab.ask("POST", TOKENS, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body["error"]["code"], answer.body["error"]["title"]) == (400, 400, "Bad Request")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["auth", "identity", "methods", "password", "token", "user", "id", "name", "domain", "scope", "project"]
            ),
            inner | st.just(["password"]) | st.just(["token"]),
            max_size=4,
        )
    ),
)


@given(JSON)
def test_any_body_is_understood_or_refused(body: Any) -> None:
    """Nothing in a body makes the parser fail in another way than by its own faults."""
    try:
        asked = parse(body)
    except KeystoneFault as fault:
        assert fault.status in (400, 401)  # noqa: PT017 - either way is fine
    else:
        assert asked.user is None or not asked.token


async def test_validation(lab: Cloud) -> None:
    """A token may look at itself and at its user's others; an admin's at all; nobody else's."""
    alice, root = await lab.login("alice", "lab"), await lab.login("root", "lab")
    for asking in (alice, root, await lab.login("alice", "attic")):
        answer = await subject(lab, asking, alice)
        assert (answer.status, answer.headers["X-Subject-Token"]) == (200, alice)
        assert answer.body["token"]["user"]["name"] == "alice"
    assert "catalog" not in (await subject(lab, root, alice, query="?nocatalog")).body["token"]
    head = await subject(lab, root, alice, "HEAD")
    assert (head.status, head.body) == (200, None)
    assert (await subject(lab, alice, root)).status == 403
    assert (await subject(lab, alice, root, "DELETE")).status == 403
    unknown = await subject(lab, root, "made up")
    assert unknown.body == {"error": {"code": 404, "title": "Not Found", "message": "Failed to validate token"}}
    assert (await subject(lab, "made up", alice)).body == UNAUTHENTICATED


async def test_revocation(lab: Cloud) -> None:
    """A revoked token opens nothing from that moment on."""
    token = await lab.login("alice", "lab")
    other = await lab.login("alice", "lab")
    assert await lab.seen(token) == ["ours"]
    assert (await subject(lab, token, token, "DELETE")).status == 204
    assert (await lab.ask("GET", "/v2.1/servers", token)).status == 401
    assert (await subject(lab, other, token)).status == 404
    assert await lab.seen(other) == ["ours"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/auth/catalog", ["nova", "keystone"]),
        ("/auth/projects", ["lab", "attic"]),
        ("/auth/projects?name=attic", ["attic"]),
        ("/auth/domains", []),
        (f"/users/{stable_id('user', 'alice')}/projects", ["lab", "attic"]),
        (f"/users/{stable_id('user', 'alice')}", "alice"),
        (f"/users/{stable_id('user', 'root')}", 403),
        (f"/users/{stable_id('user', 'root')}/projects", 403),
        ("/users", 403),
        ("/projects", 403),
        (f"/projects/{LAB}", "lab"),
        (f"/projects/{ATTIC}", 403),
        ("/domains", 403),
        ("/domains/default", "Default"),
        ("/domains/other", 404),
        ("/roles", 404),
    ],
)
async def test_what_a_member_is_told(lab: Cloud, path: str, found: object) -> None:
    """One's own projects and oneself; the rest is for admins."""
    assert await told(lab, await lab.login("alice", "lab"), path) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/users", ["alice", "root", "nobody"]),
        ("/users?name=alice", ["alice"]),
        (f"/users/{stable_id('user', 'alice')}/projects", ["lab", "attic"]),
        ("/users/none/projects", 404),
        ("/users/none", 404),
        ("/projects", ["attic", "lab"]),
        ("/projects?name=lab&domain_id=default", ["lab"]),
        ("/projects?domain_id=other", []),
        (f"/projects/{ATTIC}", "attic"),
        ("/projects/none", 404),
        ("/domains", ["Default"]),
    ],
)
async def test_what_an_admin_is_told(lab: Cloud, path: str, found: object) -> None:
    """Everything that is in the users file but the hashes."""
    assert await told(lab, await lab.login("root", "lab"), path) == found


async def told(lab: Cloud, token: str, path: str) -> object:
    """The names in an answer, or its status where it is an error of Keystone's shape."""
    answer = await lab.ask("GET", f"/identity/v3{path}", token)
    assert "scrypt" not in str(answer.body)
    if answer.status != 200:
        assert answer.body["error"]["code"] == answer.status
        return answer.status
    (content,) = (value for key, value in answer.body.items() if key != "links")
    return content["name"] if isinstance(content, dict) else [member["name"] for member in content]


async def test_everything_but_discovery_and_login_needs_a_token(lab: Cloud) -> None:
    """And says so in Keystone's shape; so does what is not there."""
    for path in ("/auth/tokens", "/auth/catalog", "/auth/projects", "/users", "/projects", "/domains/default"):
        assert (await lab.ask("GET", f"/identity/v3{path}")).body == UNAUTHENTICATED
    for method, path in (("GET", "/identity/v2.0"), ("PUT", TOKENS), ("GET", "/identity/v3/nothing")):
        answer = await lab.ask(method, path)
        assert (answer.status, answer.body["error"]["title"]) == (404, "Not Found")
