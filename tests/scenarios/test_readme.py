"""The README's examples for scripts are run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.process import CONSOLESVC, ROOT, Running, environment, service

pytestmark = pytest.mark.timeout(120)

README = (ROOT / "README.md").read_text()
API = "http://127.0.0.1:8774"
POWER_CYCLE = """#!{python}
import json, os, sys, urllib.request

body = json.dumps({{"reboot": {{"type": "HARD"}}}}).encode()
url = os.environ["OS_ENDPOINT"] + "/v2.1/servers/" + os.environ["FAKE1"] + "/action"
urllib.request.urlopen(urllib.request.Request(url, body, {{"Content-Type": "application/json"}})).close()
"""


def block(holds: str) -> str:
    """The indented block with this text in it."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", README, re.MULTILINE)
    (found,) = (each for each in blocks if holds in each)
    return re.sub(r"^    ", "", found, flags=re.MULTILINE).strip() + "\n"


def test_a_shell_script_and_a_python_script_drive_a_boot(tmp_path: Path) -> None:
    """The five lines, twice: the second time an old login is there, and does not count. Then the Python."""
    script = block("consolesvc mark fake1 boot")
    assert script.count("\n") == 5
    with service(tmp_path / "run") as running:
        running.wait_for_line("fake1", "connected")
        for _ in range(2):
            done = shell(script, tmp_path, running)
            assert done.returncode == 0, done.stderr
            assert done.stdout.splitlines()[-1].startswith("Linux fake1 ")
        python = block("from consolesvc.client import Cloud")
        assert API in python
        done = subprocess.run(
            [sys.executable, "-c", python.replace(API, running.api_url)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "uname -a\nLinux fake1 " in done.stdout
        done = shell(block("format=cast2' >").replace(API, running.api_url), tmp_path, running)
        assert done.returncode == 0, done.stderr
        assert '"m", "test 12"' in (tmp_path / "test12.cast").read_text()


def test_the_pytest_example(tmp_path: Path) -> None:
    """As a file of somebody's tests."""
    (tmp_path / "test_example.py").write_text(block("def test_the_boot_loader"))
    words = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "test_example.py"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def shell(script: str, folder: Path, running: Running) -> subprocess.CompletedProcess[str]:
    """Run a script as its author would: commands on the PATH, and a power switch of theirs."""
    switch = folder / "power-cycle"
    switch.write_text(POWER_CYCLE.format(python=sys.executable))
    switch.chmod(0o755)
    environ = {
        **environment(),
        "PATH": f"{CONSOLESVC.parent}:{os.environ['PATH']}",
        "OS_ENDPOINT": running.api_url,
        "FAKE1": running.server_id("fake1"),
    }
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
