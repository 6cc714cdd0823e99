"""A day of one service, with every secret that it has: none of them is in what it writes (nova-contract 3.4)."""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from consolesvc.config.passwords import hash_password
from tests.scenarios.process import Running, eventually, service

PASSWORD = "correct-horse-" + secrets.token_hex(8)

CONFIG = """
identity: {{type: builtin, users: users.yaml}}
log: {{directory: {folder}/logs}}
audit: {{file: {folder}/audit.log}}
service: {{log_format: json}}
servers:
  - {{name: node, line: {{type: emulated, guest: echo}}}}
"""


def call(url: str, body: object = None, token: str = "", method: str = "POST") -> tuple[Any, dict[str, str]]:
    """An answer's JSON and its headers, whatever its status is."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **({"X-Auth-Token": token} if token else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=20) as answer:
            return json.loads(answer.read() or b"null"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read() or b"null"), dict(error.headers)


def login(lab: Running, password: str) -> str:
    """A token of the builtin Keystone; "" where the password is wrong."""
    domain = {"name": "Default"}
    user = {"name": "alice", "domain": domain, "password": password}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "lab", "domain": domain}},
        }
    }
    _, headers = call(f"{lab.api_url}/identity/v3/auth/tokens", body)
    return headers.get("X-Subject-Token", "")


def refused(url: str, **options: Any) -> None:
    """A websocket that does not come to be, or ends at once."""
    with contextlib.suppress(WebSocketException, OSError), connect(url, proxy=None, **options) as viewer:
        viewer.recv(timeout=5)


def attend(url: str) -> str:
    """Attach by a token or a resume secret, type something, leave: the next resume secret."""
    with connect(url, proxy=None, subprotocols=["consolesvc.v1"]) as viewer:  # type: ignore[list-item]  # a NewType
        hello = json.loads(viewer.recv(timeout=5))
        viewer.send(b"ls\r")
        return str(hello["resume"])


def nonsense(lab: Running, token: str) -> None:
    """Requests that break off, or break HTTP, with a token in their first line."""
    host, port = lab.proxy_url.split("/")[2].split(":")
    for end in (b"", b" HTTP/9.9\r\n\r\n", b" HTTP/1.1\r\nHost: \xff\r\nX: a\x00b\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as sock:
            sock.sendall(f"GET /?token={token}".encode() + end)
            sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while sock.recv(65536):
                    pass


def written(folder: Path) -> dict[str, bytes]:
    """All that it has written, by file, but for what a test's own machine says."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("lab.yaml", "users.yaml")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_no_secret_of_a_long_day_is_in_any_log(tmp_path: Path) -> None:
    """Passwords right and wrong, tokens of both kinds, share links, resume secrets; used well, late and in nonsense."""
    (tmp_path / "users.yaml").write_text(
        f'users:\n  - {{name: alice, password_hash: "{hash_password(PASSWORD)}", project: lab, roles: [member]}}\n'
    )
    (tmp_path / "lab.yaml").write_text(CONFIG.format(folder=tmp_path))
    wrong = "wrong-" + secrets.token_hex(8)
    words = ("--config", str(tmp_path / "lab.yaml"), "--state-dir", str(tmp_path / "state"))
    with service(tmp_path, *words) as lab:
        assert login(lab, wrong) == ""
        token = login(lab, PASSWORD)
        console = f"{lab.api_url}/console/v1/consoles/node"
        action = f"{lab.api_url}/v2.1/servers/{lab.server_id('node')}/action"
        minted, _ = call(action, {"os-getSerialConsole": {"type": "serial"}}, token)
        assert "console" in minted, minted
        url = minted["console"]["url"]
        shared, _ = call(f"{console}/share", {"ttl": 60}, token)
        share = shared["share"]["url"]
        resume = attend(url)
        resumed = attend(f"{lab.proxy_url}?resume={resume}")
        attend(share)
        made_up = secrets.token_hex(16)
        for bad in (f"{lab.proxy_url}?token={made_up}", f"{lab.proxy_url}?resume={made_up}", f"{url}&since=nonsense"):
            refused(bad)
            refused(bad, origin="http://evil.example")
        consoles_token = url.rpartition("token=")[2]
        nonsense(lab, consoles_token)
        call(f"{lab.api_url}/nowhere?token={consoles_token}", method="GET")
        call(f"{lab.api_url}/v2.1/os-console-auth-tokens/{consoles_token}", token=token, method="GET")
        call(f"{lab.api_url}/v2.1/servers?name={consoles_token}(", token=made_up, method="GET")
        (tmp_path / "lab.yaml").write_text(f"nonsense: {consoles_token}\n")
        lab.signal(signal.SIGHUP)
        eventually("the refusal", lambda: "reload" in lab.stderr)
        lab.stop()
    all_secrets = {PASSWORD, wrong, token, consoles_token, share.rpartition("token=")[2], resume, resumed, made_up}
    assert "" not in all_secrets
    files = written(tmp_path)
    assert {"stdout", "stderr", "audit.log"} <= set(files)
    assert any(name.startswith("state/") for name in files)
    assert [(name, secret) for secret in all_secrets for name, data in files.items() if secret.encode() in data] == []
