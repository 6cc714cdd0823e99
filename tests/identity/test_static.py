"""Static tokens, over HTTP and as their file changes."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import IdentityStatic
from consolesvc.identity.caller import Caller
from consolesvc.identity.faults import KeystoneFault
from consolesvc.identity.static import StaticTokens
from tests.identity.world import ATTIC, LAB, OURS, SERIAL, THEIRS, UNAUTHENTICATED, Clock, cloud, write_tokens

MEMBER, READER, ADMIN = {"roles": ["Member"]}, {"roles": ["reader"]}, {"roles": ["admin"]}


def settle(path: Path) -> None:
    """Make a file look as if it had last changed long ago."""
    found = path.stat()
    os.utime(path, (found.st_atime, found.st_mtime - 3600))


def rewrite_unnoticeably(folder: Path, path: Path, **tokens: dict[str, Any]) -> None:
    """Other tokens in a file whose size and times stay the same."""
    before = path.stat()
    write_tokens(folder, **tokens)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def spoil(path: Path, text: str | None) -> None:
    """Write something else into a file, or remove it."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


async def test_each_token_is_its_own_caller(tmp_path: Path) -> None:
    """Project and roles come from the entry: a project sees its own servers, an admin all."""
    identity = write_tokens(tmp_path, member=MEMBER, other={**READER, "project_id": ATTIC}, root=ADMIN)
    async with cloud(identity) as lab:
        assert await lab.seen("member") == ["ours"]
        assert await lab.seen("other") == ["theirs"]
        assert await lab.seen("root") == ["ours", "theirs"]
        assert (await lab.ask("GET", f"/console/v1/consoles/{OURS}", "member")).status == 200
        hidden = await lab.ask("GET", f"/console/v1/consoles/{THEIRS}", "member")
        assert hidden.body == {"itemNotFound": {"code": 404, "message": f"Instance {THEIRS} could not be found."}}
        minted = await lab.ask("POST", f"/v2.1/servers/{OURS}/action", "member", json=SERIAL)
        assert minted.body["console"]["url"].startswith("ws://127.0.0.1:")


@pytest.mark.parametrize("token", [None, "", "wrong", "MEMBER", "member ", "m\u00e9mber"])
async def test_no_other_token_is_good(tmp_path: Path, token: str | None) -> None:
    """Everything but a token's exact text is keystonemiddleware's 401, and the log does not say what it was."""
    async with cloud(write_tokens(tmp_path, member_=MEMBER)) as lab:
        answer = await lab.ask("GET", "/v2.1/servers", token)
        assert (answer.status, answer.body) == (401, UNAUTHENTICATED)
        assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{lab.api}"'


async def callers(tokens: StaticTokens, *wanted: str) -> list[bool]:
    """Which of some tokens are good now."""
    good = []
    for token in wanted:
        try:
            good.append((await tokens.caller({"X-Auth-Token": token})).user_id == token)
        except KeystoneFault:
            good.append(False)
    return good


async def test_a_change_counts_within_a_second(tmp_path: Path) -> None:
    """The file is looked at once a second, when somebody calls; a new entry comes, and a removed one goes."""
    path, clock = Path(write_tokens(tmp_path, old=MEMBER).tokens), Clock()
    settle(path)
    tokens = StaticTokens(path, clock=clock)
    write_tokens(tmp_path, new=MEMBER)
    assert await callers(tokens, "old", "new") == [True, False]
    clock.now += 0.99
    assert await callers(tokens, "old", "new") == [True, False]
    clock.now += 0.01
    assert await callers(tokens, "old", "new") == [False, True]


async def test_two_changes_within_a_tick_are_not_mistaken_for_one(tmp_path: Path) -> None:
    """A file that changed just now is read again, even if it looks the same as a moment ago."""
    path, clock = Path(write_tokens(tmp_path, aaa=MEMBER).tokens), Clock()
    tokens = StaticTokens(path, clock=clock)
    rewrite_unnoticeably(tmp_path, path, bbb=MEMBER)
    clock.now += 1
    assert await callers(tokens, "aaa", "bbb") == [False, True]


@pytest.mark.parametrize("bad", ["tokens: [", "tokens:", "", None], ids=["broken", "no-list", "empty", "gone"])
async def test_a_file_gone_wrong_leaves_what_it_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bad: str | None
) -> None:
    """The old tokens stay good, the log says once where the mistake is, and once when it is mended."""
    caplog.set_level(logging.INFO, "consolesvc")
    path, clock = Path(write_tokens(tmp_path, old=MEMBER).tokens), Clock()
    tokens = StaticTokens(path, clock=clock)
    spoil(path, bad)
    for _ in range(3):
        clock.now += 1
        assert await callers(tokens, "old") == [True]
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    assert (f"{path}:1:" in record.getMessage()) is (bad is not None)
    write_tokens(tmp_path, new=MEMBER)
    clock.now += 1
    assert await callers(tokens, "old", "new") == [False, True]
    assert "is good again" in caplog.text


async def test_an_empty_list_lets_nobody_in(tmp_path: Path) -> None:
    """Written as such, that is what is meant."""
    path = tmp_path / "tokens.yaml"
    path.write_text("tokens: []")
    async with cloud(IdentityStatic(str(path))) as lab:
        assert (await lab.ask("GET", "/console/v1/consoles", "")).status == 401


async def test_the_project_of_an_admin_may_be_written_with_dashes(tmp_path: Path) -> None:
    """Ids are compared in one form."""
    dashed = "0c5e1ab0-0000-0000-0000-000000000001"
    path = Path(write_tokens(tmp_path, dashed={**MEMBER, "project_id": dashed}).tokens)
    caller = await StaticTokens(path).caller({"X-Auth-Token": "dashed"})
    assert caller == Caller("dashed", LAB, frozenset({"member"}))
