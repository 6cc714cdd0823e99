"""`consolesvc wait`."""

from __future__ import annotations

import json
import subprocess
import time

from tests.cli.conftest import Command
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, Running


def test_it_prints_what_matched(command: Command) -> None:
    """From an offset, from the end, from a mark; as text or with all there is to know."""
    offset = int(command("mark", "echo", "here").stdout)
    assert command("send", "echo", "größe 12", "--no-enter").returncode == 0
    for since in (str(offset), "here", "-10"):
        done = command("wait", "echo", r"gr\S+ \d", "--since", since)
        assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "größe 1\n", b"")
    document = json.loads(command("wait", "echo", r"(\d)(?P<last>\d)", "--since", "here", "--json").stdout)
    assert document == {
        "text": "12",
        "start": offset + 8,
        "end": offset + 10,
        "groups": ["1", "2"],
        "named": {"last": "2"},
        "index": 0,
        "gap": None,
    }


def test_it_waits_for_what_comes(fakes: Running, command: Command) -> None:
    """By default for what is said from now on."""
    environ = {**CLEAN, "OS_ENDPOINT": fakes.api}
    command("send", "echo", "ready ")
    with subprocess.Popen([*CONSOLESVC, "wait", "echo", "ready now"], env=environ, stdout=subprocess.PIPE) as waiting:
        time.sleep(0.7)
        command("send", "echo", "ready now")
        assert waiting.communicate(timeout=PATIENCE)[0] == b"ready now\n"
        assert waiting.returncode == 0


def test_a_timeout_is_124(command: Command) -> None:
    """And says whence to go on."""
    begun = time.monotonic()
    done = command("wait", "linux", "never", "--timeout", "0.3s", "--since", "999999999")
    assert (done.returncode, done.stdout) == (124, b"")
    assert done.stderr.startswith(b"consolesvc: linux: no match of 'never' within 0.3 s; --since ")
    assert time.monotonic() - begun > 0.3


def test_exit_codes(command: Command) -> None:
    """Of DESIGN 5.1."""
    assert command("wait", "nobody", "x").returncode == 3
    assert command("wait", "echo", "x", "--since", "no such mark").returncode == 3
    assert command("wait", "echo", "x", "--timeout", "soon").returncode == 2
    refused = command("wait", "echo", "(")
    assert (refused.returncode, b"expected a regular expression in RE2's syntax" in refused.stderr) == (2, True)
