"""The ways in that clients take, each a running service and the settings that lead a client to it (nova-contract 4)."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from consolesvc.config.passwords import hash_password
from tests.identity.keystone_process import PYTHON as KEYSTONE
from tests.identity.keystone_process import SERVICE_PASSWORD, RealKeystone
from tests.scenarios.process import ROOT, STRICT, Running, environment, service

VENVS = ROOT / ".venvs"
OPENSTACK = VENVS / "openstack/bin/openstack"
OPENSTACK_5_4 = VENVS / "openstack-5.4/bin/openstack"
NOVA = VENVS / "nova/bin/nova"
TEMPEST = VENVS / "tempest/bin/tempest"

PROJECT, SECRET = "lab", "correct horse"
USERS: Mapping[str, str] = {"one": "member", "two": "member", "looker": "reader", "root": "admin"}
"""Who there is where there are users, each with a role in the one project."""

PATIENCE = 60.0
"""Seconds that a client has: it takes two on an idle machine."""

_CONFIG = """\
identity: {identity}
emulator: {{allow_create: true}}
defaults: {{project_id: {project_id}}}
servers:
  - {{name: echo1, line: {{type: emulated, guest: echo, speed: max}}}}
  - {{name: echo2, line: {{type: emulated, guest: echo, speed: max}}}}
  - {{name: talker, line: {{type: emulated, guest: chatter, speed: max, rate: 20}}}}
"""
_PROJECT_ID = "0c5e1ab0000000000000000000000001"


def require(*programs: Path) -> None:
    """Skip where a client is not installed, loudly; under CONSOLESVC_TEST_STRICT=1 fail."""
    for program in programs:
        if shutil.which(program) is None:
            reason = f"{program} is missing; scripts/test makes its environment"
            pytest.fail(reason) if STRICT else pytest.skip(reason)


@dataclass(frozen=True)
class Way:
    """A running service, and how clients are told of it.

    Attributes:
        settings: OS_* variables.
        words: What the openstack command needs besides for `server list` (nova-contract 4).
        keystone: Keystone's URL, where there is one.
    """

    name: str
    running: Running
    settings: Mapping[str, str]
    words: tuple[str, ...] = ()
    keystone: str = ""

    @property
    def endpoint(self) -> str:
        """Compute's endpoint."""
        return f"{self.running.api_url}/v2.1"

    def run(
        self, program: Path, *words: str, code: int = 0, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a client; it must end with this code. `settings` are more variables; an empty one takes one away."""
        require(program)
        variables = {**environment(), **self.settings, **(settings or {})}
        done = subprocess.run(
            [program, *words],
            env={name: value for name, value in variables.items() if value},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, f"{program.name} {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def url(self, program: Path, *words: str) -> str:
        """The console URL that a client prints; that its token is in no log is looked at in the end."""
        found = self.run(program, *words).stdout
        assert f"{self.running.proxy_url}?token=" in found, found
        start = found.index(self.running.proxy_url)
        return self.running.keep(found[start:].split()[0])

    def script(self, python: Path, text: str, *words: str) -> object:
        """What a script of a client's library prints, as JSON."""
        done = self.run(python, "-W", "ignore", "-c", text, *words)
        return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def no_identity(folder: Path) -> Iterator[Way]:
    """Identity none, and a client that says so."""
    with service(folder, "--config", _configure(folder, "{type: none}")) as running:
        settings = {"OS_AUTH_TYPE": "none", "OS_ENDPOINT": f"{running.api_url}/v2.1"}
        # The client takes the v2.1 of the endpoint for Keystone's version otherwise.
        yield Way("none", running, settings, ("--os-identity-api-version", "3"))


@contextlib.contextmanager
def builtin(folder: Path) -> Iterator[Way]:
    """Passwords at the service's own Keystone."""
    folder.mkdir(exist_ok=True)
    secret = hash_password(SECRET)
    users = [
        {"name": name, "password_hash": str(secret), "project": PROJECT, "roles": [role]}
        for name, role in USERS.items()
    ]
    (folder / "users.yaml").write_text(json.dumps({"users": users}))
    config = _configure(folder, "{type: builtin, users: users.yaml}")
    with service(folder, "--config", config) as running:
        auth_url = f"{running.api_url}/identity/v3"
        yield Way("builtin", running, _password(auth_url, "one"), keystone=auth_url)


@contextlib.contextmanager
def real_keystone(folder: Path) -> Iterator[Way]:
    """Passwords at a real Keystone, whose catalog names the service."""
    require(KEYSTONE)
    folder.mkdir(exist_ok=True)
    keystone = RealKeystone(folder)
    try:
        keystone.set_up()
        project_id = keystone.make_project(PROJECT)
        for name, role in USERS.items():
            keystone.make_user(name, SECRET, project_id, role)
        (folder / "password").write_text(SERVICE_PASSWORD)
        identity = (
            f"{{type: keystone, auth_url: '{keystone.url}', username: consolesvc, password_file: password, "
            "project_name: service}"
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        keystone.register("compute", f"http://{address}/v2.1")
        config = _configure(folder, identity, project_id)
        with service(folder, "--config", config, "--set", f"api.listen={address}") as running:
            yield Way("keystone", running, _password(keystone.url, "one"), keystone=keystone.url)
    finally:
        keystone.kill()


def _configure(folder: Path, identity: str, project_id: str = _PROJECT_ID) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / "lab.yaml"
    path.write_text(_CONFIG.format(identity=identity, project_id=project_id))
    return str(path)


def _password(auth_url: str, user: str) -> dict[str, str]:
    return {
        "OS_AUTH_TYPE": "password",
        "OS_AUTH_URL": auth_url,
        "OS_USERNAME": user,
        "OS_PASSWORD": SECRET,
        "OS_PROJECT_NAME": PROJECT,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
    }
