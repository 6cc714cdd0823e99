from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from consolesvc import local
from consolesvc.cli.client import GET_A_URL, Client
from consolesvc.client import transport
from consolesvc.client.endpoints import DEFAULT
from consolesvc.errors import ClientError
from tests.cli.service import Running, consolesvc, service

Stranger = Callable[..., str]


@pytest.fixture(autouse=True)
def _no_service_of_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs on the machine that tests is none of theirs."""
    monkeypatch.setattr(local, "SYSTEM", ())


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("lab"), "node1: echo", "node10: echo", "switch: echo") as running:
        yield running


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Makes HTTP services that are not ours: each answers everything with one status, body and headers."""
    with ExitStack() as stack:

        def make(status: int, body: bytes, **headers: str) -> str:
            class Answers(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status)
                    for key, value in (headers | {"Content-Length": str(len(body))}).items():
                        self.send_header(key, value)
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_: object) -> None:
                    """Say nothing."""

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Answers))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield make


def refusal(endpoint: str) -> ClientError:
    """The error of a client that asks there for consoles."""
    with pytest.raises(ClientError) as caught:
        Client(endpoint, {}).listing()
    return caught.value


@pytest.mark.parametrize(
    ("endpoint", "environ", "url"),
    [
        (None, {}, "http://127.0.0.1:8774"),
        (None, {"OS_ENDPOINT": "http://lab:8774/v2.1"}, "http://lab:8774"),
        (None, {"OS_COMPUTE_ENDPOINT_OVERRIDE": "http://lab/v2.1/"}, "http://lab"),
        (None, {"OS_ENDPOINT": "http://a", "OS_COMPUTE_ENDPOINT_OVERRIDE": "http://b"}, "http://a"),
        ("http://c/", {"OS_ENDPOINT": "http://a"}, "http://c"),
        ("HTTPS://[::1]:8774/compute/v2.1/", {}, "https://[::1]:8774/compute"),
        ("http://c//?x=y#z", {}, "http://c"),
    ],
)
def test_where_the_service_is(endpoint: str | None, environ: dict[str, str], url: str) -> None:
    """--endpoint, else OS_*, else the default port here; /v2.1 and slashes at the end make no difference."""
    assert Client(endpoint, {"STATE_DIRECTORY": "/nowhere", **environ}).url == url


def test_the_local_socket_comes_before_the_default_port(tmp_path: Path) -> None:
    """A socket on which somebody listens; not one that was left behind, nor where a URL is given, nor for `env`."""
    environ = {"STATE_DIRECTORY": str(tmp_path)}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "api.sock"))
        assert Client(None, environ).url == DEFAULT  # bound, not listening: what a killed service leaves
        listening.listen()
        assert Client(None, environ).url == f"unix:{tmp_path}/api.sock"
        assert Client("http://lab", environ).url == "http://lab"
        assert Client(None, {**environ, "OS_ENDPOINT": "http://lab"}).url == "http://lab"
        assert Client(None, environ, local=False).url == DEFAULT


def test_who_has_a_token_is_whom_it_names(tmp_path: Path) -> None:
    """The local socket, where everybody is an admin, is for who has none, or names it."""
    environ = {"STATE_DIRECTORY": str(tmp_path), "OS_TOKEN": "hush"}
    path = f"unix:{tmp_path}/api.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "api.sock"))
        listening.listen()
        assert Client(None, environ).url == DEFAULT
        assert Client(path, environ).url == path
        assert Client(None, {**environ, "OS_TOKEN": ""}).url == path


def test_a_socket_that_was_passed_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers in its place."""
    monkeypatch.setattr(transport, "DEFAULT", "http://127.0.0.1:1")
    for environ, told in (({"OS_TOKEN": "hush"}, True), ({"STATE_DIRECTORY": "/nowhere"}, False)):
        with pytest.raises(ClientError) as caught:
            Client(None, environ).listing()
        said = "; this host's socket was not looked for, because OS_TOKEN is set"
        assert str(caught.value).endswith(f"say where it is with --endpoint{said if told else ''}")


@pytest.mark.parametrize("endpoint", ["unix:/run/x.sock", "unix:///run/x.sock"])
def test_a_socket_that_is_named(endpoint: str) -> None:
    """In both ways that people write it."""
    assert Client(endpoint, {}).socket == "/run/x.sock"


@pytest.mark.parametrize("endpoint", ["unix:", "unix:x.sock", "unix:/x\n"])
def test_a_socket_that_is_none(endpoint: str) -> None:
    """Bad usage, with what was expected."""
    with pytest.raises(ClientError, match=r"expected unix:/PATH/TO/api\.sock") as caught:
        Client(endpoint, {})
    assert caught.value.exit_code == 2


def test_a_socket_with_nobody_behind_it(tmp_path: Path) -> None:
    """As for any other endpoint."""
    error = refusal(f"unix:{tmp_path}/api.sock")
    assert str(error).startswith(f"no answer from unix:{tmp_path}/api.sock: No such file or directory; start the")


@pytest.mark.parametrize(
    "endpoint",
    [
        "lab:8774",
        "/run/api.sock",
        "ftp://lab",
        "http://",
        "http://:8774",
        "http://lab:port",
        "http://lab:0",
        "http://lab:99999",
        "http://[::1",
        "http://a b",
        "http://lab\n",
    ],
)
def test_an_endpoint_that_is_none(endpoint: str) -> None:
    """Bad usage, with what was expected."""
    with pytest.raises(ClientError, match="expected http://HOST:PORT or https://HOST:PORT") as caught:
        Client(endpoint, {})
    assert caught.value.exit_code == 2


def test_secrets_in_an_endpoint_are_not_shown() -> None:
    """Neither a password nor a query comes back in a message."""
    for endpoint in ("http://me:hush@lab:8774", "ftp://me:hush@lab", "ftp://lab/?token=hush"):
        with pytest.raises(ClientError) as caught:
            Client(endpoint, {})
        assert "hush" not in str(caught.value)


def test_consoles_are_found_by_id_name_and_beginning(lab: Running) -> None:
    """An exact name wins over longer ones that begin with it."""
    ours = Client(lab.api, {})
    node1, node10, switch = ours.listing()["consoles"]
    for wanted, found in (("node1", node1), ("node10", node10), ("sw", switch), (switch["id"], switch)):
        assert ours.find(wanted)["id"] == found["id"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("node", "'node' is the beginning of several names: node1, node10"),
        ("NODE1", "'NODE1' is no console here; there are: node1, node10, switch"),
        ("", "'' is no console here; there are: node1, node10, switch"),
        ("\x1b[2J", r"'\x1b[2J' is no console here; there are: node1, node10, switch"),
    ],
)
def test_a_name_that_finds_none_or_several(lab: Running, name: str, message: str) -> None:
    """Not found, with the names that there are; an empty name, as from an unset variable, is no beginning."""
    with pytest.raises(ClientError) as caught:
        Client(lab.api, {}).find(name)
    assert (str(caught.value), caught.value.exit_code) == (message, 3)


def test_a_name_that_several_bear(stranger: Stranger) -> None:
    """Fakes made over the API may be called alike, or by another's id: the id says which is meant."""
    consoles = [{"id": "1", "name": "twin"}, {"id": "2", "name": "twin"}, {"id": "3", "name": "1"}]
    ours = Client(stranger(200, json.dumps({"consoles": consoles}).encode()), {})
    with pytest.raises(ClientError, match=r"^2 consoles are called 'twin'; say which by its id: 1, 2$"):
        ours.find("twin")
    assert ours.find("1") == consoles[0]


def test_many_names_are_cut(tmp_path: Path) -> None:
    """A message about a large lab stays a message; one without servers says so."""
    with service(tmp_path, *(f"n{number}: echo" for number in range(23))) as lab:
        with pytest.raises(ClientError, match=r": n0, n1, .*, n19 and 3 more$"):
            Client(lab.api, {}).find("x")
        lab.reload("only: echo")
        with pytest.raises(ClientError, match=r"there are: only$"):
            Client(lab.api, {}).find("x")


def test_a_fault_is_the_services_own_words(lab: Running) -> None:
    """A server that is gone by now is not found, in the service's words."""
    with pytest.raises(ClientError, match=r"could not be found\. \(HTTP 404\)$") as caught:
        Client(lab.api, {}).console_url("00000000-0000-0000-0000-000000000000")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_told_apart(stranger: Stranger, status: int) -> None:
    """Exit code 4 where the caller may not; what a message holds cannot move the cursor."""
    body = json.dumps({"error": {"message": "may\x1b[2Jnot", "code": status}}).encode()
    error = refusal(stranger(status, body))
    cure = f"; {GET_A_URL}" if status == 401 else ""
    assert (str(error), error.exit_code) == (rf"may\x1b[2Jnot (HTTP {status}){cure}", 4)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, b"<html>It works!</html>", {}),
        (200, b"\xff\xfe", {}),
        (200, b"[" * 100_000, {}),
        (200, b'{"servers": []}', {}),
        (200, b'["consoles"]', {}),
        (200, b'{"consoles": 7}', {}),
        (404, b"<html>no</html>", {}),
        (404, b'{"itemNotFound": {"message": "no", "code": 404}}', {}),
        (500, b'{"detail": "no"}', {}),
        (302, b"", {"Location": "http://127.0.0.1:1/"}),
    ],
)
def test_another_service_is_named_as_such(
    stranger: Stranger, status: int, body: bytes, headers: dict[str, str]
) -> None:
    """Whatever it answers; a redirect is not followed."""
    endpoint = stranger(status, body, **headers)
    error = refusal(endpoint)
    assert str(error) == f"{endpoint} does not answer as consolesvc does: is it another service?"
    assert error.exit_code == 1


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff\xfb\x01\xff\xfb\x03\r\nlogin: \r\n"])
def test_a_port_that_does_not_speak_http(banner: bytes) -> None:
    """An ssh or telnet port is another service too."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with server.accept()[0] as connection:
                connection.sendall(banner)
                connection.recv(4096)

        thread = threading.Thread(target=greet)
        thread.start()
        error = refusal(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert str(error).endswith("does not answer as consolesvc does: is it another service?")


def test_a_service_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that accepts and says nothing is given up on."""
    monkeypatch.setattr(transport, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        error = refusal(f"http://127.0.0.1:{server.getsockname()[1]}")
    assert ": timed out; start the service with `consolesvc serve`, or say where it is" in str(error)


@pytest.mark.parametrize("endpoint", ["http://no-such-host.invalid", "http://127.0.0.1:1"])
def test_nothing_there(endpoint: str) -> None:
    """A failure that names the address, the reason and the cure."""
    error = refusal(endpoint)
    assert str(error).startswith(f"no answer from {endpoint}: ")
    assert error.exit_code == 1


@pytest.mark.parametrize("endpoint", ["http://a..b", "http://127.0.0.1:1/žluť", f"http://{'a' * 64}"])
def test_a_host_or_path_that_cannot_be(endpoint: str) -> None:
    """What no request can be made of is bad usage."""
    assert refusal(endpoint).exit_code == 2


def test_proxies_of_the_environment_have_no_part_in_it(lab: Running) -> None:
    """A lab's consoles are not beyond a company's web proxy."""
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    done = consolesvc("list", "--endpoint", lab.api, env=nowhere)
    assert (done.returncode, done.stderr) == (0, b"")
