"""The last lines of consoles, one call for all: `GET /console/v1/consoles?tail=BYTES`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.web.tail import Tails, tail
from tests.proxy.world import World, world
from tests.web.world import with_log


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path), ring=4096) as made:
        yield made


async def asked(lab: World, query: str = "") -> tuple[int, Any]:
    """Status and JSON of the list."""
    async with lab.http.get(f"{lab.api}/console/v1/consoles{query}") as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\x1b[32m[ OK ]\x1b[0m gr\xc3\xbcn\r\nlogin: ", "[ OK ] grün\nlogin: "),
        (b"loading  10%\rloading  55%\rloading 100%\r\ndone", "loading 100%\ndone"),
        (b"before\r\n\x1b[H\x1b[2Jafter\r\n", "after\n"),
        (b"before\r\n\x1bcafter\r\n", "after\n"),
        (b"a\xff\xfeb\xc3", "a\ufffd\ufffdb"),
        (b"", ""),
    ],
)
def test_what_is_left_to_read(data: bytes, text: str) -> None:
    """Plain text: no escape sequence, nothing that was written over or cleared away."""
    assert tail(data) == text


async def test_the_list_has_tails_where_they_are_asked_for(lab: World) -> None:
    """From the start of a line, of the size that was asked for."""
    await lab.said(b"".join(b"line %04d\r\n" % number for number in range(100)))
    assert "tail" not in (await asked(lab))[1]["consoles"][0]
    status, answer = await asked(lab, "?tail=36")
    assert (status, answer["consoles"][0]["tail"]) == (200, "line 0097\nline 0098\nline 0099\n")
    await lab.said(b"node login: ")
    assert (await asked(lab, "?tail=24"))[1]["consoles"][0]["tail"] == "line 0099\nnode login: "


async def test_what_left_memory_comes_from_disk(lab: World) -> None:
    """After a restart, a list is not blank until each machine has said something new."""
    await lab.said(b"x" * 3000 + b"\r\n" + b"".join(b"line %04d\r\n" % number for number in range(300)))
    answer = (await asked(lab, "?tail=8000"))[1]
    assert answer["consoles"][0]["tail"].count("\n") == 301


async def test_a_tail_is_made_once_for_what_was_said(lab: World) -> None:
    """Polling costs nothing for a machine that is silent."""
    await lab.said(b"one\r\n")
    tails = Tails()
    first = await tails.of(lab.console, 100)
    assert await tails.of(lab.console, 100) is first
    await lab.said(b"two\r\n")
    assert await tails.of(lab.console, 100) == "one\ntwo\n"
    assert await tails.of(lab.console, 5) == "two\n"


@pytest.mark.parametrize("value", ["x", "-1", "8193", "1e3", "", "٣", "99999999999999999999"])
async def test_a_size_that_cannot_be_is_refused(lab: World, value: str) -> None:
    """400 with the parameter, the value and what was expected."""
    status, body = await asked(lab, f"?tail={value}")
    assert status == 400
    assert body["badRequest"]["message"] == f"tail: found '{value}', expected a number of bytes from 0 to 8192"


async def test_other_parameters_are_refused(lab: World) -> None:
    """A misspelling is told."""
    status, body = await asked(lab, "?tial=100")
    assert (status, body["badRequest"]["message"]) == (400, "unknown parameter 'tial', expected tail")


async def test_the_list_says_what_its_caller_may(lab: World) -> None:
    """By this a page hides what would be refused."""
    assert (await asked(lab))[1]["caller"] == {"user": "admin", "may_type": True, "is_admin": True}
