"""`consolesvc run`, on a fake Linux."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consolesvc.client import Cloud
from tests.cli.conftest import Command
from tests.cli.service import Running, consolesvc
from tests.identity.world import write_tokens
from tests.scenarios import process


@pytest.fixture(scope="module")
def _shell(fakes: Running) -> None:
    """The Linux is logged in to."""
    console = Cloud(fakes.api).console("linux")
    console.wait("login: $", since=0)
    for typed, pattern in (("root", "Password: $"), ("consolesvc", "# $")):
        console.send(typed)
        console.wait(pattern)


@pytest.mark.usefixtures("_shell")
def test_it_prints_what_the_command_said(command: Command) -> None:
    """And nothing else."""
    done = command("run", "linux", "echo one; echo two")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"one\ntwo\n", b"")
    done = command("run", "linux", "pwd", "--prompt", "# $", "--json")
    document = json.loads(done.stdout)
    assert (document["output"], document["truncated"], document["gap"]) == ("/root\n", False, None)


@pytest.mark.usefixtures("_shell")
def test_no_prompt_in_time_is_124(command: Command) -> None:
    """What there was is printed."""
    done = command("run", "linux", "echo begun; sleep 60", "--timeout", "0.5s")
    assert (done.returncode, done.stdout) == (124, b"begun\n")
    assert done.stderr == b"consolesvc: linux: no prompt within 0.5 s\n"
    command("send", "linux", r"\x03", "-e", "--no-enter")
    command("wait", "linux", "# $", "--since", "-5")


def test_a_bad_command(command: Command) -> None:
    """In the service's words."""
    done = command("run", "linux", "two\nlines")
    assert done.returncode == 2
    assert b"command: found 'two\\nlines', expected one line, without control characters" in done.stderr


def test_a_reader_is_refused(tmp_path: Path) -> None:
    """Exit code 4; and so is who has no token, with the cure."""
    write_tokens(tmp_path, hush={"roles": ["reader"]})
    file = tmp_path / "lab.yaml"
    line = "servers: [{name: echo, line: {type: emulated, guest: echo}}]"
    file.write_text(f"identity: {{type: static, tokens: tokens.yaml}}\n{line}\n")
    with process.service(tmp_path / "run", "--config", str(file)) as running:
        environ = {"OS_ENDPOINT": running.api_url, "OS_TOKEN": "hush"}
        for words in (("run", "echo", "x"), ("send", "echo", "x"), ("mark", "echo", "x")):
            assert consolesvc(*words, env=environ).returncode == 4
        assert consolesvc("wait", "echo", "x", "--timeout", "0", env=environ).returncode == 124
        del environ["OS_TOKEN"]
        refused = consolesvc("run", "echo", "x", env=environ)
        assert (refused.returncode, b"put one into OS_TOKEN" in refused.stderr) == (4, True)
