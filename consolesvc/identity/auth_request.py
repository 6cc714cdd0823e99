"""The body of `POST /v3/auth/tokens`: how somebody proves who they are, and for what (nova-contract 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from consolesvc.identity.faults import KeystoneFault, unauthenticated

DOMAIN_ID, DOMAIN_NAME = "default", "Default"
"""The one domain there is."""
METHODS = ("password", "token")


@dataclass(frozen=True, slots=True)
class Named:
    """A user or a project, by its id or by its name; the other is empty."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """What somebody asks for.

    Attributes:
        user: Who they say they are, and `password`; None where a token is to prove it.
        token: The token that proves it; empty where a password does.
        project: The scope; None for none.
    """

    user: Named | None
    password: str = field(repr=False)
    token: str = field(repr=False)
    project: Named | None


def parse(body: Any) -> AuthRequest:
    """Read a body.

    Raises:
        KeystoneFault: 400 for what is no such body; 401 for what no user here could ever be: of another domain, or
            with a way to prove it that is not known here.
    """
    auth = _object(_object(body, "the body"), "auth", "the body")
    identity = _object(auth, "identity", "auth")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods or not all(isinstance(method, str) for method in methods):
        raise _expected("methods", "identity")
    if len(set(methods)) != 1 or methods[0] not in METHODS:
        raise unauthenticated()
    project = _scope(auth.get("scope"))
    proof = _object(identity, methods[0], "identity")
    if methods[0] == "token":
        return AuthRequest(None, "", _text(proof, "id", "token"), project)
    user = _object(proof, "user", "password")
    return AuthRequest(_named(user, "user"), _text(user, "password", "user"), "", project)


def _scope(scope: Any) -> Named | None:
    if scope is None or scope == "unscoped" or (isinstance(scope, dict) and scope.keys() == {"unscoped"}):
        return None
    project = _object(scope, "the scope").get("project")
    if project is None:
        # Scopes of the system, of a domain or of a trust: nobody has a role there.
        raise unauthenticated()
    return _named(_object(project, "project"), "project")


def _named(found: Mapping[str, Any], what: str) -> Named:
    if "id" in found:
        return Named(id=_text(found, "id", what))
    name = _text(found, "name", what)
    domain = _object(found, "domain", what)
    if "id" not in domain and "name" not in domain:
        raise _expected("id or name", "domain")
    if domain.get("id", DOMAIN_ID) != DOMAIN_ID or domain.get("name", DOMAIN_NAME) not in (DOMAIN_NAME, DOMAIN_ID):
        raise unauthenticated()
    return Named(name=name)


def _object(found: Any, key: str, where: str = "") -> Mapping[str, Any]:
    """An object: `found` itself, called `key`, or what it has at `key`, where `where` is its own name."""
    inner = found.get(key) if where else found
    if not isinstance(inner, dict):
        raise _expected(key, where or "the body")
    return inner


def _text(found: Mapping[str, Any], key: str, where: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise _expected(key, where)
    return value


def _expected(what: str, where: str) -> KeystoneFault:
    return KeystoneFault(
        HTTPStatus.BAD_REQUEST,
        f"Expecting to find {what} in {where}. The server could not comply with the request since it is either "
        "malformed or otherwise incorrect. The client is assumed to be in error.",
    )
