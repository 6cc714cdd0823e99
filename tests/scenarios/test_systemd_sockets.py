"""Sockets that systemd opened (DESIGN 5.1): which is whose, and who waits in them."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.process import CONSOLESVC, environment, read_until, service
from tests.scenarios.systemd import Manager, activated, answers

pytestmark = pytest.mark.timeout(120)


@contextlib.contextmanager
def listening(count: int = 2) -> Iterator[list[socket.socket]]:
    """So many sockets, as systemd opens them."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64)) for _ in range(count)]


def at(sock: socket.socket) -> str:
    host, port = sock.getsockname()
    return f"{host}:{port}"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_sockets_by_name(tmp_path: Path, config: Path, loop: str) -> None:
    """Whatever the configuration has to say of addresses; the consoles' URLs lead to them."""
    with listening() as sockets:
        program, numbers = activated(sockets, ["proxy", "api"]), [sock.fileno() for sock in sockets]
        words = ("--config", str(config), "--loop", loop)
        with service(tmp_path / "run", *words, program=program, pass_fds=numbers) as running:
            assert running.api_url == f"http://{at(sockets[1])}"
            assert running.proxy_url == f"ws://{at(sockets[0])}/"
            running.wait_for_line("echo1", "connected")
            with running.viewer("echo1") as viewer:
                viewer.send(b"typed\r")
                read_until(viewer, b"typed")


def test_sockets_by_where_they_listen(tmp_path: Path, config: Path) -> None:
    """One unit with two ListenStream= gives both the unit's own name."""
    with listening() as sockets:
        program = activated(sockets, ["consolesvc.socket"] * 2)
        words = ("--set", f"api.listen={at(sockets[1])}", "--set", f"proxy.listen={at(sockets[0])}")
        numbers = [sock.fileno() for sock in sockets]
        with service(tmp_path / "run", "--config", str(config), *words, program=program, pass_fds=numbers) as running:
            assert running.api_url == f"http://{at(sockets[1])}"
            assert answers(at(sockets[0])) == 404


def test_one_socket_for_both_and_one_socket_of_two(tmp_path: Path, config: Path) -> None:
    """One port may be both; and a port that systemd has not opened is opened by the service."""
    with listening(1) as [sock]:
        program, numbers = activated([sock], ["api"]), [sock.fileno()]
        shared = [word for name in ("api", "proxy") for word in ("--set", f"{name}.listen={at(sock)}")]
        with service(tmp_path / "a", "--config", str(config), *shared, program=program, pass_fds=numbers) as running:
            assert (running.api_url, running.proxy_url) == (f"http://{at(sock)}", f"ws://{at(sock)}/")
            with running.viewer("echo1"):
                assert running.console("echo1")["viewers"] == 1
        with service(tmp_path / "b", "--config", str(config), program=program, pass_fds=numbers) as running:
            assert running.api_url == f"http://{at(sock)}"
            assert not running.proxy_url.startswith(f"ws://{at(sock)}/")


def test_who_connects_during_a_restart_waits(tmp_path: Path, config: Path) -> None:
    """The socket is open all the time: the request is answered by the next one."""
    with listening() as sockets:
        program, numbers = activated(sockets, ["api", "proxy"]), [sock.fileno() for sock in sockets]
        with service(tmp_path / "a", "--config", str(config), program=program, pass_fds=numbers):
            pass
        between = http.client.HTTPConnection(at(sockets[0]), timeout=20)
        between.request("GET", "/healthcheck")
        with service(tmp_path / "b", "--config", str(config), program=program, pass_fds=numbers):
            assert between.getresponse().status == 200
        between.close()


def refused(folder: Path, sockets: list[socket.socket], names: list[str], *words: str) -> str:
    """What a start with these sockets says; it must end with 1."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = activated(sockets, names, (CONSOLESVC, "serve", "--ephemeral", "--set", f"proxy.listen=127.0.0.1:{port}"))
    done = subprocess.run(
        [*program, *words], pass_fds=[sock.fileno() for sock in sockets], env=environment(), cwd=folder,
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.removeprefix("consolesvc: ").replace(f"127.0.0.1:{port}", "PROXY")


def test_sockets_that_are_no_ports_of_ours(tmp_path: Path) -> None:
    """A datagram socket, one of this host, one that is elsewhere, and one that would let everybody in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert refused(tmp_path, [sock], ["api"]) == (
            "the socket 'api' from systemd is no listening TCP socket; expected ListenStream=ADDRESS:PORT\n"
        )
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "sock"))
        sock.listen()
        assert "is no listening TCP socket" in refused(tmp_path, [sock], ["api"])
    with listening(1) as [sock]:
        assert refused(tmp_path, [sock], ["lab.socket"]) == (
            f"the socket 'lab.socket' from systemd listens at {at(sock)}, which is neither api.listen, "
            "127.0.0.1:8774, nor proxy.listen, PROXY; say which it is: FileDescriptorName=api or "
            "FileDescriptorName=proxy\n"
        )
    with socket.create_server(("0.0.0.0", 0)) as sock:
        assert "with identity none every caller is admin" in refused(tmp_path, [sock], ["api"])
    with listening(1) as [sock]:
        program = activated([sock], ["api"], (CONSOLESVC, "serve", "--ephemeral"))
        program[3] = f"[{sock.fileno()}]"
        program[2] = program[2].replace("str(len(sockets))", "'5'")
        done = subprocess.run(
            program,
            pass_fds=[sock.fileno()],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 1
        assert "LISTEN_FDS promises sockets that are not there: Bad file descriptor" in done.stderr


def test_a_command_on_a_line_inherits_nothing_of_it(tmp_path: Path, systemd: Manager) -> None:
    """Neither the variables nor the sockets: it might take them for its own."""
    config = tmp_path / "lab.yaml"
    script = "env | grep -cE '^(NOTIFY|WATCHDOG|LISTEN)_'; ls -l /proc/self/fd | grep -c socket; sleep 60"
    config.write_text(f'servers:\n  - {{name: node9, line: {{type: command, shell: "{script}"}}}}\n')
    with listening() as sockets:
        program, numbers = activated(sockets, ["api", "proxy"]), [sock.fileno() for sock in sockets]
        environ = systemd.environ(WATCHDOG_USEC="10000000")
        words = ("--config", str(config))
        with (
            service(tmp_path / "run", *words, program=program, pass_fds=numbers, env=environ) as running,
            running.viewer("node9") as viewer,
        ):
            read_until(viewer, b"0\n0\n")
