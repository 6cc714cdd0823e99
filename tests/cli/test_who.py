"""`consolesvc who` and `kick`: who is there, and the way out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from consolesvc.cli.who import session_table
from tests.cli.screen import screen
from tests.cli.service import Running, consolesvc, service, until

HEADER = ["SESSION", "USER", "FROM", "SINCE", "INPUT", "PROTOCOL", "BEHIND", "LOST"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo", "node2: echo") as running:
        yield running


def who(lab: Running, name: str = "node1") -> list[list[str]]:
    """The table's cells."""
    done = consolesvc("who", name, "--endpoint", lab.api)
    assert (done.returncode, done.stderr) == (0, b"")
    return [re.split(" {2,}", line) for line in done.stdout.decode().splitlines()]


def url(lab: Running, *words: str) -> str:
    return consolesvc("url", *words, "--endpoint", lab.api).stdout.decode().strip()


def test_nobody_is_a_header(lab: Running) -> None:
    """And for programs an empty list; an unknown name is exit code 3."""
    assert who(lab, "node2") == [HEADER]
    assert json.loads(consolesvc("who", "node2", "--json", "--endpoint", lab.api).stdout) == {"sessions": []}
    assert consolesvc("who", "nobody", "--endpoint", lab.api).returncode == 3
    assert consolesvc("kick", "nobody", "x", "--endpoint", lab.api).returncode == 3


def test_who_is_there_and_what_they_do(lab: Running) -> None:
    """One who types and one who only looks, in the order they came."""
    v1 = Subprotocol("consolesvc.v1")
    with (
        connect(url(lab, "node1"), proxy=None, subprotocols=[v1]),
        connect(url(lab, "node1", "--view"), proxy=None),
    ):
        rows = who(lab)
        shown = json.loads(consolesvc("who", "node1", "--json", "--endpoint", lab.api).stdout)["sessions"]
    assert rows[0] == HEADER
    assert [row[0] for row in rows[1:]] == [session["id"] for session in shown]
    assert [[*row[1:2], *row[4:]] for row in rows[1:]] == [
        ["admin", "types", "consolesvc.v1", "0", "0"],
        ["admin", "looks", "-", "0", "0"],
    ]
    assert all(
        re.fullmatch(r"127\.0\.0\.1:\d+", row[2]) and re.fullmatch(r"\d\d:\d\d:\d\d", row[3]) for row in rows[1:]
    )


def test_who_is_kicked_reads_by_whom_and_why(lab: Running) -> None:
    """`attach` says it and ends as a failure, with the terminal restored; a plain websocket reads a notice first."""
    with screen("attach", "node2", "--endpoint", lab.api) as user:
        user.expect("Connected to node2.")
        until(lambda: len(who(lab, "node2")) == 2)
        session = who(lab, "node2")[1][0]
        done = consolesvc("kick", "node2", session, "--reason", "flashing it now", "--endpoint", lab.api)
        assert (done.returncode, done.stderr) == (0, b"")
        assert re.fullmatch(r"node2: kicked admin \(127\.0\.0\.1:\d+\)\n", done.stdout.decode())
        user.expect("Connection to node2 ended: kicked by admin: flashing it now.")
        assert user.code() == 4
        assert user.modes() == user.before
    with connect(url(lab, "node2"), proxy=None) as raw:
        until(lambda: len(who(lab, "node2")) == 2)
        answer = consolesvc("kick", "node2", who(lab, "node2")[1][0], "--json", "--endpoint", lab.api).stdout
        assert json.loads(answer)["kicked"]["user"] == "admin"
        assert raw.recv(5) == b"\r\n[consolesvc: kicked by admin]\r\n"
        with pytest.raises(ConnectionClosed) as closed:
            raw.recv(5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "kicked by admin")


@pytest.mark.parametrize("session", ["nope", "a/../b", "%2e", "\u202e", ""])
def test_a_session_that_is_not_there(lab: Running, session: str) -> None:
    """Exit code 3, and one sentence."""
    done = consolesvc("kick", "node2", session, "--endpoint", lab.api)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (3, b"", 1)


def test_a_reason_that_is_too_long(lab: Running) -> None:
    """The service says what it takes."""
    done = consolesvc("kick", "node2", "x", "--reason", "x" * 81, "--endpoint", lab.api)
    assert done.returncode == 2
    assert b"expected at most 80 printable characters" in done.stderr


def test_the_table_is_safe_whatever_users_are_called() -> None:
    """A holder, another day, a name with a control character in it, and nobody's name."""
    session = {
        "id": "a1b2c3d4",
        "user": "al\x1b[2Jice",
        "who": "10.0.0.3:5",
        "since": "2020-01-02T12:00:00.000000Z",
        "may_type": True,
        "holds": True,
        "protocol": "",
        "behind": 5,
        "lost": 70,
    }
    lines = session_table([session, {**session, "user": "", "holds": False}]).splitlines()
    cells = re.split(" {2,}", lines[1])
    assert re.fullmatch(r"2020-01-0\d \d\d:\d\d", cells.pop(3))
    assert cells == ["a1b2c3d4", "al\\x1b[2Jice", "10.0.0.3:5", "holds", "-", "5", "70"]
    assert lines[2].split()[1] == "-"
