"""`POST …/{id}/run`, on a fake Linux."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.world import World, world
from tests.web.world import FAKE, call, refusal, with_fake


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        await with_fake(made, "linux")
        yield made


async def log_in(lab: World) -> int:
    """Log in at the fake; the offset behind its prompt."""
    since = 0
    for pattern, typed in ((r"login: $", "root\r"), (r"Password: $", "consolesvc\r"), (r"# $", "")):
        document = (await call(lab, "POST", "fake/wait", json={"pattern": pattern, "since": since, "timeout": 20}))[1]
        assert document["matched"], document
        await call(lab, "POST", "fake/send", json={"data": typed})
        since = document["next"]
    return since


async def run(lab: World, command: str, **options: Any) -> dict[str, Any]:
    """A good answer's document."""
    status, document = await call(lab, "POST", "fake/run", json={"command": command, **options})
    assert status == 200, document
    return dict(document)


async def test_what_it_said(lab: World) -> None:
    """Its output and where it stands; the next run begins where this one ended."""
    end = await log_in(lab)
    document = await run(lab, "echo one; echo two")
    stream = lab.service.inventory.get(FAKE).console.stream
    next_ = document.pop("next")
    assert document == {
        "output": "one\ntwo\n",
        "start": end,
        "matched": True,
        "truncated": False,
        "gap": None,
        "stream": stream,
    }
    assert (await run(lab, "pwd", prompt="# $"))["start"] == next_


async def test_no_prompt_in_time(lab: World) -> None:
    """200, with what there is."""
    await log_in(lab)
    document = await run(lab, "echo begun; sleep 60", timeout=0.5)
    assert (document["output"], document["matched"]) == ("begun\n", False)


async def test_runs_take_turns(lab: World) -> None:
    """Two at once on one console each have their own output; one whose time is over before its turn is told."""
    await log_in(lab)
    documents = await asyncio.gather(*(run(lab, f"echo {number}; sleep 0.1; echo {number}") for number in range(5)))
    assert [document["output"] for document in documents] == [f"{number}\n{number}\n" for number in range(5)]
    long = asyncio.create_task(run(lab, "sleep 1; echo done"))
    await asyncio.sleep(0.1)
    assert await refusal(lab, "POST", "fake/run", json={"command": "true", "timeout": 0.2}) == (
        409,
        "fake: another run took all of the 0.2 s.",
    )
    assert (await long)["output"] == "done\n"


async def test_a_server_that_is_removed_ends_it(lab: World) -> None:
    """404."""
    await log_in(lab)
    task = asyncio.create_task(refusal(lab, "POST", "fake/run", json={"command": "sleep 60", "timeout": 60}))
    await asyncio.sleep(0.2)
    await asyncio.wait_for(lab.service.remove(FAKE, "test"), 3)
    assert (await asyncio.wait_for(task, 2))[0] == 404


async def test_a_line_that_is_not_open(lab: World) -> None:
    """409."""
    await call(lab, "POST", "fake/down", json={})
    status, message = await refusal(lab, "POST", "fake/run", json={"command": "true"})
    assert status == 409
    assert message.startswith("fake line is not open: lent until ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "command: found None, expected one line of 1 to 4096 characters"),
        ({"command": ""}, "command: found ''"),
        ({"command": "x" * 4097}, "command: found 'xxx"),
        ({"command": "a\rb"}, "command: found 'a\\rb', expected one line, without control characters"),
        ({"command": "\ud800"}, "command: found '\\ud800', expected text without half characters"),
        ({"command": "x", "prompt": "("}, "prompt: found '(', expected a regular expression in RE2's syntax"),
        ({"command": "x", "prompt": None}, "prompt: found None"),
        ({"command": "x", "timeout": None}, "timeout: found None"),
        ({"cmd": "x"}, "unknown parameter 'cmd', expected command, prompt, timeout"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected."""
    status, message = await refusal(lab, "POST", "fake/run", json=body)
    assert status == 400
    assert message.startswith(said)
