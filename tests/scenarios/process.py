"""The service as a user starts it, a process of its own, and the small clients that the scenarios drive it with."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
CONSOLESVC = Path(sysconfig.get_path("scripts")) / "consolesvc"
"""The command as it is installed for the interpreter that runs the tests."""
OPENSTACK = ROOT / ".venvs/openstack/bin/openstack"

STRICT = os.environ.get("CONSOLESVC_TEST_STRICT") == "1"
"""Whether a test fails for want of something on this machine, where it is skipped elsewhere."""
START, STOP = 20.0, 5.0
"""Seconds to `ready`, with room for a busy machine; and to the end after TERM, DESIGN 5.1's promise."""

Found = TypeVar("Found")

_TOKEN = re.compile(r"token=([0-9a-f-]{36})")
_COMPLAINTS = ("Traceback", "Warning:", "never retrieved", "never awaited")


def needs(program: str | Path, cure: str) -> pytest.MarkDecorator:
    """Skip a test on a machine without `program`, and say so; under CONSOLESVC_TEST_STRICT=1 run it, and fail."""
    absent = shutil.which(program) is None
    return pytest.mark.skipif(absent and not STRICT, reason=f"no {Path(program).name} here: {cure}")


def eventually(what: str, look: Callable[[], Found], seconds: float = 5.0) -> Found:
    """What `look` returns once that is true; fails after so many seconds, saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.01)
    return found


class Running:
    """A running service.

    Attributes:
        process: Its process.
        ready: Its ready file (DESIGN 5.1).
        tokens: Every token that a client here was given: none of them may show in what it says.
        cacert: The CA of its certificate, where it speaks TLS.
    """

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.ready: dict[str, Any] = {}
        self.tokens: set[str] = set()
        self.cacert: Path | None = None

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What clients here speak TLS with; None where it speaks none."""
        return None if self.cacert is None else ssl.create_default_context(cafile=str(self.cacert))

    @property
    def api_url(self) -> str:
        """The API, such as `http://127.0.0.1:8774`."""
        return str(self.ready["api"])

    @property
    def proxy_url(self) -> str:
        """Where the consoles are, such as `ws://127.0.0.1:6083/`."""
        return str(self.ready["proxy"])

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has logged so far."""
        return (self.folder / "stderr").read_text()

    def server_id(self, name: str) -> str:
        """The id of the server with this name."""
        return str(next(server["id"] for server in self.ready["servers"] if server["name"] == name))

    def api(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api_url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.tls) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def metrics(self) -> str:
        """Its metrics, as Prometheus is given them."""
        with urllib.request.urlopen(str(self.ready["metrics"]), timeout=30) as answer:
            return str(answer.read().decode())

    def console_url(self, name: str) -> str:
        """A fresh console URL, by the call that started it all: os-getSerialConsole."""
        server_id = self.console(name)["id"]
        project = "0c5e1ab0-0000-0000-0000-000000000001"
        path = f"/v2.1/{project}/servers/{server_id}/action"
        status, answer = self.api("POST", path, {"os-getSerialConsole": {"type": "serial"}})
        assert status == 200, answer
        return self.keep(str(answer["console"]["url"]))

    def keep(self, url: str) -> str:
        """Remember a URL's token: the log must not have it."""
        self.tokens.update(_TOKEN.findall(url))
        return url

    def console(self, name: str) -> dict[str, Any]:
        """A console as the native API shows it."""
        status, answer = self.api("GET", f"/console/v1/consoles/{name}")
        assert status == 200, answer
        found: dict[str, Any] = answer["console"]
        return found

    def wait_for_line(self, name: str, state: str, seconds: float = 5.0) -> dict[str, Any]:
        """The console, once its line is in this state."""

        def look() -> dict[str, Any] | None:
            found = self.console(name)
            return found if found["line"]["state"] == state else None

        found = eventually(f"{name} {state}", look, seconds)
        assert found is not None
        return found

    def viewer(self, name: str, query: str = "", **options: Any) -> ClientConnection:
        """A websocket on a console, raw bytes unless other `subprotocols` are asked for; use it in `with`."""
        # close_timeout: a client that has stopped reading does not see the answer to its own close.
        plain: dict[str, Any] = {
            "compression": None,
            "max_size": None,
            "proxy": None,
            "close_timeout": 1,
            "subprotocols": ["binary"],
        }
        if self.cacert is not None:
            plain["ssl"] = self.tls
        viewer: ClientConnection = connect(self.console_url(name) + query, **{**plain, **options})
        return viewer

    def command(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """A consolesvc command against this service."""
        environ = {**environment(), "OS_ENDPOINT": f"{self.api_url}/v2.1"}
        if self.cacert is not None:
            environ["OS_CACERT"] = str(self.cacert)
        return subprocess.run(
            [CONSOLESVC, *words], env=environ, capture_output=True, text=True, timeout=30, check=False, **options
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self) -> float:
        """End it as an operator does; it must say 0 in time. Returns the seconds it took."""
        begun = time.monotonic()
        self.process.terminate()
        code = self.process.wait(STOP)
        assert code == 0, self.stderr
        return time.monotonic() - begun


@contextlib.contextmanager
def service(
    folder: Path, *words: str, program: Sequence[str | Path] = (CONSOLESVC, "serve"), **options: Any
) -> Iterator[Running]:
    """A service on free ports, with a state folder of its own, from `ready` until it has ended well.

    Args:
        folder: For its output and its ready file.
        words: More for `serve`. Without `--config` and `--fake`, the demo.
        program: What starts it, with `serve` in it where it is not `scripts/run`.
        options: More for Popen.

    When it is over its log is read: no traceback, no warning of Python's, no token.
    """
    folder.mkdir(exist_ok=True)
    ready = folder / "ready.json"
    free = ("--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0")
    state = () if "--state-dir" in words else ("--ephemeral",)
    options = {"env": environment(), **options}
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [*program, *free, *state, "--ready-file", ready, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            **options,
        )
    running = Running(process, folder)
    try:
        running.ready = _wait_for(ready, running)
        yield running
        if process.poll() is None:
            running.stop()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    _no_complaint(running)


def environment() -> dict[str, str]:
    """A user's environment, without another cloud's settings; Python says what it would have kept to itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTEST", "CONSOLESVC"))}
    return {**kept, "PYTHONWARNINGS": "default"}


def read_until(viewer: ClientConnection, wanted: bytes, seconds: float = 15.0) -> bytes:
    """Everything that comes until `wanted` has come."""
    seen, deadline = b"", time.monotonic() + seconds
    while wanted not in seen:
        try:
            message = viewer.recv(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            pytest.fail(f"no {wanted!r} within {seconds:g} s after {seen[-2000:]!r}")
        assert isinstance(message, bytes), "output comes in BINARY messages"
        seen += message
    return seen


def _wait_for(ready: Path, running: Running) -> dict[str, Any]:
    def look() -> bool:
        code = running.process.poll()
        assert code is None, f"ended with {code} before it was ready: {running.stderr}"
        return ready.exists()

    eventually("ready", look, START)
    found: dict[str, Any] = json.loads(ready.read_text())
    return found


def _no_complaint(running: Running) -> None:
    said = running.stdout + running.stderr
    assert [complaint for complaint in _COMPLAINTS if complaint in said] == [], said[-8000:]
    assert [token for token in running.tokens if token in said] == []
