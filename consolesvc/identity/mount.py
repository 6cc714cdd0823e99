"""The routes of the small Keystone face, which are there whatever the identity is: a reload may make it `builtin`.

Until then each is 404, and nothing of the face is imported (DESIGN section 3: start-up time and memory are features).
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.identity.current import CurrentIdentity

if TYPE_CHECKING:
    from consolesvc.identity.face import KeystoneFace

ROUTES = (
    ("GET", "", "versions"),
    ("GET", "/", "versions"),
    ("GET", "/v3", "version"),
    ("GET", "/v3/", "version"),
    ("POST", "/v3/auth/tokens", "issue"),
    ("GET", "/v3/auth/tokens", "validate"),
    ("DELETE", "/v3/auth/tokens", "revoke"),
    ("GET", "/v3/auth/catalog", "catalog"),
    ("GET", "/v3/auth/projects", "own_projects"),
    ("GET", "/v3/auth/domains", "own_domains"),
    ("GET", "/v3/users/{id}/projects", "projects_of"),
    ("GET", "/v3/users", "users"),
    ("GET", "/v3/users/{id}", "user"),
    ("GET", "/v3/projects", "projects"),
    ("GET", "/v3/projects/{id}", "project"),
    ("GET", "/v3/domains", "domains"),
    ("GET", "/v3/domains/{id}", "domain"),
)
"""Method, path below /identity, and the name of the answer (KeystoneFace.answers)."""


def mount(app: web.Application, current: CurrentIdentity) -> None:
    """Add everything under /identity to an application, which brings the middlewares `faults` and `guard`."""

    @web.middleware
    async def faced(request: web.Request, handler: Handler) -> web.StreamResponse:
        face = _face(current)
        if face is None:
            raise web.HTTPNotFound
        _FACE.set(face)
        return await face.shaped(request, handler)

    below = web.Application(middlewares=[faced])
    for method, path, name in ROUTES:
        if method == "GET":
            below.router.add_get(path, _answer(name))  # and HEAD
        else:
            below.router.add_route(method, path, _answer(name))
    app.add_subapp("/identity", below)


_FACE: ContextVar[KeystoneFace] = ContextVar("face")
"""Answers the request at hand."""


def _answer(name: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await _FACE.get().answers[name](request)

    return handler


def _face(current: CurrentIdentity) -> KeystoneFace | None:
    if current.kind != "builtin":
        return None
    from consolesvc.identity.builtin import BuiltinIdentity  # noqa: PLC0415 - only where it is asked for
    from consolesvc.identity.face import KeystoneFace  # noqa: PLC0415 - likewise

    assert isinstance(current.now, BuiltinIdentity)  # noqa: S101 - its kind says so
    return KeystoneFace(current.now)
