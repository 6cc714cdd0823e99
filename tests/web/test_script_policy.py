"""Who may do what with a script: a reader looks, a member also types, and nobody sees another project's consoles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.identity.world import ATTIC, LAB, Cloud, cloud, write_tokens
from tests.lines.devices import eventually

CALLS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "wait": ("POST", {"pattern": "x", "timeout": 0}),
    "screen": ("GET", None),
    "slice": ("GET", None),
    "marks": ("GET", None),
    "send": ("POST", {"data": "x"}),
    "run": ("POST", {"command": "x", "timeout": 0.05}),
    "break": ("POST", {}),
    "mark": ("POST", {"name": "x"}),
}
CHANGES = ("send", "run", "break", "mark")


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Cloud]:
    tokens = write_tokens(
        tmp_path,
        reader={"roles": ["reader"]},
        member={"roles": ["member"]},
        admin={"roles": ["admin"], "project_id": ATTIC},
        stranger={"roles": ["member"], "project_id": ATTIC},
    )
    async with cloud(tokens) as made:
        await eventually(lambda: all(server.console.connected for server in made.service.inventory))
        yield made


async def ask(lab: Cloud, call: str, token: str | None) -> int:
    """The status of a call on our console."""
    method, body = CALLS[call]
    options = {} if body is None else {"json": body}
    async with lab.http.request(
        method,
        f"{lab.api}/console/v1/consoles/ours/{call}",
        headers={} if token is None else {"X-Auth-Token": token},
        **options,  # type: ignore[arg-type]  # a body, or nothing
    ) as answer:
        return answer.status


@pytest.mark.parametrize("call", CALLS)
async def test_who_may(lab: Cloud, call: str) -> None:
    """409 is a break that an emulated line cannot send: the caller might have."""
    allowed = 409 if call == "break" else 200
    assert await ask(lab, call, None) == 401
    assert await ask(lab, call, "stranger") == 404
    assert await ask(lab, call, "reader") == (403 if call in CHANGES else allowed)
    assert await ask(lab, call, "member") == allowed
    assert await ask(lab, call, "admin") == allowed
    ours = next(server for server in lab.service.inventory if server.name == "ours")
    assert ours.project_id == LAB
    assert ours.console.typed == (2 * len(CALLS[call][1]["data"]) if call == "send" else 4 if call == "run" else 0)  # type: ignore[index]  # it has a body


async def test_a_reader_changes_nothing(lab: Cloud) -> None:
    """Refused before anything was done."""
    for call in CHANGES:
        assert await ask(lab, call, "reader") == 403
    ours = next(server for server in lab.service.inventory if server.name == "ours")
    assert (ours.console.typed, await ours.console.marks.all()) == (0, [])


async def test_one_callers_waits_do_not_count_for_another(lab: Cloud) -> None:
    """Each has their own."""
    lab.service.waits.most = 1
    lab.service.waits._held["member", False] = 1
    assert await ask(lab, "wait", "member") == 429
    assert await ask(lab, "wait", "reader") == 200
