from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.cli.screen import screen
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


def test_a_share_link(lab: Running) -> None:
    """--view: the URL alone on stdout, its page and its end on stderr; for programs all of it."""
    done = consolesvc("url", "node1", "--view", "--endpoint", lab.api)
    assert done.returncode == 0
    assert re.fullmatch(f"{URL}\n", done.stdout.decode())
    page = done.stdout.decode().strip().replace("ws:", "http:")
    said = re.fullmatch(r"To look at until (.*); in a browser: (.*)\n", done.stderr.decode())
    assert said
    assert said[2] == page
    share = json.loads(consolesvc("url", "node1", "--view", "--ttl", "90s", "--json", "--endpoint", lab.api).stdout)
    assert share["page"] == share["url"].replace("ws:", "http:")
    left = datetime.fromisoformat(share["expires"]).timestamp() - time.time()
    assert 60 < left <= 90
    assert share["may_type"] is False


def test_who_follows_a_share_link_types_nothing(lab: Running) -> None:
    """`attach` with the link, as with any URL: it shows, and says why keys do nothing."""
    url = consolesvc("url", "node1", "--view", "--endpoint", lab.api).stdout.decode().strip()
    with screen("attach", url) as user:
        user.expect("Connected to node1.")
        user.expect("This session may only look.")
        user.type(b"reboot")
        user.expect("input refused (")
        user.expect("): this session may only look")
        user.type(b"\r~.")
        assert user.code() == 0


def test_a_link_that_ends_says_so(lab: Running) -> None:
    """In every client: here `attach` ends with the reason."""
    url = consolesvc("url", "node1", "--view", "--ttl", "6", "--endpoint", lab.api).stdout.decode().strip()
    with screen("attach", url) as user:
        user.expect("Connected to node1.")
        user.expect("Connection to node1 ended: share link expired.")
        assert user.code() == 4


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--ttl", "1h"), 2, b"--ttl is for --view"),
        (("--view", "--ttl", "soon"), 2, b"'soon': expected seconds, or a number with s, m or h"),
        (("--view", "--ttl", "0"), 2, b"ttl: found 0.0, expected a number of seconds from 1 to"),
    ],
)
def test_bad_times(lab: Running, words: tuple[str, ...], code: int, sentence: bytes) -> None:
    """One sentence and nothing on stdout."""
    done = consolesvc("url", "node1", *words, "--endpoint", lab.api)
    assert (done.returncode, done.stdout) == (code, b"")
    assert sentence in done.stderr
