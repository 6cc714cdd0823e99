"""The file of `identity: {type: builtin}`: users, their passwords' hashes and their roles in projects (DESIGN 5.2).

    users:
      - {name: alice, password_hash: "scrypt:…", project: lab, roles: [member]}
      - name: bob
        password_hash: "scrypt:…"
        assignments:
          - {project: lab, roles: [reader]}
          - {project: attic, roles: [admin]}
    projects:                             # only where a project's id matters
      - {name: lab, id: <32 hex digits>}

The list of users may also stand alone. Ids are made of names, and stay the same; three rules give a project its id:
`projects` says it; or its name is 32 hex digits, which are the id; or it is the only project in the file, and is the
one that servers are in by default (`defaults.project_id`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from consolesvc.config import credentials, scalars
from consolesvc.config.passwords import PasswordHash
from consolesvc.config.reading import Section, Unreadable, Value, list_of, mapping, refuse_stranger

_EXAMPLE = "{name: alice, password_hash: <what `consolesvc hash-password` prints>, project: lab, roles: [member]}"
_ASSIGNMENT_EXAMPLE = "{project: lab, roles: [member]}"
_PROJECT_EXAMPLE = "{name: lab, id: <32 hex digits>}"
_HEX_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class User:
    """One user. `roles`: by the name of a project, role names in lower case."""

    name: str
    password_hash: PasswordHash
    roles: Mapping[str, frozenset[str]]

    @property
    def id(self) -> str:
        """32 hex digits, made of the name."""
        return stable_id("user", self.name)


@dataclass(frozen=True, slots=True)
class Directory:
    """What the file holds. `ids`: ids of projects by name, those that the file gives."""

    users: tuple[User, ...]
    ids: Mapping[str, str]

    def project_ids(self, default: str) -> dict[str, str]:
        """Every project's id by its name; `default` is `defaults.project_id`."""
        names = sorted({project for user in self.users for project in user.roles} | set(self.ids))
        found = {name: self.ids.get(name) or _own_id(name) for name in names}
        if len(names) == 1 and found == {names[0]: stable_id("project", names[0])}:
            return {names[0]: default}
        return found


def stable_id(kind: str, name: str) -> str:
    """The id of a user, project or role: 32 hex digits, the same for the same name wherever and whenever."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"consolesvc:{kind}:{name}").hex


def read_users(path: Path) -> Directory:
    """Read the file; raises ConfigurationError with every problem found."""
    return credentials.read_file(path, _document)


def _own_id(name: str) -> str:
    return name if _HEX_ID.fullmatch(name) else stable_id("project", name)


def _document(value: Value) -> Directory:
    if isinstance(value.node, yaml.SequenceNode):
        return Directory(_users(value), {})
    keys = mapping(value, "`users:` and a list")
    for name, entry in keys.items():
        if name not in ("users", "projects"):
            refuse_stranger(value, name, entry, ("users", "projects"))
    if "users" not in keys:
        raise value.wrong(f"has no `users:`, expected a list of entries such as {_EXAMPLE}")
    return Directory(_users(keys["users"]), _projects(keys["projects"]) if "projects" in keys else {})


def _users(value: Value) -> tuple[User, ...]:
    read: dict[str, User] = {}
    for item in credentials.entries(value, _EXAMPLE):
        with suppress(Unreadable):
            user = _user(item)
            if user.name in read:
                raise item.wrong(f"the name {user.name} is taken by an entry above it; keep one")
            read[user.name] = user
    return tuple(read.values())


def _user(value: Value) -> User:
    given = credentials.entry(value, _USER, ("name", "password_hash"), _EXAMPLE)
    own = given.keys() & {"project", "roles"}
    if len(own) == 1:
        raise value.wrong("`project` and `roles` belong together: one of them is missing or wrong")
    pairs = [(given["project"], given["roles"])] if own else []
    roles: dict[str, frozenset[str]] = {}
    for project, names in [*pairs, *given.get("assignments", ())]:
        roles[project] = roles.get(project, frozenset()) | names
    return User(given["name"], given["password_hash"], roles)


def _password_hash(value: Value) -> PasswordHash:
    expected = "what `consolesvc hash-password` prints"
    try:
        return PasswordHash.parse(value.node.value if isinstance(value.node, yaml.ScalarNode) else "")
    except ValueError as error:
        raise value.wrong(f"is {error} (and is not shown, it may be secret), expected {expected}") from None


def _assignment(value: Value) -> tuple[str, frozenset[str]]:
    given = credentials.entry(value, _ASSIGNMENT, ("project", "roles"), _ASSIGNMENT_EXAMPLE)
    return given["project"], given["roles"]


def _projects(value: Value) -> dict[str, str]:
    read: dict[str, str] = {}
    for item in credentials.entries(value, _PROJECT_EXAMPLE):
        with suppress(Unreadable):
            given = credentials.entry(item, _PROJECT, ("name", "id"), _PROJECT_EXAMPLE)
            _refuse_twin(item, given, read.items())
            read[given["name"]] = given["id"]
    return read


def _refuse_twin(value: Value, given: Mapping[str, str], before: Iterable[tuple[str, str]]) -> None:
    for name, project_id in before:
        if given["name"] == name or given["id"] == project_id:
            raise value.wrong(f"the project {name} above it has the same name or id; keep one")


_ASSIGNMENT: Section[dict[str, Any]] = Section(dict, {"project": credentials.name, "roles": credentials.roles})
_PROJECT: Section[dict[str, Any]] = Section(dict, {"name": credentials.name, "id": scalars.project_id})
_USER: Section[dict[str, Any]] = Section(
    dict,
    {
        "name": credentials.name,
        "password_hash": _password_hash,
        "project": credentials.name,
        "roles": credentials.roles,
        "assignments": list_of(_assignment, f"a list such as [{_ASSIGNMENT_EXAMPLE}]"),
    },
)
