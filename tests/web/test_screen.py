"""`GET …/{id}/screen`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.console import screen as module
from consolesvc.web import screen
from consolesvc.web.screen import Screens
from consolesvc.web.screen_html import POLICY
from tests.proxy.world import World, world
from tests.web.world import FAKE, call, refusal, with_fake, with_log


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_after_a_restart_it_is_drawn_from_the_log(tmp_path: Path) -> None:
    """The ring is empty then, and the machine has nothing to say."""
    config = with_log(tmp_path)
    async with world(tmp_path, config) as lab:
        await lab.said(b"\x1b[Hfirst\r\nhost:~# ")
        await lab.flushed()
    async with world(tmp_path, config) as lab:
        _, document = await call(lab, "GET", "node/screen")
        assert document["screen"]["lines"][:2] == ["first", "host:~#"]


async def test_as_json(lab: World) -> None:
    """Rows, the cursor, the title, and what of the stream is shown."""
    await lab.said(b"\x1b]0;a title\x07\x1b[31mred\x1b[0m\r\n\x1b[3;5H# ")
    status, document = await call(lab, "GET", "node/screen?cols=40&rows=4")
    assert (status, document["screen"]) == (
        200,
        {
            "cols": 40,
            "rows": 4,
            "lines": ["red", "", "    #", ""],
            "cursor": {"x": 6, "y": 2, "visible": True},
            "title": "a title",
            "stream": lab.console.stream,
            "offset": lab.console.ring.end,
        },
    )
    document = (await call(lab, "GET", "node/screen"))[1]["screen"]
    assert (document["cols"], document["rows"], len(document["lines"])) == (80, 24, 24)


async def test_as_text_and_as_html(lab: World) -> None:
    """For a terminal and for a browser, which may take nothing in it for its own."""
    await lab.said(b"one\r\n<two>")
    async with lab.http.get(f"{lab.api}/console/v1/consoles/node/screen?format=text&rows=3") as answer:
        assert (await answer.text(), answer.content_type) == ("one\n<two>\n\n", "text/plain")
        assert answer.headers["Console-Next"] == "10"
    async with lab.http.get(f"{lab.api}/console/v1/consoles/node/screen?format=html&rows=3") as answer:
        assert answer.content_type == "text/html"
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        text = await answer.text()
        assert "one\n&lt;two&gt;" in text
        assert "<title>node</title>" in text


async def test_it_is_drawn_from_a_line_on(tmp_path: Path) -> None:
    """Of a ring that has lost what was before, the first whole line is the first."""
    async with world(tmp_path, ring=4096) as lab:
        await lab.said(b"".join(b"\x1b[3%dmline %05d\r\n" % (number % 8, number) for number in range(2000)))
        lines = (await call(lab, "GET", "node/screen?rows=200"))[1]["screen"]["lines"]
        assert lines[198] == "line 01999"
        assert all(line.startswith("line ") for line in lines[:199])


async def test_a_boot_is_shown(lab: World) -> None:
    """A fake Linux at its login."""
    await with_fake(lab, "linux")
    body = {"pattern": "login: $", "since": 0, "timeout": 20}
    assert (await call(lab, "POST", "fake/wait", json=body))[1]["matched"]
    screen = (await call(lab, "GET", "fake/screen"))[1]["screen"]
    assert screen["lines"][screen["cursor"]["y"]].endswith("login:")
    assert screen["cursor"]["x"] == len(screen["lines"][screen["cursor"]["y"]]) + 1


async def test_the_last_drawing_is_remembered(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a console that has said nothing since nothing is drawn again; another size is, and so is what comes."""
    drawn = []

    def draw(data: bytes, columns: int, rows: int) -> object:
        drawn.append((len(data), columns, rows))
        return object()

    monkeypatch.setattr(module, "draw", draw)
    screens = Screens()
    await lab.said(b"one")
    await asyncio.gather(*(screens.of(lab.console, 80, 24) for _ in range(3)))
    await screens.of(lab.console, 80, 25)
    await lab.said(b"two")
    _, end, _ = await screens.of(lab.console, 80, 25)
    assert (drawn, end) == ([(3, 80, 24), (3, 80, 25), (6, 80, 25)], 6)


async def test_a_drawing_that_nobody_asks_for_is_forgotten(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; one that is asked for is not."""
    monkeypatch.setattr(module, "draw", lambda *_: object())
    monkeypatch.setattr(screen, "KEPT", 0.5)
    await with_fake(lab)
    screens, one, two = Screens(), lab.console, lab.service.inventory.get(FAKE).console
    await screens.of(two, 80, 24)
    shown = await screens.of(one, 80, 24)
    for _ in range(6):
        await asyncio.sleep(0.1)
        assert await screens.of(one, 80, 24) == shown
    assert list(screens._last) == [one]


async def test_many_ask_at_once(lab: World) -> None:
    """Drawings take turns, and the loop goes on meanwhile."""
    await lab.said(b"\x1b[H" + b"x" * 20_000)
    asking = asyncio.gather(*(call(lab, "GET", f"node/screen?rows={rows}") for rows in range(10, 16)))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert {status for status, _ in await asking} == {200}
    assert turns > 10


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("format=png", "format: found 'png', expected one of json, text, html"),
        ("cols=0", "cols: found '0', expected a whole number from 1 to 500"),
        ("rows=201", "rows: found '201', expected a whole number from 1 to 200"),
        ("rows=x", "rows: found 'x'"),
        ("rows=%D9%A3", "rows: found '٣'"),
        ("rows=" + "9" * 5000, "rows: found '999"),
        ("size=5", "unknown parameter 'size', expected format, cols, rows"),
    ],
)
async def test_bad_queries(lab: World, query: str, said: str) -> None:
    """400, with the parameter, its value and what was expected."""
    status, message = await refusal(lab, "GET", f"node/screen?{query}")
    assert status == 400
    assert message.startswith(said)
