"""The pytest plugin, in pytest processes of its own, as its users run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)

TESTS = """
    import subprocess, sys

    def test_one(consolesvc_cloud):
        console = consolesvc_cloud.fake("echo")
        console.send("hello", echo=True)
        assert [each.name for each in consolesvc_cloud.consoles()] == [console.name]
        print("pid", consolesvc_cloud.process.pid)

    def test_two(consolesvc_cloud):
        assert consolesvc_cloud.consoles() == [], "those of another test are gone"
        print("pid", consolesvc_cloud.process.pid)

    def test_commands(consolesvc_cloud):
        console = consolesvc_cloud.fake("echo")
        words = ("send", console.name, "x", "--endpoint", consolesvc_cloud.url)
        subprocess.run([sys.executable, "-m", "consolesvc", *words], check=True)
        assert console.wait("x", since=0).start == 0
"""
FAILING = """
    def test_fails(consolesvc_cloud):
        console = consolesvc_cloud.fake("echo")
        console.send("the last words", echo=True)
        console.wait("never", timeout=0.1)
"""


def run(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a file of tests, with warnings as errors; its output."""
    lines = [line.removeprefix("    ") for line in text.splitlines()]
    (folder / "test_it.py").write_text("\n".join(lines) + "\n")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "OS_", "PYTHON"))}
    plugins = ("-p", "no:cacheprovider", "-p", "no:aiohttp", "-p", "no:asyncio")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *words, "test_it.py"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_each_test_has_fakes_of_its_own_in_one_service(tmp_path: Path) -> None:
    """Started once, ended well, nothing left."""
    done = run(tmp_path, TESTS, "-rP", "-p", "no:xdist")
    assert done.returncode == 0, done.stdout
    pids = set(re.findall(r"^pid (\d+)$", done.stdout, re.MULTILINE))
    assert len(pids) == 1
    assert not Path(f"/proc/{pids.pop()}").exists()


def test_in_parallel_each_process_has_its_own(tmp_path: Path) -> None:
    """With xdist."""
    done = run(tmp_path, TESTS, "-rP", "-n", "2", "--dist", "each")
    assert done.returncode == 0, done.stdout
    assert " 6 passed" in done.stdout
    assert len(set(re.findall(r"^pid (\d+)$", done.stdout, re.MULTILINE))) == 2


def test_a_failure_shows_what_was_said_last(tmp_path: Path) -> None:
    """Of each console and of the service, also where another process ran the test."""
    for words in (("-p", "no:xdist"), ("-n", "1")):
        done = run(tmp_path, FAILING, *words)
        assert done.returncode == 1
        assert "TimedOut: echo-1: no match of 'never' within 0.1 s" in done.stdout
        assert re.search(r"-+ console echo-1 -+\nthe last words\n", done.stdout)
        assert re.search(r"-+ consolesvc -+\n(?:.*\n)*.* POST /console/v1/consoles/\S+/wait 200 ", done.stdout)


def test_a_service_that_a_test_ended_is_replaced(tmp_path: Path) -> None:
    """A test of what a client does then leaves the others alone; one that it did not end is an error."""
    text = """
    def test_kills(consolesvc_cloud):
        consolesvc_cloud.kill()

    def test_goes_on(consolesvc_cloud):
        assert consolesvc_cloud.fake("echo").state()

    def test_crashes(consolesvc_cloud):
        consolesvc_cloud.process.kill()
        consolesvc_cloud.process.wait()
"""
    done = run(tmp_path, text, "-p", "no:xdist")
    assert "3 passed, 1 error" in done.stdout, done.stdout
    assert "StartError: consolesvc ended with -9" in done.stdout


def test_clouds_of_ones_own(tmp_path: Path) -> None:
    """By the factory, for a fixture of the user's."""
    text = """
    import pytest

    @pytest.fixture(scope="module")
    def lab(consolesvc_cloud_factory, tmp_path_factory):
        file = tmp_path_factory.mktemp("lab") / "lab.yaml"
        file.write_text("servers: [{name: node3, line: {type: emulated, guest: echo}}]")
        return consolesvc_cloud_factory("--fake", "uboot=1", config=file)

    def test_lab(lab):
        assert [console.name for console in lab.consoles()] == ["node3", "uboot1"]

    def test_fails(lab):
        lab.console("node3").send("words", echo=True)
        assert False
"""
    done = run(tmp_path, text, "-p", "no:xdist")
    assert "1 passed" in done.stdout
    assert "1 failed" in done.stdout
    assert re.search(r"-+ console node3 -+\nwords\n", done.stdout)


def test_where_it_is_not_used_it_is_not_there(tmp_path: Path) -> None:
    """Loaded in every pytest, it imports nothing of ours but itself, and leaves no word."""
    text = """
    import sys

    def test_nothing():
        ours = sorted(name for name in sys.modules if name.startswith("consolesvc"))
        assert ours == ["consolesvc", "consolesvc.pytest_plugin"]
        assert not {"aiohttp", "yaml", "re2"} & set(sys.modules)

    def test_fails():
        assert False
"""
    done = run(tmp_path, text, "-p", "no:xdist", "-p", "no:hypothesispytest")
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "consolesvc" not in done.stdout.replace("consolesvc-", "").partition("FAILURES")[2]


def test_it_can_be_left_out(tmp_path: Path) -> None:
    """By its name."""
    done = run(tmp_path, "def test_it(consolesvc_cloud): pass", "-p", "no:consolesvc", "-p", "no:xdist")
    assert "fixture 'consolesvc_cloud' not found" in done.stdout


def test_its_fixtures_are_explained(tmp_path: Path) -> None:
    """`pytest --fixtures` is where their users look."""
    done = run(tmp_path, "", "--fixtures")
    assert re.search(r"consolesvc_cloud -- .*\n    A cloud of fake servers on free ports", done.stdout)
    assert re.search(r"consolesvc_cloud_factory \[session scope\] -- ", done.stdout)
