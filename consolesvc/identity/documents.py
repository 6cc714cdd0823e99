"""The JSON documents of Keystone's API, version 3, as far as we have it (nova-contract 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from consolesvc.config.users_file import User, stable_id
from consolesvc.identity.auth_request import DOMAIN_ID, DOMAIN_NAME
from consolesvc.identity.builtin import Principal

REGION = "RegionOne"
DOMAIN = {"id": DOMAIN_ID, "name": DOMAIN_NAME}

Document = dict[str, Any]


def version(root: str) -> Document:
    """The one version there is."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{root}/identity/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def token(principal: Principal, root: str, *, with_catalog: bool) -> Document:
    """A token's document; `root` is the service's scheme and host as the client knows them."""
    issued, user = principal.issued, principal.user
    found: Document = {
        "methods": list(issued.methods),
        "user": {"id": user.id, "name": user.name, "domain": DOMAIN, "password_expires_at": None},
        "audit_ids": list(issued.audit_ids),
        "issued_at": _time(issued.issued_at),
        "expires_at": _time(issued.expires_at),
    }
    if issued.project is not None:
        found["project"] = {"id": principal.project_id, "name": issued.project, "domain": DOMAIN}
        found["is_domain"] = False
        found["roles"] = [{"id": stable_id("role", name), "name": name} for name in sorted(principal.roles)]
        if with_catalog:
            found["catalog"] = catalog(root)
    return found


def catalog(root: str) -> list[Document]:
    """The services there are: Compute, and this one."""
    return [
        _service("compute", "nova", f"{root}/v2.1"),
        _service("identity", "keystone", f"{root}/identity/v3"),
    ]


def _service(kind: str, name: str, url: str) -> Document:
    endpoints = [
        {
            "id": stable_id("endpoint", f"{kind}:{interface}"),
            "interface": interface,
            "region": REGION,
            "region_id": REGION,
            "url": url,
        }
        for interface in ("public", "internal", "admin")
    ]
    return {"id": stable_id("service", kind), "type": kind, "name": name, "endpoints": endpoints}


def project(name: str, project_id: str, root: str) -> Document:
    """A project's document."""
    return {
        "id": project_id,
        "name": name,
        "domain_id": DOMAIN_ID,
        "parent_id": DOMAIN_ID,
        "description": "",
        "enabled": True,
        "is_domain": False,
        "tags": [],
        "options": {},
        "links": {"self": f"{root}/identity/v3/projects/{project_id}"},
    }


def user(found: User, root: str) -> Document:
    """A user's document."""
    return {
        "id": found.id,
        "name": found.name,
        "domain_id": DOMAIN_ID,
        "enabled": True,
        "options": {},
        "password_expires_at": None,
        "links": {"self": f"{root}/identity/v3/users/{found.id}"},
    }


def domain(root: str) -> Document:
    """The one domain's document."""
    return {
        **DOMAIN,
        "description": "",
        "enabled": True,
        "tags": [],
        "options": {},
        "links": {"self": f"{root}/identity/v3/domains/{DOMAIN_ID}"},
    }


def collection(name: str, members: Iterable[Document], url: str) -> Document:
    """A list's document, at this URL."""
    return {name: list(members), "links": {"next": None, "previous": None, "self": url}}


def matching(members: Iterable[Document], query: Mapping[str, str]) -> list[Document]:
    """The members that have what a query asks for: `name`, `domain_id`; other parameters say nothing here."""
    wanted = {key: query[key] for key in ("name", "domain_id") if key in query}
    return [member for member in members if all(member.get(key) == value for key, value in wanted.items())]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
