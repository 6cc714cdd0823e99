"""What the builtin Keystone does beside its documents: time, changes of its file, guessing, many at once."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path

import pytest

from consolesvc.config.passwords import PasswordHash, hash_password
from consolesvc.identity import builtin as module
from consolesvc.identity import issued as issued_module
from consolesvc.identity.auth_request import AuthRequest, Named
from consolesvc.identity.builtin import BuiltinIdentity
from consolesvc.identity.faults import KeystoneFault
from consolesvc.identity.guesses import FORGIVEN, FREE, LONGEST, MOST, Guesses
from consolesvc.identity.issued import TTL, IssuedTokens
from tests.identity.world import LAB, PASSWORD, Clock, cheap_hash, cloud, credentials, write_users


def login(user: str = "alice", password: str = PASSWORD, project: str | None = "lab") -> AuthRequest:
    return AuthRequest(Named(name=user), password, "", None if project is None else Named(name=project))


def make(folder: Path, clock: Clock, ticks: Clock) -> BuiltinIdentity:
    path = Path(write_users(folder, alice={"lab": ["member"]}, bob={"lab": ["reader"]}).users)
    return BuiltinIdentity(path, default_project=LAB, clock=clock, ticks=ticks)


async def test_a_token_ends_after_an_hour(tmp_path: Path) -> None:
    """To the second; and one that was made from it ends with it."""
    clock = Clock(1e9)
    identity = make(tmp_path, clock, Clock())
    token, _ = await identity.authenticate(login(), "here")
    clock.now += TTL - 1
    again, principal = await identity.authenticate(AuthRequest(None, "", token, Named(name="lab")), "here")
    assert principal.issued.expires_at == 1e9 + TTL
    assert identity.principal(token)
    clock.now += 1
    assert identity.principal(token) is None
    assert identity.principal(again) is None
    with pytest.raises(KeystoneFault):
        await identity.authenticate(AuthRequest(None, "", token, None), "here")


@pytest.mark.parametrize("change", ["password", "role", "project", "user"])
async def test_what_the_file_no_longer_allows_ends_tokens(tmp_path: Path, change: str) -> None:
    """A token stands for what its user may do now, not at the time it was made."""
    ticks = Clock()
    identity = make(tmp_path, Clock(), ticks)
    token, _ = await identity.authenticate(login(), "here")
    entry = {"name": "alice", "password_hash": str(identity.realm.users["alice"].password_hash)}
    entry |= {"assignments": [{"project": "lab", "roles": ["reader"]}]}  # type: ignore[dict-item]  # a literal for JSON
    if change == "password":
        entry["password_hash"] = cheap_hash("another")
    elif change == "project":
        entry["assignments"] = []  # type: ignore[assignment]  # a literal for JSON
    elif change == "user":
        entry["name"] = "malice"
    (tmp_path / "users.yaml").write_text(json.dumps([entry]))
    ticks.now += 1
    principal = identity.principal(token)
    assert (principal.roles if principal is not None else None) == ({"reader"} if change == "role" else None)


async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    """After five failures the next try has to wait, the right password too; another address has not."""
    ticks = Clock()
    identity = make(tmp_path, Clock(), ticks)
    for _ in range(FREE):
        with pytest.raises(KeystoneFault, match="authentication"):
            await identity.authenticate(login(password="wrong"), "there")
    with pytest.raises(KeystoneFault) as refused:
        await identity.authenticate(login(), "there")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")
    await identity.authenticate(login(), "here")
    await identity.authenticate(login("bob"), "there")
    ticks.now += 1
    await identity.authenticate(login(), "there")
    with pytest.raises(KeystoneFault, match="authentication"):
        await identity.authenticate(login(password="wrong"), "there")


async def test_a_user_by_id_is_the_same_user_to_the_limit(tmp_path: Path) -> None:
    """Name and id are not two doors."""
    identity = make(tmp_path, Clock(), Clock())
    by_id = AuthRequest(Named(id=identity.realm.users["alice"].id), "wrong", "", None)
    for asked in [by_id, login(password="wrong")] * 3:
        with pytest.raises(KeystoneFault) as refused:
            await identity.authenticate(asked, "there")
    assert refused.value.status == 429


def test_waits_double_up_to_a_minute_and_are_forgiven() -> None:
    """However often somebody fails; and the table does not grow without bound."""
    clock = Clock()
    guesses = Guesses(clock)
    waits = []
    for _ in range(200):
        waits.append(guesses.wait(("a", "b")))
        guesses.failed(("a", "b"))
    assert waits[: FREE + 8] == [0] * FREE + [1, 2, 4, 8, 16, 32, LONGEST, LONGEST]
    assert max(waits) == LONGEST
    clock.now += FORGIVEN
    guesses.failed(("a", "b"))
    assert guesses.wait(("a", "b")) == 0
    for i in range(MOST):
        guesses.failed((str(i), "b"))
    assert repr(guesses) == f"<Guesses {MOST}>"


async def test_an_unknown_user_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    """Who is a user here cannot be told by the time that a refusal takes."""
    path = tmp_path / "users.yaml"
    hashed = str(hash_password(PASSWORD, cost=12, parallel=2))
    path.write_text(json.dumps([{"name": "alice", "password_hash": hashed}]))
    identity = BuiltinIdentity(path, default_project=LAB, ticks=Clock())

    async def took(user: str) -> float:
        started = time.thread_time() + time.process_time()
        with pytest.raises(KeystoneFault):
            await identity.authenticate(login(user, "wrong"), user)
        return time.thread_time() + time.process_time() - started

    known = min([await took("alice") for _ in range(4)])
    unknown = min([await took("ghost") for _ in range(4)])
    assert 0.5 < unknown / known < 2


async def test_no_users_at_all(tmp_path: Path) -> None:
    """Nobody gets in, and the loop does not wait for the work that this takes."""
    identity = BuiltinIdentity(Path(write_users(tmp_path).users), default_project=LAB)
    with pytest.raises(KeystoneFault, match="authentication"):
        await identity.authenticate(login(), "here")


async def test_few_passwords_are_checked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, sixty-two waiting, the rest told to come back; the loop goes on meanwhile."""
    identity = make(tmp_path, Clock(), Clock())
    now = most = 0

    def slow(_hash: PasswordHash, _password: str) -> bool:
        nonlocal now, most
        now += 1
        most = max(most, now)
        time.sleep(0.002)
        now -= 1
        return True

    monkeypatch.setattr(PasswordHash, "matches", slow)
    many = module.WAITING + 10
    outcomes = await asyncio.gather(
        *(identity.authenticate(login(), "here") for _ in range(many)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, KeystoneFault)]
    assert [fault.status for fault in refused] == [503] * 10
    assert most == module.AT_ONCE


def test_tokens_are_bounded_and_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expired ones go as others come; beyond the bound the oldest go."""
    monkeypatch.setattr(issued_module, "MOST", 3)
    clock = Clock()
    tokens = IssuedTokens(clock)
    hashed = PasswordHash.parse(cheap_hash())
    made = [tokens.issue("alice", hashed, None)[0] for _ in range(5)]
    assert len(tokens) == 3
    assert [tokens.find(token) is not None for token in made].count(True) == 3
    clock.now += TTL
    tokens.issue("alice", hashed, None)
    assert len(tokens) == 1
    assert made[0] not in repr(vars(tokens))


async def test_nothing_secret_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither passwords nor tokens, right or wrong; and a made-up name is cut and one line."""
    caplog.set_level(logging.DEBUG)
    async with cloud(write_users(tmp_path, alice={"lab": ["member"]})) as lab:
        token = await lab.login("alice", "lab")
        await lab.ask("POST", "/identity/v3/auth/tokens", json=credentials("al\nice" * 100, None, "hunter2"))
        await lab.ask("GET", "/v2.1/servers", token)
        await lab.ask("GET", "/identity/v3/auth/tokens", token, headers={"X-Subject-Token": token})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("consolesvc")]
    assert any("was refused" in line for line in ours)
    for line in ours:
        assert token not in line
        assert PASSWORD not in line
        assert "hunter2" not in line
        assert "\n" not in line
        assert len(line) < 400


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({"alice": {"lab": ["member"]}}, {"lab": "default"}),
        ({"alice": {"lab": ["member"]}, "bob": {"attic": ["member"]}}, {"lab": "", "attic": ""}),
        ({"alice": {"0c5e1ab0000000000000000000000009": ["member"]}}, {"0c5e1ab0000000000000000000000009": "own"}),
    ],
)
def test_ids_of_projects(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, users: dict[str, dict[str, list[str]]], expected: dict[str, str]
) -> None:
    """The only project is the servers' default one; several have ids of their own, and the log says what to do."""
    path = Path(write_users(tmp_path, **users).users)
    document = json.loads(path.read_text())
    del document["projects"]
    path.write_text(json.dumps(document))
    projects = BuiltinIdentity(path, default_project=LAB).realm.projects
    assert projects.keys() == expected.keys()
    for name, kind in expected.items():
        assert (projects[name] == LAB) is (kind == "default")
        assert (projects[name] == name) is (kind == "own")
    assert ("servers without a project_id" in caplog.text) is ("default" not in expected.values())
