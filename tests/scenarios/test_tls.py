"""The service by TLS, as a process of its own: https, wss, floods, certificates renewed at work (DESIGN 5.2)."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.client import ClientError, Cloud
from tests.certificates import Authority
from tests.cli.screen import screen
from tests.scenarios.flood import Machine, SecureTap, checksum_of, read_all
from tests.scenarios.process import CONSOLESVC, OPENSTACK, Running, environment, eventually, needs, read_until, service
from tests.scenarios.test_device import device
from tests.scenarios.test_signals import closing

pytestmark = pytest.mark.timeout(180)

MIB = 1024 * 1024
LOOPS = ["asyncio", "uvloop"]
ECHO = "{name: echo1, line: {type: emulated, guest: echo, speed: max}}"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextlib.contextmanager
def secure(
    folder: Path, authority: Authority, *servers: str, loop: str = "asyncio", more: str = ""
) -> Iterator[Running]:
    """A service with these servers that speaks TLS on both ports, with the certificate `console` of the authority."""
    if not (folder / "console.pem").exists():
        authority.issue("console")
    file = folder / "lab.yaml"
    lines = "".join(f"  - {server}\n" for server in servers or (ECHO,))
    file.write_text(f"tls: {{cert: console.pem, key: console.key}}\n{more}servers:\n{lines}")
    with service(folder / "run", "--config", str(file), "--loop", loop) as running:
        running.cacert = authority.cert
        yield running


@pytest.mark.parametrize("loop", LOOPS)
def test_every_way_in_is_by_tls(tmp_path: Path, authority: Authority, loop: str) -> None:
    """The ready file, the table, links and console URLs say https and wss, and all of them lead there."""
    with secure(tmp_path, authority, loop=loop) as running:
        assert running.api_url.startswith("https://127.0.0.1:")
        assert running.proxy_url.startswith("wss://127.0.0.1:")
        assert f"API {running.api_url}/v2.1   consoles {running.proxy_url}" in running.stdout
        _, document = running.api("GET", "/v2.1/")
        assert document["version"]["links"][0]["href"] == f"{running.api_url}/v2.1/"
        running.wait_for_line("echo1", "connected")
        with running.viewer("echo1") as viewer:
            viewer.send(b"by TLS\r")
            read_until(viewer, b"by TLS")
        assert "echo1: attached admin (127.0.0.1:" in running.stderr
        assert "echo1" in running.command("list").stdout
        attached = running.command("attach", "echo1", input="attached\n")
        assert attached.returncode == 0
        assert attached.stdout.endswith("attached\n")
        assert running.stop() < 5


def test_commands_say_what_is_the_matter_with_a_certificate(tmp_path: Path, authority: Authority) -> None:
    """Not trusted, no such CA, TLS where there is none, none where there is: a sentence, and what cures it."""
    with secure(tmp_path, authority) as running:
        trusted, running.cacert = running.cacert, None
        cure = "OS_CACERT names the CA of a lab of one's own"
        said = running.command("list")
        assert said.returncode == 1
        assert said.stderr == (
            f"consolesvc: no answer from {running.api_url}: its certificate is not trusted: "
            f"unable to get local issuer certificate; {cure}\n"
        )
        said = running.command("attach", f"{running.proxy_url}?token=x")
        assert f"no answer from {running.proxy_url[:-1]}: its certificate is not trusted: " in said.stderr
        running.cacert = tmp_path / "nix.pem"
        said = running.command("list")
        assert said.returncode == 2
        assert said.stderr == (
            f"consolesvc: OS_CACERT={tmp_path}/nix.pem: No such file or directory; expected a CA's certificate in PEM\n"
        )
        running.cacert = trusted
        said = running.command("list", "--endpoint", running.api_url.replace("https", "http"))
        assert said.returncode == 2
        assert said.stderr == (
            "consolesvc: This port speaks TLS: ask with https://, and connect with wss://. (HTTP 400)\n"
        )
    with service(tmp_path / "plain", "--fake", "echo=1") as running:
        said = running.command("list", "--endpoint", running.api_url.replace("http", "https"))
        assert "it speaks no TLS there: is it http:// or ws://?" in said.stderr


def test_a_client_s_certificate(tmp_path: Path, authority: Authority) -> None:
    """`client_ca`: our commands show OS_CERT and OS_KEY, as openstack does; without them there is no way in."""
    mine = authority.issue("alice")
    with secure(tmp_path, authority) as running:
        config = tmp_path / "lab.yaml"
        config.write_text(config.read_text().replace("console.key}", f"console.key, client_ca: {authority.cert}}}"))
        running.signal(signal.SIGHUP)
        eventually("the reload", lambda: "configuration reloaded" in running.stderr)
        assert "no answer from" in running.command("list").stderr
        environ = {
            **environment(), "OS_CACERT": str(authority.cert), "OS_CERT": str(mine.cert), "OS_KEY": str(mine.key),
            "OS_ENDPOINT": running.api_url,
        }  # fmt: skip
        done = subprocess.run(
            [CONSOLESVC, "list"], env=environ, capture_output=True, text=True, timeout=30, check=False
        )
        assert "echo1" in done.stdout, done.stderr
        environ["OS_KEY"] = str(authority.issue("bob").key)
        done = subprocess.run(
            [CONSOLESVC, "list"], env=environ, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 2
        assert f"OS_CERT={mine.cert} OS_KEY={environ['OS_KEY']}: key values mismatch; expected" in done.stderr


@needs(OPENSTACK, "scripts/test makes its environment, .venvs/openstack")
def test_the_real_openstack_client(tmp_path: Path, authority: Authority) -> None:
    """With OS_CACERT, to a wss URL."""
    with secure(tmp_path, authority) as running:
        environ = {**environment(), "OS_CACERT": str(authority.cert)}
        words = ["--os-auth-type", "none", "--os-endpoint", f"{running.api_url}/v2.1", "console", "url", "show"]
        done = subprocess.run(
            [OPENSTACK, *words, "--serial", "echo1", "-f", "value", "-c", "url"],
            env=environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert running.keep(done.stdout).startswith(f"{running.proxy_url}?token="), done.stderr


@pytest.mark.parametrize("loop", LOOPS)
def test_a_flood_reaches_all_viewers_whole_beside_one_that_stalls(
    tmp_path: Path, authority: Authority, loop: str
) -> None:
    """By checksum, every byte; the one that takes nothing costs no more memory than its buffers, and no stop."""
    size = 32 * MIB
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        port.plug()
        node = f"{{name: node3, line: {{type: serial, device: {port.path}}}}}"
        running = stack.enter_context(secure(tmp_path, authority, node, loop=loop))
        running.wait_for_line("node3", "connected")

        stalled = tapped(stack, running, "node3", SO_RCVBUF=4096)
        readers = [tapped(stack, running, "node3") for _ in range(3)]
        before = peak_of(running)
        machine = Machine(port.master, size)
        read_all(readers, size, 120)
        machine.join()
        assert [(each.count, each.checksum) for each in readers] == [(size, checksum_of(size))] * 3
        assert peak_of(running) - before < 24 * MIB
        assert stalled.count == 0
        assert running.stop() < 5


def test_a_stalled_viewer_that_reads_again_has_every_byte(tmp_path: Path, authority: Authority) -> None:
    """It was left behind, and reads on from the log: nothing is lost, nothing comes twice."""
    size = 24 * MIB
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(device(tmp_path / "ttyUSB0"))
        port.plug()
        node = f"{{name: node3, line: {{type: serial, device: {port.path}}}}}"
        log = f"log: {{directory: {tmp_path}/logs, min_free: 0}}\n"
        running = stack.enter_context(secure(tmp_path, authority, node, more=log))
        running.wait_for_line("node3", "connected")
        stalled = tapped(stack, running, "node3", SO_RCVBUF=4096)
        machine = Machine(port.master, size)
        machine.join()
        assert stalled.count == 0
        read_all([stalled], size, 90)
        assert (stalled.count, stalled.checksum) == (size, checksum_of(size))


def test_a_renewed_certificate_is_shown_within_two_seconds_and_cuts_nobody(
    tmp_path: Path, authority: Authority
) -> None:
    """The first expires at work: it is told. Renewed, the next connection is good, and the session goes on and on."""
    authority.issue("console", seconds=6)
    with secure(tmp_path, authority) as running, running.viewer("echo1") as viewer:
        viewer.send(b"before|")
        read_until(viewer, b"before|")
        eventually("it has expired", lambda: verified(running) == "certificate has expired", 10)
        eventually("it is told", lambda: "console.pem has expired: it was good until" in running.stderr)
        viewer.send(b"expired|")
        read_until(viewer, b"expired|")
        authority.issue("console")
        begun = time.monotonic()
        eventually("the new one", lambda: verified(running) == "", 2)
        assert time.monotonic() - begun < 2
        viewer.send(b"renewed|")
        read_until(viewer, b"renewed|")
        assert running.console("echo1")["viewers"] == 1
        eventually("all is well", lambda: "all is well with" in running.stderr)


def test_a_bad_pair_keeps_the_old_one_and_is_told_by_list(tmp_path: Path, authority: Authority) -> None:
    """`list` has what is wrong, as long as it is; a reload with it is refused like any other slip."""
    with secure(tmp_path, authority) as running:
        good = (tmp_path / "console.key").read_bytes()
        (tmp_path / "console.key").write_bytes(authority.issue("other").key.read_bytes())
        wrong = f"the key in {tmp_path}/console.key is not that of the certificate in {tmp_path}/console.pem"
        eventually("told", lambda: wrong in running.command("list").stderr, 10)
        assert json.loads(running.command("list", "--json").stdout)["tls_error"].startswith(f"tls.key: {wrong}")
        assert verified(running) == ""
        running.signal(signal.SIGHUP)
        eventually("refused", lambda: "the configuration was not reloaded" in running.stderr)
        assert f"lab.yaml:1: tls.key: {wrong}" in running.stderr
        (tmp_path / "console.key").write_bytes(good)
        running.signal(signal.SIGHUP)
        eventually("well again", lambda: running.command("list").stderr == "", 10)


def test_an_expired_certificate_at_start_is_a_warning(tmp_path: Path, authority: Authority) -> None:
    """It starts: the operator may have nothing else, and a lab's clients may not look."""
    authority.issue("console", seconds=-5)
    with secure(tmp_path, authority) as running:
        assert "console.pem has expired: it was good until" in running.stderr
        assert verified(running) == "certificate has expired"


def test_a_stop_is_in_time_whatever_clients_do(tmp_path: Path, authority: Authority) -> None:
    """One stalled in a flood, one in its handshake, one that says nothing, one kept alive: five seconds at most."""
    flood = "{name: flood, line: {type: emulated, guest: chatter, rate: 0, speed: max}}"
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(secure(tmp_path, authority, flood))
        tapped(stack, running, "flood", SO_RCVBUF=4096)
        host, port = running.api_url.split("//")[1].split(":")
        for said in (b"", b"\x16\x03\x01\x02\x00\x01"):
            sock = stack.enter_context(socket.create_connection((host, int(port))))
            sock.sendall(said)
        kept = http.client.HTTPSConnection(host, int(port), context=running.tls)
        stack.callback(kept.close)
        kept.request("GET", "/healthcheck")
        kept.getresponse().read()
        eventually("much output", lambda: running.console("flood")["end"] > 8 * MIB, 20)
        assert running.stop() < 5


def test_scripts_and_share_links(tmp_path: Path, authority: Authority) -> None:
    """The Python client goes by OS_CACERT, and does not try again what is not trusted; links and pages are secure."""
    with secure(tmp_path, authority) as running:
        console = Cloud(running.api_url, environ={"OS_CACERT": str(authority.cert)}).console("echo1")
        running.wait_for_line("echo1", "connected")
        console.send("by TLS")
        assert console.wait("by (T.S)", since=0).groups == ("TLS",)
        with pytest.raises(ClientError, match=r"its certificate is not trusted") as caught:
            Cloud(running.api_url, environ={}).consoles()
        assert not caught.value.passing
        link = json.loads(running.keep(running.command("url", "--view", "--json", "echo1").stdout))
        assert link["url"].startswith(f"{running.proxy_url}?token=")
        assert link["page"] == link["url"].replace("wss://", "https://", 1)
        shown = running.command("attach", "--since", "0", "--until", "TLS", "--timeout", "20", link["url"])
        assert "by TLS" in shown.stdout, shown.stderr


def test_a_hub_of_a_host_that_speaks_tls(tmp_path: Path, authority: Authority) -> None:
    """It trusts SSL_CERT_FILE; without that the line says what is the matter, and types nothing to a stranger."""
    with secure(tmp_path, authority) as host:
        hub = tmp_path / "hub.yaml"
        hub.write_text(f"servers:\n  - {{name: h, line: {{type: consolesvc, url: '{host.api_url}', name: echo1}}}}\n")
        with service(tmp_path / "stranger", "--config", str(hub)) as running:
            line = running.wait_for_line("h", "waiting")["line"]
            assert "its certificate is not trusted: unable to get local issuer certificate" in line["why"]
            assert "`cacert` of the line names the CA" in line["why"]
        environ = {**environment(), "SSL_CERT_FILE": str(authority.cert)}
        with service(tmp_path / "hub", "--config", str(hub), env=environ) as running:
            running.wait_for_line("h", "connected")
            with running.viewer("h") as viewer:
                viewer.send(b"by TLS\r")
                read_until(viewer, b"by TLS")


def test_a_person_at_a_terminal(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """`attach` by name, typed at and left with `~.`."""
    with secure(tmp_path, authority) as running:
        running.wait_for_line("echo1", "connected")
        monkeypatch.setattr("tests.cli.screen.CLEAN", {**environment(), "OS_CACERT": str(authority.cert)})
        with screen("attach", "echo1", "--endpoint", running.api_url) as shown:
            shown.expect("Connected to echo1")
            shown.type(b"typed\r")
            shown.expect("typed")
            shown.type(b"\r~.")
            assert shown.code() == 0


def test_sessions_end_with_their_reason(tmp_path: Path, authority: Authority) -> None:
    """A close frame leaves before the end of TLS does."""
    with secure(tmp_path, authority) as running, running.viewer("echo1") as viewer:
        running.signal(signal.SIGTERM)
        assert closing(viewer) == (1001, "consolesvc is stopping")


def tapped(stack: contextlib.ExitStack, running: Running, name: str, **options: int) -> SecureTap:
    """A reader of a console, from now on."""
    assert running.tls is not None
    tap = SecureTap(running.tls, running.console_url(name) + "&replay=0", **options)
    stack.callback(tap.socket.close)
    return tap


def verified(running: Running) -> str:
    """What a new client finds wrong with the certificate that it is shown; "" for nothing."""
    host, port = running.api_url.split("//")[1].split(":")
    assert running.tls is not None
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        try:
            running.tls.wrap_socket(sock, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    return ""


def peak_of(running: Running) -> int:
    """Bytes of memory that the service has had at most."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024
