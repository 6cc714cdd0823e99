"""The units that the project brings, as systemd and an operator take them (DESIGN 5.1)."""

from __future__ import annotations

import configparser
import subprocess
import time
from pathlib import Path

import pytest

from tests.scenarios.process import CONSOLESVC, ROOT, eventually, needs, service
from tests.scenarios.systemd import ECHO

pytestmark = pytest.mark.timeout(120)


def unit(folder: Path) -> Path:
    """The units, with the command where it is installed here."""
    for name in ("consolesvc.service", "consolesvc.socket"):
        text = (ROOT / "config" / name).read_text()
        assert name.endswith("socket") or text.count("=/usr/local/bin/consolesvc ") == 2
        (folder / name).write_text(text.replace("/usr/local/bin/consolesvc", str(CONSOLESVC)))
    return folder / "consolesvc.service"


@needs("systemd-analyze", "part of Debian's package systemd")
def test_systemd_takes_the_units_as_they_are(tmp_path: Path) -> None:
    """No unknown key, no bad value; and what the service may do is little: 2 and below is what systemd calls OK."""
    file = unit(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", file, file.with_suffix(".socket")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", file],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_it_is_never_given_up(tmp_path: Path) -> None:
    """systemd's own default is five quick failures, and then never again: the limit is off, where systemd reads it."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # its keys have their case
    parser.read(unit(tmp_path))
    assert parser["Unit"]["StartLimitIntervalSec"] == "0"
    assert (parser["Service"]["Restart"], parser["Service"]["RestartSec"]) == ("on-failure", "2")


def test_a_reload_of_a_wrong_file_is_refused_before_the_service_hears_of_it(tmp_path: Path) -> None:
    """ExecReload's commands in their order, as systemd runs them: the second only where the first says 0."""
    lines = (ROOT / "config/consolesvc.service").read_text().splitlines()
    reloads = [line.removeprefix("ExecReload=") for line in lines if line.startswith("ExecReload=")]
    config = tmp_path / "lab.yaml"
    config.write_text(ECHO)
    with service(tmp_path / "run", "--config", str(config)) as running:

        def reload() -> tuple[int, str]:
            for line in reloads:
                words = line.replace("/usr/local/bin/consolesvc", str(CONSOLESVC))
                words = words.replace("/etc/consolesvc/lab.yaml", str(config))
                words = words.replace("$MAINPID", str(running.process.pid))
                done = subprocess.run(words.split(), capture_output=True, text=True, timeout=20, check=False)
                if done.returncode:
                    return done.returncode, done.stderr
                assert done.stdout == ""
            return 0, done.stderr

        assert reload() == (0, "")
        eventually("reloaded", lambda: "configuration reloaded: 1 servers" in running.stderr)
        config.write_text("servers: [{name: x}]\n")
        code, said = reload()
        assert code == 2
        assert f"{config}:1: servers[0]: " in said
        time.sleep(0.3)
        assert "not reloaded" not in running.stderr
        config.write_text(ECHO + ECHO.partition("\n")[2].replace("echo1", "echo2"))
        assert reload() == (0, "")
        eventually("reloaded", lambda: "configuration reloaded: 2 servers" in running.stderr)


def test_a_service_says_where_its_descriptors_do_not_suffice(tmp_path: Path, config: Path) -> None:
    """What `limits` promises and the process may not have is said at the start, as `check` says it."""
    program = ["sh", "-c", 'ulimit -n 300; exec "$0" serve "$@"', str(CONSOLESVC)]
    with service(tmp_path / "run", "--config", str(config), program=program) as running:
        assert "`limits` promises 576 connections to 1 consoles, and about 291 file descriptors" in running.stderr
