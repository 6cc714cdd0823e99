from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.cli.service import Running, consolesvc, service

URL = r"ws://127\.0\.0\.1:[0-9]+/\?token=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo") as running:
        yield running


def test_the_url_alone_on_a_line(lab: Running) -> None:
    """For `$(consolesvc url NAME)`: nothing else is printed."""
    done = consolesvc("url", "node1", "--endpoint", lab.api)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(f"{URL}\n", done.stdout.decode())


def test_each_is_fresh_and_for_programs(lab: Running) -> None:
    """--json gives it under `url`; no two are the same."""
    urls = [json.loads(consolesvc("url", "no", "--json", "--endpoint", lab.api).stdout)["url"] for _ in range(2)]
    assert all(re.fullmatch(URL, url) for url in urls)
    assert urls[0] != urls[1]


def test_an_unknown_name_has_none(lab: Running) -> None:
    """Exit code 3 and nothing on stdout."""
    done = consolesvc("url", "node2", "--endpoint", lab.api)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"consolesvc: 'node2' is no console here; there are: node1\n"
