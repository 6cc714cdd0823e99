"""Share links over an upgrade of the service: what they were good for they are good for."""

from __future__ import annotations

import json
from pathlib import Path

from websockets.sync.client import connect

from tests.scenarios.follower import V1
from tests.scenarios.process import Running, eventually, service


def test_a_link_outlives_a_restart_and_still_types_nothing(tmp_path: Path) -> None:
    """By its token and by the secret of a session that was cut; each comes back as one who looks."""
    words = ("--fake", "echo=1", "--state-dir", str(tmp_path / "state"))
    with service(tmp_path / "one", *words) as running:
        running.wait_for_line("echo1", "connected")
        status, answer = running.api("POST", "/console/v1/consoles/echo1/share", {"ttl": 600})
        assert status == 200
        token = running.keep(answer["share"]["url"]).partition("token=")[2]
        hello = looks(running, f"token={token}")
    with service(tmp_path / "two", *words) as running:
        running.wait_for_line("echo1", "connected")
        running.tokens.add(token)
        looks(running, f"token={token}")
        looks(running, f"resume={hello['resume']}&since={hello['offset']}&stream={hello['stream']}")
        assert running.console("echo1")["counters"]["in"] == 0
        eventually("the refused bytes counted", lambda: running.console("echo1")["refused"] == 12)


def looks(running: Running, query: str) -> dict[str, object]:
    """Somebody who comes by this types in vain; their hello."""
    with connect(f"{running.proxy_url}?{query}", subprotocols=[V1], proxy=None, close_timeout=1) as viewer:
        hello: dict[str, object] = json.loads(viewer.recv(5))
        assert hello["may_type"] is False
        viewer.send(b"reboot")
        said = json.loads(viewer.recv(5))
        while said["type"] != "input":
            said = json.loads(viewer.recv(5))
        assert said["text"] == "input refused (6 bytes): this session may only look"
    return hello
