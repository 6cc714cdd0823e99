"""The small Keystone v3 that the builtin identity shows at /identity (nova-contract 4).

What the openstack and nova clients, Horizon and tempest ask; everything else is a 404 of Keystone's shape.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.config.credentials import LONGEST_NAME
from consolesvc.http.deeds import asked_by, did
from consolesvc.http.faults import fault_of
from consolesvc.http.forwarded import address_of, root_of
from consolesvc.identity import auth_request, documents
from consolesvc.identity.auth_request import DOMAIN_ID, Named
from consolesvc.identity.builtin import BuiltinIdentity, Principal
from consolesvc.identity.faults import KeystoneFault, unauthenticated
from consolesvc.identity.seam import TOKEN_HEADER

SUBJECT_HEADER = "X-Subject-Token"

_Answer = Callable[[web.Request, Principal], Awaitable[web.Response]]


class KeystoneFace:
    """Keystone's calls, answered by a BuiltinIdentity.

    Attributes:
        answers: By their names in mount.ROUTES.
    """

    def __init__(self, identity: BuiltinIdentity) -> None:
        self._identity = identity
        self.answers: dict[str, Handler] = {
            "versions": self._versions,
            "version": self._version,
            "issue": self._issue,
            "validate": self._with_token(self._validate),
            "revoke": self._with_token(self._revoke),
            "catalog": self._with_token(self._catalog),
            "own_projects": self._with_token(self._own_projects),
            "own_domains": self._with_token(self._own_domains),
            "projects_of": self._with_token(self._projects_of),
            "users": self._with_token(self._users),
            "user": self._with_token(self._user),
            "projects": self._with_token(self._projects),
            "project": self._with_token(self._project),
            "domains": self._with_token(self._domains),
            "domain": self._with_token(self._domain),
        }

    async def shaped(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every fault in Keystone's shape; every answer depends on the caller's token."""
        try:
            response = await handler(request)
        except Exception as error:
            fault = fault_of(error)
            if fault is None:
                raise
            headers = {**fault.headers, "Vary": TOKEN_HEADER}
            if fault.status == HTTPStatus.UNAUTHORIZED:
                headers["WWW-Authenticate"] = f'Keystone uri="{self._identity.auth_url(root_of(request))}"'
            raise KeystoneFault(fault.status, fault.message, headers) from None
        response.headers["Vary"] = TOKEN_HEADER
        return response

    def _with_token(self, answer: _Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            principal = self._identity.principal(request.headers.get(TOKEN_HEADER))
            if principal is None:
                raise unauthenticated()
            return await answer(request, principal)

        return handler

    async def _versions(self, request: web.Request) -> web.Response:
        document = {"versions": {"values": [documents.version(root_of(request))]}}
        return _reply(document, HTTPStatus.MULTIPLE_CHOICES)

    async def _version(self, request: web.Request) -> web.Response:
        return _reply({"version": documents.version(root_of(request))})

    async def _issue(self, request: web.Request) -> web.Response:
        asked = auth_request.parse(await _json(request))
        if asked.user is not None:
            did(claimed=(asked.user.name or asked.user.id)[:LONGEST_NAME])
        token, principal = await self._identity.authenticate(asked, address_of(request))
        asked_by(principal.caller.user_id, principal.project_id)
        return self._token(request, principal, token, HTTPStatus.CREATED)

    async def _validate(self, request: web.Request, principal: Principal) -> web.Response:
        token, subject = self._subject(request, principal, "validate_token")
        return self._token(request, subject, token)

    async def _revoke(self, request: web.Request, principal: Principal) -> web.Response:
        asked_by(principal.caller.user_id, principal.project_id)
        token, _ = self._subject(request, principal, "revoke_token")
        self._identity.revoke(token)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _subject(self, request: web.Request, principal: Principal, action: str) -> tuple[str, Principal]:
        """The token that a request is about, and its owner: the caller, unless that is an admin."""
        token = request.headers.get(SUBJECT_HEADER, "")
        subject = self._identity.principal(token)
        if subject is None:
            raise KeystoneFault(HTTPStatus.NOT_FOUND, "Failed to validate token")
        _require(subject.user == principal.user or principal.caller.is_admin, action)
        return token, subject

    @staticmethod
    def _token(
        request: web.Request, principal: Principal, token: str, status: HTTPStatus = HTTPStatus.OK
    ) -> web.Response:
        with_catalog = "nocatalog" not in request.query
        document = documents.token(principal, root_of(request), with_catalog=with_catalog)
        response = _reply({"token": document}, status)
        response.headers[SUBJECT_HEADER] = token
        return response

    async def _catalog(self, request: web.Request, principal: Principal) -> web.Response:
        _require(principal.issued.project is not None, "get_auth_catalog")
        return _list(request, "catalog", documents.catalog(root_of(request)))

    async def _own_projects(self, request: web.Request, principal: Principal) -> web.Response:
        return self._projects_in(request, principal.user.roles)

    async def _own_domains(self, request: web.Request, _principal: Principal) -> web.Response:
        return _list(request, "domains", [])

    async def _projects_of(self, request: web.Request, principal: Principal) -> web.Response:
        user_id = request.match_info["id"]
        _require(user_id == principal.user.id or principal.caller.is_admin, "list_user_projects")
        user = self._identity.realm.user(Named(id=user_id))
        if user is None:
            raise _not_found("user", user_id)
        return self._projects_in(request, user.roles)

    async def _projects(self, request: web.Request, principal: Principal) -> web.Response:
        _require(principal.caller.is_admin, "list_projects")
        return self._projects_in(request, self._identity.realm.projects)

    async def _project(self, request: web.Request, principal: Principal) -> web.Response:
        project_id = request.match_info["id"]
        _require(project_id == principal.project_id or principal.caller.is_admin, "get_project")
        name = self._identity.realm.project(Named(id=project_id))
        if name is None:
            raise _not_found("project", project_id)
        return _reply({"project": documents.project(name, project_id, root_of(request))})

    async def _users(self, request: web.Request, principal: Principal) -> web.Response:
        _require(principal.caller.is_admin, "list_users")
        users = self._identity.realm.users.values()
        return _list(request, "users", [documents.user(user, root_of(request)) for user in users])

    async def _user(self, request: web.Request, principal: Principal) -> web.Response:
        user_id = request.match_info["id"]
        _require(user_id == principal.user.id or principal.caller.is_admin, "get_user")
        user = self._identity.realm.user(Named(id=user_id))
        if user is None:
            raise _not_found("user", user_id)
        return _reply({"user": documents.user(user, root_of(request))})

    async def _domains(self, request: web.Request, principal: Principal) -> web.Response:
        _require(principal.caller.is_admin, "list_domains")
        return _list(request, "domains", [documents.domain(root_of(request))])

    async def _domain(self, request: web.Request, _principal: Principal) -> web.Response:
        domain_id = request.match_info["id"]
        if domain_id != DOMAIN_ID:
            raise _not_found("domain", domain_id)
        return _reply({"domain": documents.domain(root_of(request))})

    def _projects_in(self, request: web.Request, names: Any) -> web.Response:
        root, ids = root_of(request), self._identity.realm.projects
        return _list(request, "projects", [documents.project(name, ids[name], root) for name in names])


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        raise KeystoneFault(HTTPStatus.BAD_REQUEST, "The request body is no JSON.") from None


def _reply(document: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(status=status, body=json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def _list(request: web.Request, name: str, members: list[documents.Document]) -> web.Response:
    found = documents.matching(members, request.query)
    return _reply(documents.collection(name, found, f"{root_of(request)}{request.rel_url.raw_path}"))


def _require(allowed: bool, action: str) -> None:
    if not allowed:
        raise _forbidden(action)


def _forbidden(action: str) -> KeystoneFault:
    message = f"You are not authorized to perform the requested action: identity:{action}."
    return KeystoneFault(HTTPStatus.FORBIDDEN, message)


def _not_found(what: str, wanted: str) -> KeystoneFault:
    return KeystoneFault(HTTPStatus.NOT_FOUND, f"Could not find {what}: {wanted[:100]}.")
