"""The pages' files: what is served, as what, and that nothing else is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from consolesvc.web import pages
from tests.proxy.world import World, world

IMPORT = re.compile(r"^import\b[^;]*?'\./([\w.-]+)';$|import\('\./([\w.-]+)'\)", re.MULTILINE | re.DOTALL)
LINKED = re.compile(r'(?:href|src)="\{\{root\}\}([\w.-]+)"')


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_every_file_is_served_on_both_ports(lab: World) -> None:
    """As what it is, with the headers of a page, the same bytes; HEAD too."""
    assert {"terminal.js", "list.js", "xterm.mjs", "xterm.css", "icon.svg"} <= pages.served().keys()
    for port in (lab.service.ports.api, lab.service.ports.proxy):
        for name, path in pages.served().items():
            async with lab.http.get(f"http://{port}/console/t/{name}") as answer:
                assert (answer.status, await answer.read()) == (200, path.read_bytes()), name
                assert answer.headers["Content-Type"] == pages.TYPES[path.suffix]
                assert {key: answer.headers[key] for key in pages.HEADERS} == pages.HEADERS
                assert answer.headers["Content-Security-Policy"] == pages.policy()
        async with lab.http.head(f"http://{port}/console/t/list.js") as answer:
            assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "console/t/",
        "console/t/nothing.js",
        "console/t/terminal.html",
        "console/t/xterm.LICENSE",
        "console/t/.stamp",
        "console/t/../pages.py",
        "console/t/..%2fpages.py",
        "console/t/%2e%2e/pages.py",
        "console/t/static/list.js",
        "console/t//etc/passwd",
        "/console/t/list.js",
    ],
)
async def test_nothing_else_is(lab: World, path: str) -> None:
    """No path leads out of the table, and none redirects."""
    for port in (lab.service.ports.api, lab.service.ports.proxy):
        url = URL(f"http://{port}/{path}", encoded=True)  # sent as it is written
        async with lab.http.get(url, allow_redirects=False) as answer:
            assert answer.status == 404
            assert answer.content_type == "application/json"


async def test_a_foreign_host_gets_no_file(lab: World) -> None:
    """DNS rebinding reaches nothing here either."""
    for port in (lab.service.ports.api, lab.service.ports.proxy):
        async with lab.http.get(f"http://{port}/console/t/list.js", headers={"Host": "rebound.example"}) as answer:
            assert answer.status == 403


async def test_the_list_is_on_the_api_alone(lab: World) -> None:
    """With its slash and without; it says which identity it is to ask for, and nothing of anybody's."""
    for path, root in (("console/", "t/"), ("console", "console/t/")):
        async with lab.http.get(f"{lab.api}/{path}", allow_redirects=False) as answer:
            text = await answer.text()
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert f'src="{root}list.js"' in text
            assert 'data-identity="none"' in text
            assert "{{" not in text
            assert answer.headers["Content-Security-Policy"] == pages.policy()
            assert {key: answer.headers[key] for key in pages.HEADERS} == pages.HEADERS
        async with lab.http.get(f"http://{lab.service.ports.proxy}/{path}") as answer:
            assert answer.status == 404


def test_pages_have_no_script_or_style_in_them() -> None:
    """All of it is in files of its own: the policy allows nothing else."""
    for page in pages.OWN.glob("*.html"):
        text = page.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text), page.name
        assert not re.search(r"https?://", text), page.name


def test_what_pages_and_modules_name_is_there_and_nothing_is_left_over() -> None:
    """No import leads nowhere, and no file is shipped that no page needs."""
    named = {name for page in pages.OWN.glob("*.html") for name in LINKED.findall(page.read_text())}
    todo = [name for name in named if name.endswith(".js")]
    while todo:
        found = {a or b for a, b in IMPORT.findall((pages.OWN / todo.pop()).read_text())} - named
        named |= found
        todo += [name for name in found if name.endswith(".js")]
    assert named == pages.served().keys()


def test_modules_are_small() -> None:
    """One job each."""
    for module in pages.OWN.glob("*.js"):
        assert len(module.read_text().splitlines()) <= 300, module.name
