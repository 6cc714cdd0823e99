"""Several hosts: a hub that shows the consoles of two others, and two hubs that share their tokens."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.scenarios.network import Star, needs_network, on, star
from tests.scenarios.process import CONSOLESVC, Running, eventually, read_until, service
from tests.tokens.redis_server import HAS_REDIS, redis_server

__all__ = ["star"]

pytestmark = pytest.mark.timeout(120)


@contextlib.contextmanager
def host(folder: Path, namespace: str, address: str, *words: str) -> Iterator[Running]:
    """A service in a namespace, at an address that others reach."""
    listen = (
        *("--set", f"api.listen={address}:8774", "--set", f"proxy.listen={address}:6083"),
        *("--set", "identity.allow_remote=true"),
    )
    with on(namespace):
        running = service(folder, *words, *listen, program=("ip", "netns", "exec", namespace, CONSOLESVC, "serve"))
        with running as made:
            yield made


def output(running: Running, name: str) -> dict[str, Any]:
    """All of a console's output that there is, with its offsets."""
    status, answer = running.api("GET", f"/console/v1/consoles/{name}/output?limit=1048576&encoding=base64")
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


@needs_network
def test_a_hub_shows_two_hosts_and_loses_nothing_to_a_cut_cable(tmp_path: Path, star: Star) -> None:
    """One list for the lab; what is typed reaches the machine; a cable pulled while it talks costs not a byte."""
    spare = tmp_path / "hub.yaml"
    lines = [
        f"  - {{name: h{n}, line: {{type: consolesvc, url: 'http://{star.address(n)}:8774', name: {guest}1}}}}\n"
        for n, guest in enumerate(("chatter", "echo"))
    ]
    spare.write_text("identity: {allow_remote: true}\nservers:\n" + "".join(lines))
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(host(tmp_path / "first", star.others[0], star.address(0), "--fake", "chatter=1"))
        stack.enter_context(host(tmp_path / "second", star.others[1], star.address(1), "--fake", "echo=1"))
        hub = stack.enter_context(host(tmp_path / "hub", star.hub, star.address(0, hub=True), "--config", str(spare)))
        stack.enter_context(on(star.hub))
        for name in ("h0", "h1"):
            hub.wait_for_line(name, "connected", 15)
        with hub.viewer("h1") as viewer:
            viewer.send(b"typed at the hub\r")
            read_until(viewer, b"typed at the hub")
        with on(star.others[0]):
            end = first.console("chatter1")["end"]
        star.cut(0)
        eventually("the hub notices", lambda: hub.console("h0")["line"]["state"] != "connected", 60)
        star.mend(0)
        hub.wait_for_line("h0", "connected", 30)
        eventually("the hub is level", lambda: hub.console("h0")["end"] > end + 500, 20)
        here = output(hub, "h0")
        with on(star.others[0]):
            there = output(first, "chatter1")
        assert (here["stream"], here["start"], here["gap"]) == (there["stream"], there["start"], None)
        least = min(len(here["contents"]), len(there["contents"])) // 4 * 4 - 4
        assert least > 2000
        assert here["contents"][:least] == there["contents"][:least]


@HAS_REDIS
def test_two_hubs_share_tokens_secrets_and_their_ends(tmp_path: Path) -> None:
    """Behind one address it does not matter which is asked; with Redis away, open sessions go on, new ones are 503."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="r"))
        redis = stack.enter_context(redis_server(Path(folder)))
        words = ("--fake", "echo=1", "--set", f"tokens.store={redis.url}")
        here = stack.enter_context(service(tmp_path / "here", *words))
        there = stack.enter_context(service(tmp_path / "there", *words))
        url = there.keep(here.console_url("echo1").replace(here.proxy_url, there.proxy_url))
        first = stack.enter_context(connect(url, proxy=None, subprotocols=["consolesvc.v1"]))  # type: ignore[list-item]  # a NewType of str
        hello = json.loads(first.recv(timeout=5))
        first.close()
        back = f"{here.proxy_url}?resume={hello['resume']}&replay=0"
        session = stack.enter_context(connect(back, proxy=None, subprotocols=["consolesvc.v1"]))  # type: ignore[list-item]  # the same
        assert json.loads(session.recv(timeout=5))["stream"] != hello["stream"], "it is another host's console"

        status, answer = here.api("POST", "/console/v1/servers/echo1/state", {"expire_tokens": True})
        assert (status, answer["server"]["expired_tokens"]) == (200, 1)
        assert refusal(url) == 401

        redis.hang()
        assert mint(there) == 503
        fresh = url.replace(url[-36:], "00000000-0000-4000-8000-000000000000")
        assert refusal(fresh) == 503
        session.send(b"still here\r")
        seen = b""
        while b"still here" not in seen:
            message = session.recv(timeout=5)
            seen += message if isinstance(message, bytes) else b""
        redis.go_on()
        assert mint(there) == 200


@HAS_REDIS
def test_servers_go_while_redis_is_away(tmp_path: Path) -> None:
    """Deleted over the API, and by a reload: people are told, lines close, and Redis hears of it when it is back."""
    entry = "  - {{name: echo{0}, line: {{type: emulated, guest: echo, speed: max}}}}\n"
    config = tmp_path / "lab.yaml"
    config.write_text("servers:\n" + entry.format(1) + entry.format(2))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="r"))
        redis = stack.enter_context(redis_server(Path(folder)))
        words = ("--set", f"tokens.store={redis.url}", "--set", "emulator.allow_create=true")
        here = stack.enter_context(service(tmp_path / "run", "--config", str(config), *words))
        order = {"server": {"name": "made", "imageRef": "echo", "flavorRef": "1"}}
        status, answer = here.api("POST", "/v2.1/servers", order)
        assert status == 202
        made = answer["server"]["id"]
        here.wait_for_line("made", "connected")
        viewers = [stack.enter_context(here.viewer(name)) for name in ("made", "echo2")]
        before = terminals(here)
        assert made in redis.everything()
        redis.hang()
        request = urllib.request.Request(f"{here.api_url}/v2.1/servers/{made}", method="DELETE")
        with urllib.request.urlopen(request, timeout=10) as done:
            assert done.status == 204
        assert ending(viewers[0]) == (4002, "server deleted")
        config.write_text("servers:\n" + entry.format(1))
        here.signal(signal.SIGHUP)
        assert ending(viewers[1]) == (4002, "server removed")
        eventually("the lines of the two are closed", lambda: terminals(here) == before // 3)
        redis.go_on()
        eventually("Redis is told", lambda: "tokens:" not in redis.everything(), 10)
        assert "cannot be changed" not in here.stderr


def ending(viewer: ClientConnection) -> tuple[int, str]:
    """The code and the reason of a websocket's close, whatever comes before."""
    for _ in range(100):
        try:
            viewer.recv(timeout=10)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
    pytest.fail("it goes on")


def terminals(running: Running) -> int:
    """How many descriptors of terminals it has."""
    return sum("/dev/pts/" in os.path.realpath(fd) for fd in Path(f"/proc/{running.process.pid}/fd").iterdir())


def mint(running: Running) -> int:
    """The status of os-getSerialConsole."""
    server = running.server_id("echo1")
    status, answer = running.api("POST", f"/v2.1/servers/{server}/action", {"os-getSerialConsole": {"type": "serial"}})
    if status == 200:
        running.keep(answer["console"]["url"])
    else:
        assert answer["serviceUnavailable"]["message"] == "The token store does not answer; try again later."
    return status


def refusal(url: str) -> int:
    """The HTTP status with which a websocket is refused."""
    with pytest.raises(InvalidStatus) as caught:
        connect(url, proxy=None, open_timeout=15)
    return caught.value.response.status_code


def test_a_redis_library_that_is_missing_is_said(tmp_path: Path) -> None:
    """With the command that installs it."""
    code = "import sys; sys.modules['redis'] = None; from consolesvc.cli import main; sys.exit(main())"
    words = ["serve", "--ephemeral", "--set", "tokens.store=redis://localhost"]
    python = shutil.which("python", path=str(CONSOLESVC.parent)) or "python"
    done = subprocess.run(
        [python, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert "tokens.store: redis is not installed: pip install 'consolesvc[redis]'" in done.stderr
