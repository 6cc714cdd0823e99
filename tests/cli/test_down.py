"""`consolesvc down` and `up`, and what `list` says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from consolesvc.cli.views import lent
from tests.cli.service import Running, consolesvc, service, until


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo", "node2: echo") as running:
        yield running


def test_lent_and_taken_back(lab: Running) -> None:
    """Said to whom, until when, and what to open; `list` says so as well, until `up`."""
    done = consolesvc("down", "node1", "--for", "2m", "--endpoint", lab.api)
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode()
    assert re.fullmatch(r"node1: lent to \S+@\S+ until \d\d:\d\d:\d\d; open /dev/pts/\d+\n", said)
    assert said.partition(": ")[2].partition(";")[0] in consolesvc("list", "--endpoint", lab.api).stdout.decode()
    assert consolesvc("up", "node1", "--endpoint", lab.api).stdout == b"node1: taken back\n"
    until(lambda: b"lent" not in consolesvc("list", "--endpoint", lab.api).stdout)
    assert consolesvc("up", "node1", "--endpoint", lab.api).stdout == b"node1: was not lent\n"


def test_for_programs(lab: Running) -> None:
    """--json gives the service's answers; 0 is until it is taken back."""
    answer = json.loads(consolesvc("down", "node2", "--for", "0", "--json", "--endpoint", lab.api).stdout)
    assert answer["loan"]["until"] is None
    assert b"until taken back" in consolesvc("list", "--endpoint", lab.api).stdout
    assert json.loads(consolesvc("up", "node2", "--json", "--endpoint", lab.api).stdout)["was_lent"] is True


def test_bad_usage(lab: Running) -> None:
    """A time that is none, a name that is none."""
    done = consolesvc("down", "node1", "--for", "soon", "--endpoint", lab.api)
    assert done.returncode == 2
    assert b"'soon': expected seconds, or a number with s, m or h" in done.stderr
    assert consolesvc("down", "nobody", "--endpoint", lab.api).returncode == 3
    assert consolesvc("up", "nobody", "--endpoint", lab.api).returncode == 3


def test_a_loan_in_words() -> None:
    """Another day is told with its date; who gave no name is known as identity knows them."""
    loan = {"user": "u1", "who": "", "until": "2020-01-02T12:00:00.000000Z"}
    assert re.fullmatch(r"lent to u1 until 2020-01-0\d \d\d:\d\d", lent(loan))
    assert lent({**loan, "who": "alice@laptop", "until": None}) == "lent to alice@laptop until taken back"
