"""`identity:` and the files it names: what is read, and what is said where they are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Address, IdentityBuiltin, IdentityKeystone, IdentityStatic
from consolesvc.config.load import load
from consolesvc.config.passwords import hash_password
from consolesvc.config.tokens_file import StaticToken, read_tokens
from consolesvc.config.users_file import read_users, stable_id
from consolesvc.errors import ConfigurationError

SHA = "ab" * 32
PROJECT = "0c5e1ab0000000000000000000000002"
TOKEN = "{sha256: <64 hex digits>, user: alice, project_id: <32 hex digits>, roles: [member]}"
USER = "{name: alice, password_hash: <what `consolesvc hash-password` prints>, project: lab, roles: [member]}"
HIDDEN = "(and is not shown, it may be secret)"
NO_SHA = f'what stands here is none {HIDDEN}, expected the 64 hex digits of: printf %s "$TOKEN" | sha256sum'
HASH = str(hash_password("x", cost=2, block=1, parallel=1))
KEYSTONE = "type: keystone, auth_url: http://k:5000, username: u, password_file: pw, project_name: p"


def said(folder: Path, text: str, **files: str) -> list[str]:
    """What `load` says, a problem a line, without the folder."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    (folder / "lab.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load(folder / "lab.yaml")
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_every_type(tmp_path: Path) -> None:
    """Paths start at the main file; Keystone's URL ends with /v3; others than none may listen anywhere."""
    (tmp_path / "t.yaml").write_text("[]")
    (tmp_path / "pw").write_text("secret")
    main = tmp_path / "lab.yaml"
    main.write_text('identity: {type: static, tokens: t.yaml}\napi: {listen: "0.0.0.0:8774"}')
    config = load(main)
    assert config.identity == IdentityStatic(str(tmp_path / "t.yaml"))
    assert config.api.listen == Address("0.0.0.0", 8774)
    main.write_text("identity: {type: builtin, users: t.yaml}")
    assert load(main).identity == IdentityBuiltin(str(tmp_path / "t.yaml"))
    for url in ("http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v3/"):
        main.write_text(f"identity: {{{KEYSTONE}}}".replace("http://k:5000", url))
        assert load(main).identity == IdentityKeystone("http://k:5000/v3", "u", str(tmp_path / "pw"), "p")


MISSING = "`{}` is missing, expected something like `{}`"

SECTION = [
    ("{type: static}", ["identity: " + MISSING.format("tokens", "tokens: tokens.yaml")]),
    ("{type: builtin}", ["identity: " + MISSING.format("users", "users: users.yaml")]),
    (
        "{type: keystone, username: u, password_file: pw}",
        [
            "identity: " + MISSING.format("auth_url", "auth_url: http://keystone.lab:5000/v3"),
            "identity: " + MISSING.format("project_name", "project_name: service"),
        ],
    ),
    (
        "{type: static, tokens: t.yaml, allow_remote: true}",
        [
            (
                "identity: unknown key `allow_remote`; it is for `type: none` alone; "
                "with any other type, the API may listen anywhere"
            )
        ],
    ),
    ("{type: none, tokens: t.yaml}", ["identity: unknown key `tokens`; known here: allow_remote, type"]),
    ("{type: static, tokens: none.yaml}", ["none.yaml: cannot be read: No such file or directory"]),
    ("{type: static, tokens: ''}", ["identity.tokens: found '', expected a path"]),
    (f"{{{KEYSTONE.replace('pw', 'none')}}}", ["identity.password_file: 'none' is no file"]),
    (
        f"{{{KEYSTONE.replace('http:', 'ftp:')}}}",
        ["identity.auth_url: found 'ftp://k:5000', expected a URL such as http://keystone.lab:5000/v3"],
    ),
    (
        f"{{{KEYSTONE.replace('k:5000', 'k:99999')}}}",
        ["identity.auth_url: found 'http://k:99999', expected a URL such as http://keystone.lab:5000/v3"],
    ),
    (
        f"{{{KEYSTONE.replace('k:5000', 'k/#x')}}}",
        ["identity.auth_url: found 'http://k/#x', expected a URL without query, fragment and spaces"],
    ),
    (
        f"{{{KEYSTONE.replace('k:5000', 'me:hunter2@k')}}}",
        [
            "identity.auth_url: holds a user name or a password, expected `username` and `password_file` beside it",
        ],
    ),
    (f"{{{KEYSTONE}, password: hunter2}}", ["identity: unknown key `password`; did you mean `password_file`?"]),
]


@pytest.mark.parametrize(("text", "expected"), SECTION)
def test_a_wrong_section(tmp_path: Path, text: str, expected: list[str]) -> None:
    """Each thing that is wrong is a sentence; no password is in it."""
    problems = said(tmp_path, f"identity: {text}", t_yaml="[]", pw="secret")
    assert [problem.removeprefix("lab.yaml:1: ") for problem in problems] == expected
    assert "hunter2" not in str(problems)


def test_a_file_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    """One run of `check` finds everything, each in its own file."""
    text = "identity: {type: static, tokens: t.yaml}\napi: {listen: nonsense}"
    assert said(tmp_path, text, t_yaml="tokens:\n- {sha256: xyz}\n") == [
        "lab.yaml:2: api.listen: found 'nonsense', expected host:port, such as 127.0.0.1:8774",
        *(
            f"t.yaml:2: tokens[0]: `{key}` is missing, expected an entry such as {TOKEN}"
            for key in ("user", "project_id", "roles")
        ),
        f"t.yaml:2: tokens[0].sha256: {NO_SHA}",
    ]


def entry(**changes: Any) -> dict[str, Any]:
    """A tokens entry with some keys changed, or left out where they are None."""
    made = {"sha256": SHA, "user": "alice", "project_id": PROJECT, "roles": ["member"], **changes}
    return {key: value for key, value in made.items() if value is not None}


TOKENS = [
    ("", [f"has no `tokens:`, expected a list of entries such as {TOKEN}"]),
    ("tokens:", [f"tokens: holds nothing, expected a list of entries such as {TOKEN}; [] is an empty one"]),
    ("tokens: x", [f"tokens: found 'x', expected a list of entries such as {TOKEN}"]),
    ("tokens: [x]", [f"tokens[0]: is no mapping, expected an entry such as {TOKEN}"]),
    (
        "token: []",
        [
            "unknown key `token`; did you mean `tokens`?",
            f"has no `tokens:`, expected a list of entries such as {TOKEN}",
        ],
    ),
    (
        json.dumps([entry(), entry(user="bob")]),
        ["[1]: is the same token as the entry in t.yaml:1; a token has one owner"],
    ),
    (json.dumps([entry(roles=[])]), ["[0].roles: found a list, expected a list of roles, such as [member]"]),
    (json.dumps([entry(roles="member")]), ["[0].roles: found 'member', expected a list of roles, such as [member]"]),
    (
        json.dumps([entry(roles=["a b"])]),
        ["[0].roles[0]: found 'a b', expected a role, such as reader, member or admin"],
    ),
    (json.dumps([entry(user="")]), ["[0].user: is 0 characters long, expected a name of 1 to 255"]),
    (
        json.dumps([entry(token="hunter2")]),
        ["[0]: unknown key `token`; known here: name, project_id, roles, sha256, user"],
    ),
    (
        json.dumps([entry(sha256="hunter2")]),
        [f"[0].sha256: {NO_SHA}"],
    ),
    (
        json.dumps([entry(sha256=["hunter2"])]),
        [f"[0].sha256: {NO_SHA}"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TOKENS)
def test_a_wrong_tokens_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    """File, line, key, what was expected; never what stands in the place of a hash."""
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_tokens(path)
    assert str(caught.value).replace(f"{tmp_path}/", "").split("\n") == [f"t.yaml:1: {line}" for line in expected]
    assert "hunter2" not in str(caught.value)


def test_a_tokens_file(tmp_path: Path) -> None:
    """Roles come in lower case, ids without dashes, all-digit hashes as they are; the list may stand alone."""
    path = tmp_path / "t.yaml"
    digits = "1" * 64
    path.write_text(
        f"- {{sha256: {digits}, user: alice, project_id: 0C5E1AB0-0000-0000-0000-000000000002, roles: [Member]}}\n"
        f"- {{sha256: {SHA.upper()}, user: bob, project_id: {PROJECT}, roles: [admin, reader], name: backups at night}}"
    )
    first, second = read_tokens(path)
    assert first == StaticToken(bytes.fromhex(digits), "alice", PROJECT, frozenset({"member"}))
    assert (second.sha256, second.name) == (bytes.fromhex(SHA), "backups at night")


def user(**changes: Any) -> dict[str, Any]:
    """A users entry with some keys changed, or left out where they are None."""
    made = {"name": "alice", "password_hash": HASH, "project": "lab", "roles": ["member"], **changes}
    return {key: value for key, value in made.items() if value is not None}


HASH_EXPECTED = f"{HIDDEN}, expected what `consolesvc hash-password` prints"

USERS = [
    ("users:", [f"users: holds nothing, expected a list of entries such as {USER}; [] is an empty one"]),
    ("{}", [f"has no `users:`, expected a list of entries such as {USER}"]),
    (json.dumps([user(), user()]), ["[1]: the name alice is taken by an entry above it; keep one"]),
    (json.dumps([user(roles=None)]), ["[0]: `project` and `roles` belong together: one of them is missing or wrong"]),
    (json.dumps([user(password_hash="hunter2")]), [f"[0].password_hash: is no password hash {HASH_EXPECTED}"]),
    (
        json.dumps([user(password_hash=f"scrypt:20:32:1:{'00' * 16}:{'00' * 32}")]),
        [f"[0].password_hash: is a password hash that would take too much memory or time to check {HASH_EXPECTED}"],
    ),
    (
        json.dumps([user(password="hunter2", password_hash=None)]),
        [
            f"[0]: `password_hash` is missing, expected an entry such as {USER}",
            "[0]: unknown key `password`; did you mean `password_hash`?",
        ],
    ),
    (
        json.dumps([user(project=None, roles=None, assignments=[{"project": "lab"}])]),
        [("[0].assignments[0]: `roles` is missing, expected an entry such as {project: lab, roles: [member]}")],
    ),
    (
        json.dumps({"users": [], "projects": [{"name": "a", "id": PROJECT}, {"name": "b", "id": PROJECT}]}),
        ["projects[1]: the project a above it has the same name or id; keep one"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), USERS)
def test_a_wrong_users_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    """As for tokens: what stands in the place of a hash may be the password, and is not shown."""
    path = tmp_path / "u.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_users(path)
    assert str(caught.value).replace(f"{tmp_path}/", "").split("\n") == [f"u.yaml:1: {line}" for line in expected]
    assert "hunter2" not in str(caught.value)


def test_a_users_file(tmp_path: Path) -> None:
    """One assignment beside the name, several in a list, or both; ids are stable."""
    path = tmp_path / "u.yaml"
    both = user(name="bob", assignments=[{"project": "lab", "roles": ["Reader"]}, {"project": "attic", "roles": ["x"]}])
    path.write_text(json.dumps([user(), both]))
    first, second = read_users(path).users
    assert first.roles == {"lab": {"member"}}
    assert second.roles == {"lab": {"member", "reader"}, "attic": {"x"}}
    assert first.id == stable_id("user", "alice") == "ecf2323a66ed52488d9fa42272a5576d"
    assert first.password_hash.matches("x")
    assert HASH not in repr(first)
