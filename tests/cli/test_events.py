"""`consolesvc events` and `boots`: what has happened to machines, what happens, and how they boot."""

from __future__ import annotations

import json
import re
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest

from consolesvc.client import Cloud
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, Running, consolesvc, service, until

HEADER = ["BEGAN", "LOGIN", "CAME TO", "LINE"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One machine that has booted, panicked and booted again, and one that says nothing."""
    with service(tmp_path_factory.mktemp("lab"), "node1: linux", "quiet: echo") as running:
        cloud = Cloud(running.api)
        console = cloud.console("node1")
        until(lambda: [boot.login is not None for boot in console.boots()] == [True])
        cloud.ask("POST", f"/console/v1/consoles/{console.id}/fault", {"fault": "panic", "seconds": 0.3})
        until(lambda: [boot.login is not None for boot in console.boots()] == [True, True])
        yield running


def run(lab: Running, *words: str) -> str:
    done = consolesvc(*words, "--endpoint", lab.api)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def kinds(lab: Running, *words: str) -> list[str]:
    """The events that are listed."""
    return [re.split(" {2,}", line)[2] for line in run(lab, "events", *words).splitlines()]


def test_what_has_happened_is_listed(lab: Running) -> None:
    """A line each, in order: when, what, and a sentence; of these consoles and these events."""
    assert kinds(lab) == kinds(lab, "nod") == kinds(lab, "no*", "quiet") == ["boot", "login", "panic", "boot", "login"]
    assert kinds(lab, "quiet") == []
    assert kinds(lab, "--event", "panic", "--event", "login") == ["login", "panic", "login"]
    (line,) = run(lab, "events", "node1", "--event", "panic").splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  node1         panic         panic: Kernel panic - not syncing: .*", line)
    (panic,) = [json.loads(each) for each in run(lab, "events", "--json", "--event", "panic").splitlines()]
    assert (panic["console"], panic["event"], panic["facts"]["what"]) == ("node1", "panic", "panic")


def test_slips(lab: Running) -> None:
    """An unknown console, an event that there is none of, a number of boots that cannot be."""
    for words, code, said in (
        (("events", "nobody"), 3, "'nobody' is no console here"),
        (("events", "--event", "panik"), 2, "event: found 'panik', expected some of boot, "),
        (("boots", "nobody"), 3, "'nobody' is no console here"),
        (("boots", "node1", "--limit", "0"), 2, "limit: found '0', expected a number of boots from 1 to 100"),
    ):
        done = consolesvc(*words, "--endpoint", lab.api)
        assert done.returncode == code
        assert said in done.stderr.decode()


def test_boots_are_a_table(lab: Running) -> None:
    """The newest first, with its way to the login; a crash says what it was, and the median is below."""
    newest, oldest, median = (re.split(" {2,}", line) for line in run(lab, "boots", "node1").splitlines()[1:])
    assert [re.split(" {2,}", line) for line in run(lab, "boots", "quiet").splitlines()] == [HEADER]
    assert (newest[2], newest[3][:8]) == ("login", "FakeBIOS")
    assert (oldest[2], oldest[3][:12]) == ("panic", "Kernel panic")
    assert all(re.fullmatch(r"[0-9.]+ s", row[1]) for row in (newest, oldest))
    assert re.fullmatch(r"median of the last 2 to a login: [0-9.]+ s", median[0])
    answer = json.loads(run(lab, "boots", "node1", "--json", "--limit", "1"))
    assert [boot["panic"] for boot in answer["boots"]] == [None]


def test_from_python(lab: Running) -> None:
    """Boots and events, as objects; an event's id is where to go on."""
    cloud = Cloud(lab.api)
    console = cloud.console("node1")
    newest, oldest = console.boots()
    assert (newest.panic, newest.reset, newest.line[:8]) == (None, False, "FakeBIOS")
    assert str(oldest.panic).startswith("Kernel panic - not syncing")
    assert newest.stages
    assert console.boots(1) == [newest]
    events = list(cloud.events(follow=False))
    assert [event.event for event in events] == ["boot", "login", "panic", "boot", "login"]
    assert str(events[2]) == events[2].text
    assert (events[0].server_id, events[0].offset) == (console.id, oldest.offset)
    assert list(console.events(kinds=["boot", "panic"], follow=False, last=events[2].id)) == [events[3]]
    following = console.events(last=events[3].id)
    assert next(following) == events[4]
    console.mark("here")
    mark = next(following)
    assert (mark.event, mark.console) == ("mark", "node1")
    following.close()  # type: ignore[attr-defined]  # a generator


def test_what_happens_is_told_at_once(lab: Running) -> None:
    """From now on, until ^C; what was before is not."""
    words = [*CONSOLESVC, "events", "quiet", "--follow", "--endpoint", lab.api]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=CLEAN) as process:
        output = process.stdout
        assert output is not None
        quiet = Cloud(lab.api).console("quiet")

        def told() -> bool:
            quiet.mark("x")  # again, until it reads
            return bool(select.select([output], [], [], 0.1)[0])

        until(told)
        assert re.fullmatch(rb"\d\d:\d\d:\d\d  quiet         mark          mark: x\n", output.readline())
        process.send_signal(signal.SIGINT)
        output.read()
        assert process.wait(PATIENCE) == 130
