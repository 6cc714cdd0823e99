"""The Python client against a running service: what a script does at a console, and what it is told."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.client import ClientError, Cloud, Console, TimedOut
from consolesvc.client import console as module
from tests.cli.service import Running, service, until


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "linux: linux", "echo: echo", "chatter: chatter") as running:
        yield running


@pytest.fixture
def cloud(lab: Running) -> Cloud:
    return Cloud(lab.api)


@pytest.fixture
def echo(cloud: Cloud) -> Console:
    """A console that says what is typed, connected."""
    console = cloud.console("echo")
    until(lambda: console.state()["line"]["state"] == "connected")
    return console


def test_a_boot_is_driven(cloud: Cloud) -> None:
    """The package's own example: a login and a command; nothing is missed between two calls."""
    console = cloud.console("linux")
    match = console.wait(r"(?P<host>\w+) login: $", since=0)
    assert match.named == {"host": "linux"}
    assert (match.groups, match.index, match.gap, console.position) == (("linux",), 0, None, match.end)
    console.send("root")
    console.wait("Password: $")
    console.send("consolesvc")
    console.wait("# $")
    ran = console.run("uname -s; echo two")
    assert (ran.output, str(ran), ran.truncated, ran.gap) == ("Linux\ntwo\n", "Linux\ntwo\n", False, None)
    assert console.position == ran.next
    assert "Linux\n" in console.slice(ran.start, ran.next)
    with pytest.raises(TimedOut, match=r"^linux: no prompt within 0\.3 s$") as late:
        console.run("echo begun; sleep 60", timeout=0.3)
    assert (late.value.output, late.value.exit_code) == ("begun\n", 124)
    console.send(b"\x03")
    console.wait("# $")
    assert console.run("echo back", prompt="# $").output == "back\n"


def test_consoles_are_listed(cloud: Cloud) -> None:
    """And found by a name's beginning; each knows its state and its URL."""
    assert [console.name for console in cloud.consoles()] == ["linux", "echo", "chatter"]
    console = cloud.console("ech")
    assert (console.name, console.id) == ("echo", cloud.find("echo")["id"])
    assert console.state()["name"] == "echo"
    assert console.url().startswith("ws://127.0.0.1:")
    with pytest.raises(ClientError, match="'nobody' is no console here; there are: linux, echo, chatter") as caught:
        cloud.console("nobody")
    assert caught.value.exit_code == 3


def test_wait_goes_on_from_where_it_was(echo: Console) -> None:
    """What came between two calls is seen, and what was seen is not seen again."""
    echo.send("one two three", enter=False)
    assert [echo.wait(r"\w+ ?").text for _ in range(2)] == ["one ", "two "]
    fresh = echo.cloud.console("echo")
    with pytest.raises(TimedOut, match=r"^echo: no match of 'three' within 0 s$") as late:
        fresh.wait("three", timeout=0)
    assert late.value.next == fresh.position
    assert echo.wait(["never", "three"], timeout=5).index == 1


def test_a_wait_from_a_place(echo: Console) -> None:
    """An offset, from the end, or a mark."""
    mark = echo.mark("here")
    echo.send("abc", enter=False, echo=True)
    assert echo.wait("b", since="here").start == mark.offset + 1
    assert echo.wait("b", since=mark.offset).end == mark.offset + 2
    assert echo.wait("c", since=-1).text == "c"
    assert mark in echo.marks()
    with pytest.raises(ClientError, match=r"echo has no mark 'there'; it has here \(HTTP 404\)") as caught:
        echo.wait("b", since="there")
    assert caught.value.status == 404


def test_a_long_wait_is_several(echo: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies cut what is silent: a match in two halves, on either side of such a cut, is found all the same."""
    monkeypatch.setattr(module, "ONE_WAIT", 0.2)
    echo.send("", enter=False)
    begun = time.monotonic()

    def type_late() -> None:
        for half in ("log", "in: "):
            time.sleep(0.3)
            Cloud(echo.cloud.url).console("echo").send(half, enter=False)

    thread = threading.Thread(target=type_late)
    thread.start()
    assert echo.wait("login: ", timeout=10).text == "login: "
    thread.join()
    with pytest.raises(TimedOut):
        echo.wait("never", timeout=0.5)
    assert time.monotonic() - begun > 1


def test_an_echo_in_time_or_not(echo: Console) -> None:
    """`position` is behind it; one that does not come is an error, with how much was typed."""
    sent = echo.send("hello", echo=True)
    assert (sent.size, echo.position) == (6, sent.next)
    chatter = echo.cloud.console("chatter")
    with pytest.raises(TimedOut, match=r"^chatter: not all of 12 bytes came back within 0\.2 s: 12 were sent$"):
        chatter.send("never said!", echo=True, timeout=0.2)
    with pytest.raises(TimedOut, match=r"^echo: not all of 100 bytes left within 0\.2 s: \d+ were sent$"):
        echo.send(b"x" * 100, pace="10 c/s", timeout=0.2)


def test_slices_and_screens(echo: Console) -> None:
    """Text, bytes, a recording; the screen and its page."""
    start = echo.mark("begin").offset
    echo.send(b"\x1b[31mred\x1b[0m\r\n", echo=False)
    echo.wait("red\n", since="begin")
    assert echo.slice("begin") == "red\n"
    assert echo.slice_bytes(start, start + 8) == b"\x1b[31mred"
    assert json.loads(echo.recording("begin", version=2).splitlines()[0])["version"] == 2
    assert json.loads(echo.recording("begin").splitlines()[0])["version"] == 3
    screen = echo.screen(40, 5)
    assert (len(screen.lines), screen.title, screen.visible) == (5, "", True)
    assert "red" in screen.lines[screen.y - 1]
    assert "red" in str(screen).splitlines()[screen.y - 1]
    assert ">red</span>" in echo.screen_html()


def test_a_refusal_has_the_services_words(echo: Console) -> None:
    """And its status."""
    with pytest.raises(ClientError, match=r"^this line cannot send a break \(HTTP 409\)") as caught:
        echo.send_break()
    assert (caught.value.status, caught.value.exit_code) == (409, 1)
    with pytest.raises(ClientError, match=r"pattern: found '\(', expected a regular expression"):
        echo.wait("(")


def test_a_token_is_sent_and_not_shown(lab: Running) -> None:
    """Given, or found in the environment; one that cannot be a header is told without being shown."""
    for cloud in (Cloud(lab.api, token="hush"), Cloud(lab.api, environ={"OS_TOKEN": "hush"})):
        assert len(cloud.consoles()) == 3
        assert "hush" not in repr(cloud)
    with pytest.raises(ClientError) as caught:
        Cloud(lab.api, token="hush\n").consoles()
    assert "hush" not in str(caught.value)


def test_it_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """And imports nothing of the service."""
    code = (
        "import sys; from consolesvc.client import Cloud, Console, Mark, TimedOut;"
        "foreign = [n for n in sys.modules if n.partition('.')[0] in ('aiohttp', 'yaml', 're2', 'serial', 'asyncio')];"
        "ours = [n for n in sys.modules if n.startswith('consolesvc.') and not n.startswith('consolesvc.client')];"
        "assert (foreign, ours) == ([], ['consolesvc.errors']), (foreign, ours)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
