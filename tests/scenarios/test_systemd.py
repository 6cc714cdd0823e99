"""Life under systemd (DESIGN 5.1): ready, reloading, alive, stopping; sockets that it opened; the unit itself."""

from __future__ import annotations

import configparser
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.scenarios.process import CONSOLESVC, ROOT, environment, eventually, needs, read_until, service
from tests.scenarios.systemd import Manager, activated, manager

pytestmark = pytest.mark.timeout(120)

ECHO = "servers:\n  - {name: echo1, line: {type: emulated, guest: echo, speed: max}}\n"
LATER = 5.0
"""Seconds within which a message has to come that nothing delays but a busy machine."""


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Manager]:
    with manager(tmp_path) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(ECHO)
    return path


def answers(address: str) -> int:
    """The status of an answer to a request made at once, without a second try."""
    connection = http.client.HTTPConnection(address, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/healthcheck")
        return connection.getresponse().status


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_ready_means_that_both_ports_accept(systemd: Manager, loop: str) -> None:
    """Before that there is nobody, and systemd has heard nothing; from that moment on both are there."""
    api, proxy = free_address(), free_address()
    words = ["--set", f"api.listen={api}", "--set", f"proxy.listen={proxy}", "--loop", loop]
    process = subprocess.Popen(
        [CONSOLESVC, "serve", "--ephemeral", *words],
        env=systemd.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        message = systemd.hear("READY")
        assert systemd.heard == [message], "the first word"
        assert (answers(api), answers(proxy)) == (200, 404)
        assert message["READY"] == "1"
        assert re.fullmatch(rf"[0-3] of 3 lines connected, 0 viewers; API {api}, consoles {proxy}", message["STATUS"])
        process.terminate()
        assert systemd.hear("STOPPING", LATER) == {"STOPPING": "1", "STATUS": "stopping"}
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()


def test_a_reload_is_told_from_its_begin_to_its_end(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """With the time that notify-reload asks for; one that is refused ends as well, and the status says so."""
    with service(tmp_path / "run", "--config", str(config), env=systemd.environ()) as running:
        systemd.hear("READY")
        begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        running.signal(signal.SIGHUP)
        reloading = systemd.hear("RELOADING", LATER)
        assert begun <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert "not reloaded" not in systemd.hear("READY", LATER)["STATUS"]
        config.write_text("servers: nonsense\n")
        running.signal(signal.SIGHUP)
        systemd.hear("RELOADING", LATER)
        assert "the configuration was not reloaded, see the log" in systemd.hear("READY", LATER)["STATUS"]


def test_the_status_is_of_the_moment(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """With each sign of life."""
    environ = systemd.environ(WATCHDOG_USEC="400000")
    with (
        service(tmp_path / "run", "--config", str(config), env=environ) as running,
        running.viewer("echo1"),
    ):
        eventually(
            "it is told",
            lambda: systemd.hear("WATCHDOG", LATER)["STATUS"].startswith("1 of 1 lines connected, 1 viewer"),
        )


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_sign_of_life_comes_at_half_the_period(tmp_path: Path, systemd: Manager, config: Path, loop: str) -> None:
    """As long as the process runs, and none while it is stopped."""
    environ = systemd.environ(WATCHDOG_USEC="600000")
    words = ("--config", str(config), "--loop", loop)
    with service(tmp_path / "run", *words, env=environ) as running:
        environ["WATCHDOG_PID"] = str(running.process.pid)
        systemd.hear("READY")
        systemd.hear("WATCHDOG", LATER)
        begun = time.monotonic()
        for _ in range(4):
            assert systemd.hear("WATCHDOG", LATER)["WATCHDOG"] == "1"
        assert time.monotonic() - begun > 1.0
        running.signal(signal.SIGSTOP)
        time.sleep(0.05)
        systemd.silence(1.5)
        running.signal(signal.SIGCONT)
        systemd.hear("WATCHDOG", LATER)


def test_a_loop_that_hangs_gives_no_sign_of_life(tmp_path: Path, systemd: Manager) -> None:
    """The process lives and its loop waits for a file that does not come, as on a dead NFS server: here, a FIFO."""
    Authority(tmp_path).issue("console")
    cert, config = tmp_path / "console.pem", tmp_path / "lab.yaml"
    config.write_text(f"tls: {{cert: console.pem, key: console.key}}\n{ECHO}")
    with service(tmp_path / "run", "--config", str(config), env=systemd.environ(WATCHDOG_USEC="400000")) as running:
        systemd.hear("WATCHDOG")
        good = cert.rename(tmp_path / "good.pem")
        os.mkfifo(cert)
        writer = os.open(cert, os.O_WRONLY)  # returns once the loop has it open, and waits for what it says
        systemd.silence(1.5)
        assert running.process.poll() is None
        good.replace(cert)
        os.close(writer)
        assert "lines connected" in systemd.hear("WATCHDOG", LATER)["STATUS"]


def test_another_process_s_watchdog_is_not_ours(tmp_path: Path, systemd: Manager, config: Path) -> None:
    """WATCHDOG_PID names whom systemd means: a shell around us, not us."""
    environ = systemd.environ(WATCHDOG_USEC="200000", WATCHDOG_PID="1")
    with service(tmp_path / "run", "--config", str(config), env=environ):
        systemd.hear("READY")
        systemd.silence(0.6)


def test_nobody_who_listens_is_no_hindrance(tmp_path: Path, config: Path) -> None:
    """A socket that is gone is one warning."""
    environ = {**environment(), "NOTIFY_SOCKET": str(tmp_path / "nix"), "WATCHDOG_USEC": "100000"}
    with service(tmp_path / "run", "--config", str(config), env=environ) as running:
        time.sleep(0.5)
        assert running.api("GET", "/healthcheck")[0] == 200
        assert running.stderr.count("systemd could not be told") == 1


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


def unit(folder: Path) -> Path:
    """The units, with the command where it is installed here."""
    for name in ("consolesvc.service", "consolesvc.socket"):
        text = (ROOT / "config" / name).read_text()
        assert name.endswith("socket") or text.count("=/usr/local/bin/consolesvc ") == 2
        (folder / name).write_text(text.replace("/usr/local/bin/consolesvc", str(CONSOLESVC)))
    return folder / "consolesvc.service"


@needs("systemd-analyze", "part of Debian's package systemd")
def test_systemd_takes_the_units_as_they_are(tmp_path: Path) -> None:
    """No unknown key, no bad value; and what the service may do is little: 2 and below is what systemd calls OK."""
    file = unit(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", file, file.with_suffix(".socket")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", file],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_it_is_never_given_up(tmp_path: Path) -> None:
    """systemd's own default is five quick failures, and then never again: the limit is off, where systemd reads it."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # its keys have their case
    parser.read(unit(tmp_path))
    assert parser["Unit"]["StartLimitIntervalSec"] == "0"
    assert (parser["Service"]["Restart"], parser["Service"]["RestartSec"]) == ("on-failure", "2")


def test_a_reload_of_a_wrong_file_is_refused_before_the_service_hears_of_it(tmp_path: Path) -> None:
    """ExecReload's commands in their order, as systemd runs them: the second only where the first says 0."""
    lines = (ROOT / "config/consolesvc.service").read_text().splitlines()
    reloads = [line.removeprefix("ExecReload=") for line in lines if line.startswith("ExecReload=")]
    config = tmp_path / "lab.yaml"
    config.write_text(ECHO)
    with service(tmp_path / "run", "--config", str(config)) as running:

        def reload() -> tuple[int, str]:
            for line in reloads:
                words = line.replace("/usr/local/bin/consolesvc", str(CONSOLESVC))
                words = words.replace("/etc/consolesvc/lab.yaml", str(config))
                words = words.replace("$MAINPID", str(running.process.pid))
                done = subprocess.run(words.split(), capture_output=True, text=True, timeout=20, check=False)
                if done.returncode:
                    return done.returncode, done.stderr
                assert done.stdout == ""
            return 0, done.stderr

        assert reload() == (0, "")
        eventually("reloaded", lambda: "configuration reloaded: 1 servers" in running.stderr)
        config.write_text("servers: [{name: x}]\n")
        code, said = reload()
        assert code == 2
        assert f"{config}:1: servers[0]: " in said
        time.sleep(0.3)
        assert "not reloaded" not in running.stderr
        config.write_text(ECHO + ECHO.partition("\n")[2].replace("echo1", "echo2"))
        assert reload() == (0, "")
        eventually("reloaded", lambda: "configuration reloaded: 2 servers" in running.stderr)


def test_a_service_says_where_its_descriptors_do_not_suffice(tmp_path: Path, config: Path) -> None:
    """What `limits` promises and the process may not have is said at the start, as `check` says it."""
    program = ["sh", "-c", 'ulimit -n 300; exec "$0" serve "$@"', str(CONSOLESVC)]
    with service(tmp_path / "run", "--config", str(config), program=program) as running:
        assert "`limits` promises 576 connections to 1 consoles, and about 291 file descriptors" in running.stderr
