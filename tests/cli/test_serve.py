from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, consolesvc, service
from tests.identity.world import cheap_hash

FREE = ("--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0", "--ephemeral")


def test_a_ready_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A sentence and exit code 1, before a port is bound; a folder in its place is left alone."""
    for path, why in ((tmp_path / "nix" / "x", "No such file or directory"), (tmp_path, "Is a directory")):
        done = consolesvc("serve", *FREE, "--ready-file", str(path))
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.decode() == f"consolesvc: --ready-file {path}: cannot be written: {why}\n"


def test_a_ready_file_that_fails_late() -> None:
    """Where a folder takes no file, which shows once the ports are bound: the same, and all is stopped."""
    done = consolesvc("serve", *FREE, "--ready-file", "/proc/self/ready")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == (
        "consolesvc: --ready-file /proc/self/ready: cannot be written: No such file or directory"
    )


def test_a_stale_ready_file_is_gone_before_the_start(tmp_path: Path) -> None:
    """Who polls for it must not take that of a service that was killed for this one's."""
    stale = tmp_path / "ready.json"
    stale.write_text("{}")
    other = tmp_path / "other"
    other.mkdir()
    with service(other, "fake: echo") as running:
        taken = running.api.removeprefix("http://")
        done = subprocess.run(
            [*CONSOLESVC, "serve", *FREE, "--set", f"api.listen={taken}", "--ready-file", stale],
            capture_output=True,
            env=CLEAN,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert not stale.exists()


def announced(folder: Path, *program: str | Path, path: str = os.defpath, config: str = "") -> list[str]:
    """What `serve` prints until it is ready, started in `folder` by a user with this PATH."""
    argv = [*program, "serve", *FREE]
    if config:
        (folder / "lab.yaml").write_text(config)
        argv += ["--config", "lab.yaml"]
    environment = CLEAN | {"PATH": path, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        argv, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        while (line := process.stdout.readline()) not in ("ready\n", ""):
            lines.append(line.rstrip())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    return lines


@pytest.mark.parametrize(
    ("program", "path", "typed"),
    [
        ("./consolesvc", os.defpath, "./consolesvc"),
        ("bin/consolesvc", os.defpath, "bin/consolesvc"),
        ("consolesvc", "{folder}/bin:" + os.defpath, "consolesvc"),
        ("{folder}/bin/consolesvc", "{folder}/bin:" + os.defpath, "consolesvc"),
        ("./consolesvc", "{folder}/bin:" + os.defpath, "./consolesvc"),
        ("{folder}/consolesvc", os.defpath, "./consolesvc"),
    ],
)
def test_the_command_to_copy_is_one_that_a_shell_finds(tmp_path: Path, program: str, path: str, typed: str) -> None:
    """By its bare name only where that is on the PATH; in its own folder with `./`."""
    (tmp_path / "bin").mkdir()
    for folder in (tmp_path, tmp_path / "bin"):
        shutil.copy(Path(sys.executable).with_name("consolesvc"), folder)
    started = program.format(folder=tmp_path)
    found = "/usr/bin/env" if "/" not in started else None
    words = [found, started] if found else [started]
    lines = announced(tmp_path, *words, path=path.format(folder=tmp_path))
    assert next(line for line in lines if " attach " in line).startswith(f"  {typed} attach 'fake1' --endpoint ")


USERS = """users:
- {name: alice, password_hash: "%s", project: lab, roles: [member]}
"""
IDENTITIES = {
    "{type: static, tokens: tokens.yaml}": "--os-auth-type admin_token --os-endpoint 'API/v2.1' --os-token TOKEN",
    "{type: builtin, users: users.yaml}": "--os-auth-url API/identity/v3 --os-username USER --os-project-name PROJECT"
    " --os-user-domain-name Default --os-project-domain-name Default",
    "{type: keystone, auth_url: 'http://127.0.0.1:1/v3', username: us, password_file: pw, project_name: service}": (
        "--os-auth-url http://127.0.0.1:1/v3 --os-username USER --os-project-name PROJECT"
        " --os-user-domain-name Default --os-project-domain-name Default"
    ),
}


@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_commands_fit_the_identity(tmp_path: Path, identity: str) -> None:
    """`--os-auth-type none` would be a 401; so would `attach NAME`, which says what to do instead."""
    (tmp_path / "users.yaml").write_text(USERS % cheap_hash("secret"))
    (tmp_path / "tokens.yaml").write_text(
        f"tokens: [{{sha256: {'ab' * 32}, user: a, project_id: {'ab' * 16}, roles: [member]}}]"
    )
    (tmp_path / "pw").write_text("secret")
    config = f"identity: {identity}\nservers: [{{name: a, line: {{type: emulated, guest: echo}}}}]\n"
    lines = announced(tmp_path, *CONSOLESVC, config=config)
    api = next(line for line in lines if line.startswith("API ")).split()[1].removesuffix("/v2.1")
    commands = [line for line in lines if " console url show " in line or " attach " in line]
    auth = IDENTITIES[identity].replace("API", api)
    assert commands == [
        f"  openstack {auth} console url show --serial 'a' -f value -c url",
        f"  {sys.executable} -m consolesvc attach URL",
    ]
