"""A real Keystone from its package, in an environment and a process of its own, on SQLite (its users, its bugs)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venvs/keystone/bin/python"
"""Where `keystone` and `waitress` are installed."""
PATIENCE = 60.0
"""Seconds that it has to start, on a busy machine."""
ADMIN, PASSWORD = "admin", "keystone secret"
SERVICE_PASSWORD = "service secret"

_CONFIG = """\
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = false
"""
# Keystone reads sys.argv while it is imported. OS_TOKEN__EXPIRATION is oslo.config's way to set one option.
_SERVE = """\
import sys
port = int(sys.argv[1])
sys.argv = ["keystone"]
from keystone.wsgi.api import application
from waitress import serve
serve(application, host="127.0.0.1", port=port, threads=4)
"""


class RealKeystone:
    """A Keystone in a folder; `url` is its v3 API, also while it is dead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/v3"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None

    def set_up(self) -> None:
        """Make its database, its keys, an admin and the service's own user."""
        (self.folder / "keystone.conf").write_text(_CONFIG.format(folder=self.folder))
        user, group = f"--keystone-user={os.getuid()}", f"--keystone-group={os.getgid()}"
        self._manage("db_sync")
        self._manage("fernet_setup", user, group)
        self._manage(
            "bootstrap",
            f"--bootstrap-password={PASSWORD}",
            f"--bootstrap-public-url={self.url}",
            "--bootstrap-region-id=RegionOne",
        )
        self.start()
        self.make_user("consolesvc", SERVICE_PASSWORD, self.make_project("service"), "service")

    def start(self, *, expiration: int = 3600) -> None:
        """Serve, with tokens that live so many seconds; returns once it answers."""
        environment = {
            **os.environ,
            "OS_KEYSTONE_CONFIG_DIR": str(self.folder),
            "OS_TOKEN__EXPIRATION": str(expiration),
        }
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [PYTHON, "-c", _SERVE, str(self.port)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline, "Keystone did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it, as a machine that loses its power does. Idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def token(self, user: str = ADMIN, password: str = PASSWORD, project: str | None = "admin") -> str:
        """A token of a user."""
        domain = {"id": "default"}
        who = {"name": user, "password": password, "domain": domain}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": who}}}
        auth["scope"] = "unscoped" if project is None else {"project": {"name": project, "domain": domain}}
        request = urllib.request.Request(
            f"{self.url}/auth/tokens", json.dumps({"auth": auth}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(answer.headers["X-Subject-Token"])

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """An admin's call: the answer's JSON."""
        sent = {"X-Auth-Token": self.token(), "Content-Type": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def make_project(self, name: str) -> str:
        """A new project's id."""
        return str(self.call("POST", "/projects", {"project": {"name": name}})["project"]["id"])

    def make_user(self, name: str, password: str, project_id: str, role: str) -> str:
        """A new user's id, with a role in a project, which is made if it is none."""
        made = self.call("POST", "/users", {"user": {"name": name, "password": password}})["user"]["id"]
        found = self.call("GET", f"/roles?name={role}")["roles"]
        found = found or [self.call("POST", "/roles", {"role": {"name": role}})["role"]]
        self.call("PUT", f"/projects/{project_id}/users/{made}/roles/{found[0]['id']}")
        return str(made)

    def revoke(self, token: str) -> None:
        """End a token."""
        self.call("DELETE", "/auth/tokens", headers={"X-Subject-Token": token})

    def register(self, kind: str, url: str) -> None:
        """Put a service into the catalog."""
        made = self.call("POST", "/services", {"service": {"type": kind, "name": kind}})["service"]["id"]
        self.call("POST", "/endpoints", {"endpoint": {"service_id": made, "interface": "public", "url": url}})

    def _manage(self, *words: str) -> None:
        command = (str(PYTHON.with_name("keystone-manage")), "--config-dir", str(self.folder), *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=PATIENCE):
                return True
        except (OSError, urllib.error.URLError):
            return False
