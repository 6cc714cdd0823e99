"""The real, unmodified openstack client, in an environment of its own, from a command to a login prompt."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.scenarios.process import OPENSTACK, Running, environment, needs, read_until, service

pytestmark = [
    needs(OPENSTACK, "scripts/test makes its environment, .venvs/openstack"),
    pytest.mark.timeout(180),
]

NO_AUTH = ("--os-auth-type", "none", "--os-endpoint")
URL_OF_FAKE1 = ("console", "url", "show", "--serial", "fake1", "-f", "value", "-c", "url")


@pytest.mark.parametrize("version", [("--os-compute-api-version", "2.1"), ()], ids=["2.1", "default"])
def test_a_console_url_leads_to_a_machine_that_answers(tmp_path: Path, version: tuple[str, ...]) -> None:
    """The whole of the main job: the client's URL, the banner's login, and 6*7 on the machine behind it."""
    with service(tmp_path) as running:
        url = openstack(
            running, *NO_AUTH, f"{running.api_url}/v2.1", *version,
            *URL_OF_FAKE1,
        )  # fmt: skip
        assert url.startswith(f"{running.proxy_url}?token=")
        with connect(running.keep(url.strip()), subprotocols=["binary"], proxy=None) as viewer:  # type: ignore[list-item]  # a NewType of str
            log_in(viewer)
            viewer.send(b"echo $((6*7))\n")
            assert b"\r\n42\r\n" in read_until(viewer, b"\r\n42\r\n")


def test_the_command_that_serve_prints_works_as_it_is_printed(tmp_path: Path) -> None:
    """Copied into a shell it gives the URL; nothing in it is a pattern to zsh, which fails on those without a match."""
    with service(tmp_path) as running:
        printed = next(line.strip() for line in running.stdout.splitlines() if "console url show" in line)
        quoting = shlex.shlex(printed, posix=False, punctuation_chars=False)
        quoting.whitespace_split = True
        bare = [word for word in quoting if not word.startswith("'")]
        assert [word for word in bare if set("?*[]~#&<>|;()$`!{}") & set(word)] == []
        environ = environment()
        environ["PATH"] = f"{OPENSTACK.parent}:{environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", printed], env=environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert running.keep(done.stdout).startswith(f"{running.proxy_url}?token=")


def test_env_makes_the_client_work_without_another_word(tmp_path: Path) -> None:
    """`eval "$(consolesvc env)"`, also over another cloud's openrc; then the lists and a server by name."""
    with service(tmp_path) as running:
        exports = running.command("env").stdout
        openrc = (
            "export OS_AUTH_URL=http://192.0.2.1/v3 OS_USERNAME=me OS_PASSWORD=x OS_PROJECT_NAME=p OS_CLOUD=other; "
        )
        listed = json.loads(evaluated(openrc + exports, "openstack server list -f json"))
        assert {(server["Name"], server["Status"]) for server in listed} == {
            ("fake1", "ACTIVE"), ("fake2", "ACTIVE"), ("fake3", "ACTIVE"),
        }  # fmt: skip
        shown = json.loads(evaluated(exports, "openstack server show fake2 -f json"))
        assert shown["id"] == running.server_id("fake2")
        url = evaluated(exports, "openstack console url show --serial fake3 -f value -c url")
        assert running.keep(url).startswith(f"{running.proxy_url}?token=")


def test_clouds_yaml_makes_the_client_work(tmp_path: Path) -> None:
    """The other way to name a cloud: `--os-cloud consolesvc`."""
    with service(tmp_path) as running:
        (tmp_path / "clouds.yaml").write_text(running.command("env", "--clouds-yaml").stdout)
        shown = openstack(
            running, "--os-cloud", "consolesvc", "server", "show", "fake1", "-f", "value", "-c", "id", cwd=tmp_path
        )
        assert shown.strip() == running.server_id("fake1")


def log_in(viewer: ClientConnection) -> None:
    """Log in with what the banner says."""
    banner = read_until(viewer, b"login: ")
    said = re.search(rb'Log in as (\w+), password "(\w+)"', banner)
    assert said, banner
    viewer.send(said[1] + b"\n")
    read_until(viewer, b"assword: ")
    viewer.send(said[2] + b"\n")
    read_until(viewer, b"# ")


def openstack(running: Running, *words: str, cwd: Path | None = None) -> str:
    """What the client prints; it must succeed."""
    done = subprocess.run(
        [OPENSTACK, *words], env=environment(), cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + running.stderr
    return done.stdout


def evaluated(exports: str, command: str) -> str:
    """What a command prints in a shell that has evaluated these exports."""
    environ = environment()
    environ["PATH"] = f"{OPENSTACK.parent}:{environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", f"{exports}\n{command}"], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
