"""A whole service with an identity, in the test's own loop: two fake servers, each in a project of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from consolesvc.config.access import Address, Identity, IdentityBuiltin, IdentityStatic
from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.model import Api, Config, Proxy
from consolesvc.config.passwords import hash_password
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.service import Service

LAB, ATTIC = "0c5e1ab0000000000000000000000001", "0c5e1ab0000000000000000000000002"
OURS, THEIRS = default_id("ours"), default_id("theirs")
SERIAL = {"os-getSerialConsole": {"type": "serial"}}
UNAUTHENTICATED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}
PASSWORD = "correct horse"


class Clock:
    """Seconds, turned by hand."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Answer:
    """An answer whose body has been read; `body` is its JSON, None for an empty one."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Cloud:
    """A running service and a client of its API."""

    def __init__(self, service: Service, http: aiohttp.ClientSession) -> None:
        self.service = service
        self.http = http
        self.api = f"http://{service.ports.api}"

    async def ask(self, method: str, path: str, token: str | None = None, **options: Any) -> Answer:
        """One call, with a token where one is given."""
        headers = {**options.pop("headers", {}), **({} if token is None else {"X-Auth-Token": token})}
        async with self.http.request(method, self.api + path, headers=headers, **options) as answer:
            data = await answer.read()
            return Answer(answer.status, answer.headers.copy(), json.loads(data) if data else None)

    async def login(self, user: str, project: str | None, password: str = PASSWORD) -> str:
        """A token of the builtin Keystone."""
        answer = await self.ask("POST", "/identity/v3/auth/tokens", json=credentials(user, project, password))
        assert answer.status == 201, answer
        return answer.headers["X-Subject-Token"]

    async def seen(self, token: str | None) -> list[str]:
        """The names of the consoles that a caller sees."""
        answer = await self.ask("GET", "/console/v1/consoles", token)
        assert answer.status == 200, answer
        return [console["name"] for console in answer.body["consoles"]]


@contextlib.asynccontextmanager
async def cloud(asked: Identity, /, **service: Any) -> AsyncIterator[Cloud]:
    """A running service for as long as this lasts; `service` replaces attributes that it has before it starts."""
    servers = tuple(
        ServerConfig(default_id(name), name, project, EmulatedSpec("echo", speed="max"))
        for name, project in (("ours", LAB), ("theirs", ATTIC))
    )
    here = Address("127.0.0.1", 0)
    made = Service(Config(api=Api(listen=here), proxy=Proxy(listen=here), identity=asked, servers=servers))
    for name, value in service.items():
        setattr(made, name, value)
    await made.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Cloud(made, http)
    finally:
        await made.stop()


def credentials(user: str, project: str | None, password: str = PASSWORD) -> dict[str, Any]:
    """The body of a login."""
    who = {"name": user, "domain": {"id": "default"}, "password": password}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": who}}}
    if project is not None:
        auth["scope"] = {"project": {"name": project, "domain": {"name": "Default"}}}
    return {"auth": auth}


def write_tokens(folder: Path, **tokens: dict[str, Any]) -> IdentityStatic:
    """A tokens file; each keyword is a token's text, its value the rest of its entry."""
    path = folder / "tokens.yaml"
    listed = [
        {"user": token, "project_id": LAB, "sha256": hashlib.sha256(token.encode()).hexdigest(), **rest}
        for token, rest in tokens.items()
    ]
    path.write_text(json.dumps({"tokens": listed}))
    return IdentityStatic(str(path))


def cheap_hash(password: str = PASSWORD) -> str:
    """A hash that costs next to nothing."""
    return str(hash_password(password, cost=2, block=1, parallel=1))


def write_users(folder: Path, **users: Mapping[str, list[str]]) -> IdentityBuiltin:
    """A users file; each keyword is a user's name, its value the roles by project. All have the same password."""
    path = folder / "users.yaml"
    listed = [
        {
            "name": name,
            "password_hash": cheap_hash(),
            "assignments": [{"project": project, "roles": roles} for project, roles in assignments.items()],
        }
        for name, assignments in users.items()
    ]
    projects = [{"name": "lab", "id": LAB}, {"name": "attic", "id": ATTIC}]
    path.write_text(json.dumps({"users": listed, "projects": projects}))
    return IdentityBuiltin(str(path))
