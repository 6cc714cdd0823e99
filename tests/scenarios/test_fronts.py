"""Behind the real nginx and HAProxy, as the README says it: links, websockets, and who is said to be the client."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.scenarios.fronts import CLIENT, HAPROXY, HOST, NGINX, Front, front
from tests.scenarios.process import OPENSTACK, environment, eventually, needs, read_until
from tests.scenarios.test_signals import closing

PROJECT = "0c5e1ab0-0000-0000-0000-000000000001"
SESSIONS = "/console/v1/consoles/echo1/sessions"
FORGED = {"X-Forwarded-For": "6.6.6.6"}

pytestmark = pytest.mark.timeout(120)
BOTH = pytest.mark.parametrize(
    "made",
    [
        pytest.param(NGINX, marks=needs(NGINX, "Debian's package nginx-light"), id="nginx"),
        pytest.param(HAPROXY, marks=needs(HAPROXY, "Debian's package haproxy"), id="haproxy"),
    ],
    indirect=True,
)


@pytest.fixture
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Front]:
    """A service behind a proxy."""
    with front(tmp_path, request.param) as found:
        yield found


def ask(made: Front, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
    """The JSON of an answer that came through the proxy."""
    with contextlib.closing(made.http()) as connection:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        assert answer.status == 200, found
        return found


def console_url(made: Front, prefix: str = "", headers: Mapping[str, str] | None = None) -> str:
    """A fresh console URL, as an OpenStack client asks for it."""
    path = f"{prefix}/v2.1/{PROJECT}/servers/{made.running.server_id('echo1')}/action"
    answer = ask(made, "POST", path, {"os-getSerialConsole": {"type": "serial"}}, headers)
    return made.running.keep(str(answer["console"]["url"]))


@contextlib.contextmanager
def attached(made: Front, url: str, headers: Mapping[str, str] | None = None) -> Iterator[ClientConnection]:
    """A websocket through the proxy."""
    options: dict[str, Any] = {"subprotocols": ["binary"], "additional_headers": headers, "close_timeout": 1}
    plain = url.replace("wss://", "ws://", 1)  # TLS is the tunnel's
    with made.tunnel() as sock, connect(plain, sock=sock, proxy=None, **options) as viewer:
        yield viewer


@BOTH
def test_links_and_urls_are_the_proxy_s(made: Front) -> None:
    """What a client is told leads through the proxy again."""
    version = ask(made, "GET", "/v2.1/")["version"]
    assert version["links"][0]["href"] == f"{made.root}/v2.1/"
    [server] = ask(made, "GET", f"/v2.1/{PROJECT}/servers")["servers"]
    assert server["links"][0]["href"] == f"{made.root}/v2.1/{PROJECT}/servers/{server['id']}"
    assert console_url(made).startswith(f"wss://{HOST}:{made.port}/?token=")


@BOTH
def test_a_console_through_the_proxy(made: Front) -> None:
    """Bytes both ways, small and many, for longer than one message; and an end with its reason."""
    with attached(made, console_url(made)) as viewer:
        viewer.send(b"typed through\r")
        read_until(viewer, b"typed through")
        paste = b"".join(b"%06d" % number for number in range(20_000))
        viewer.send(paste + b"|")
        assert paste in read_until(viewer, b"|")
        made.running.process.terminate()
        assert closing(viewer) == (1001, "consolesvc is stopping")
    made.running.process.wait(10)


@BOTH
def test_the_client_is_named_and_not_the_proxy(made: Front) -> None:
    """In the log and by `who`; an address that the client wrote itself counts nothing."""
    for headers in ({}, FORGED, {"X-Forwarded-For": f"6.6.6.6, {CLIENT}, 6.6.6.7"}):
        count = made.running.stderr.count(f"attached admin ({CLIENT}) as session") + 1
        with attached(made, console_url(made, headers=headers), headers) as viewer:
            viewer.send(b"|")
            read_until(viewer, b"|")
            assert [session["who"] for session in ask(made, "GET", SESSIONS)["sessions"]] == [CLIENT]
        assert made.running.stderr.count(f"attached admin ({CLIENT}) as session") == count
        eventually("the viewer's leaving", lambda: not ask(made, "GET", SESSIONS)["sessions"])
    assert "6.6.6" not in made.running.stderr
    assert "(127.0.0.1" not in made.running.stderr
    with attached(made, f"wss://{HOST}:{made.port}/?token=x", {"Origin": f"https://{HOST}"}) as viewer:
        assert closing(viewer) == (1008, "token unknown")
    assert f"refused {CLIENT}: token unknown" in made.running.stderr


@BOTH
def test_metrics_stay_behind_the_proxy(made: Front) -> None:
    """However the path is written; the service itself has them on this host."""
    for path in ("/metrics", "/metrics?x=1", "/%6detrics", "//metrics", "/x/../metrics"):
        with contextlib.closing(made.http()) as connection:
            connection.request("GET", path)
            assert connection.getresponse().status == 403, path
    assert "consolesvc_" in made.running.metrics()


@BOTH
def test_a_page_of_the_proxy_s_may_and_a_foreign_one_may_not(made: Front) -> None:
    """Its Origin is the host that the browser asked."""
    with attached(made, console_url(made), {"Origin": f"https://{HOST}:{made.port}"}) as viewer:
        viewer.send(b"page|")
        read_until(viewer, b"page|")
    with attached(made, console_url(made), {"Origin": "https://evil.example"}) as viewer:
        code, why = closing(viewer)
        assert (code, why.partition(":")[0]) == (1008, "foreign Origin")


@BOTH
def test_output_that_is_followed_comes_at_once(made: Front) -> None:
    """Neither proxy keeps it back until there is more."""
    with (
        contextlib.closing(made.http()) as connection,
        attached(made, console_url(made)) as viewer,
    ):
        path = "/console/v1/consoles/echo1/output?start=0&follow=1"
        connection.request("GET", path, headers={"Accept": "application/octet-stream"})
        viewer.send(b"first|")
        answer = connection.getresponse()
        assert answer.read(6) == b"first|"
        viewer.send(b"second|")
        assert answer.read(7) == b"second|"


@BOTH
@needs(OPENSTACK, "scripts/test makes its environment, .venvs/openstack")
def test_the_real_openstack_client(made: Front, tmp_path: Path) -> None:
    """It reaches the proxy by a name that this host knows, follows its links, and is given the console's public URL."""
    environ = {**environment(), "OS_CACERT": str(tmp_path / "ca/ca.pem"), "OS_IDENTITY_API_VERSION": "3"}
    words = [str(OPENSTACK), "--os-auth-type", "none", "--os-endpoint", f"https://localhost:{made.port}/v2.1"]
    for more in (
        ("server", "show", "echo1", "-f", "value", "-c", "name"),
        ("console", "url", "show", "--serial", "echo1"),
    ):
        done = subprocess.run([*words, *more], env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        made.running.keep(done.stdout)
    assert f"wss://{HOST}:{made.port}/?token=" in done.stdout


@needs(NGINX, "Debian's package nginx-light")
def test_below_a_path(tmp_path: Path) -> None:
    """As the README says it in a sentence: the path in the proxy's location, in `api.prefix` and in `base_url`."""
    with front(tmp_path, NGINX, {"location / {": "location /consoles/ {"}, prefix="/consoles") as made:
        version = ask(made, "GET", "/consoles/v2.1/")["version"]
        assert version["links"][0]["href"] == f"{made.root}/consoles/v2.1/"
        url = console_url(made, "/consoles")
        assert url.startswith(f"wss://{HOST}:{made.port}/consoles/?token=")
        with attached(made, url) as viewer:
            viewer.send(b"below|")
            read_until(viewer, b"below|")
