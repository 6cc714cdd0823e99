"""A service that is not ours: websockify, which nova's proxy is made of, in front of a machine; one that sends TEXT."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from tests.cli.attach.lab import Machine, free_ports
from tests.cli.screen import Screen, screen
from tests.cli.service import CLEAN, CONSOLESVC, PATIENCE, consolesvc, until

NEEDS = "needs consolesvc.v1, and this connection is plain"


@dataclass
class Websockify:
    """A proxy by token, as nova has it: `good` is the machine's, `down` is nobody's."""

    folder: Path
    machine: Machine
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, token: str = "good") -> str:
        return f"ws://127.0.0.1:{self.port}/?token={token}"

    def start(self) -> None:
        tokens = self.folder / "tokens"
        tokens.write_text(f"good: 127.0.0.1:{self.machine.port}\ndown: 127.0.0.1:1\n")
        with (self.folder / "websockify.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "websockify", f"127.0.0.1:{self.port}"),
                    *("--token-plugin", "TokenFile", "--token-source", str(tokens)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**CLEAN, "PYTHONWARNINGS": "ignore"},
            )
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """It and the process that it has for each client, which gets no signal of its own."""
        if self.process is None:
            return
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        self.process.wait()
        self.process = None
        for child in children:
            subprocess.run(["kill", "-9", child], check=False, stderr=subprocess.DEVNULL)


@contextmanager
def websockify(folder: Path, told: bytes) -> Iterator[Websockify]:
    with closing(Machine(told=told, counts=False)) as machine:
        proxy = Websockify(folder, machine, free_ports(1)[0])
        proxy.start()
        try:
            yield proxy
        finally:
            proxy.stop()


@pytest.fixture(scope="module")
def nova(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Websockify]:
    with websockify(tmp_path_factory.mktemp("nova"), b"node login: ") as proxy:
        yield proxy


def attached(user: Screen, machine: Machine) -> None:
    user.expect("Connected to the console. Escape is ~. (after Enter); ~? for help.\r\n")
    user.expect("node login: ")
    machine.heard = b""


def test_bytes_go_both_ways(nova: Websockify) -> None:
    """Nothing but them is needed for a console."""
    with screen("attach", nova.url()) as user:
        attached(user, nova.machine)
        user.type("žluť\r".encode())
        until(lambda: nova.machine.heard == "žluť\r".encode())
        nova.machine.say(b"\xff\x00said")
        user.expect(b"\xff\x00said")
        user.type(b"~.")
        user.expect("Connection to the console closed.")
        assert user.code() == 0
        assert user.modes() == user.before


def test_what_bytes_alone_cannot_do_is_said(nova: Websockify) -> None:
    """Each key that needs more says so; those that need nothing work."""
    with screen("attach", nova.url()) as user:
        attached(user, nova.machine)
        for keys, what in (
            (b"\r~b", "a break"),
            (b"\x05cf", "taking the input"),
            (b"\x05cg", "granting the input"),
            (b"\x05cn", "denying the input"),
        ):
            user.type(keys)
            user.expect(f"[consolesvc: {what} {NEEDS}]")
        user.type(b"\x05cw")
        user.expect(f"Who is here {NEEDS}.")
        user.type(b"\x05ci")
        user.expect("plain bytes: no offsets, no break, nobody is seen\r\n")
        user.type(b"\x05cr")
        user.expect("node login: \r\n")
        user.type(b"\x05cs")
        user.expect("view only: what you type stays here; ^Eca types again]")
        user.type(b"x\x05ca")
        user.expect("[consolesvc: what you type is sent again]")
        user.type(b"y\x05c.")
        assert user.code() == 0
        until(lambda: nova.machine.heard == b"\ry")


@pytest.mark.parametrize(("option", "value"), [("--since", "-100"), ("--replay", "all")])
def test_history_that_there_is_none_of(nova: Websockify, option: str, value: str) -> None:
    """Asked for, it is said that this cannot give it."""
    with screen("attach", nova.url(), option, value) as user:
        user.expect("Connected to the console. ")
        user.expect(f"{option} {NEEDS}: it begins where the service has it.")
        user.expect("node login: ")
        user.type(b"\x05c.")
        assert user.code() == 0


def test_a_pipe(nova: Websockify) -> None:
    """Without a word of what it has not asked for."""
    done = consolesvc("attach", nova.url(), "--until", "login: $", "--timeout", "10")
    assert (done.returncode, done.stdout) == (0, b"node login: ")
    assert done.stderr == b"Connected to the console.\nConnection to the console closed.\n"


def test_a_token_that_it_does_not_know(nova: Websockify) -> None:
    """It hangs up without an answer; the token is not shown."""
    done = consolesvc("attach", nova.url("secret"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"closed the connection without an answer, as websockify does with a token that it does not" in done.stderr
    assert b"secret" not in done.stderr


def test_a_machine_that_is_not_there(nova: Websockify) -> None:
    """In its own words."""
    done = consolesvc("attach", nova.url("down"), "--no-reconnect")
    assert done.returncode == 1
    assert done.stderr.endswith(b" ended: Failed to connect to downstream server.\n")


def test_a_machine_that_hangs_up(tmp_path: Path) -> None:
    """Its end is a normal one to websockify, and so to us."""
    with websockify(tmp_path, b"node login: ") as proxy, screen("attach", proxy.url()) as user:
        attached(user, proxy.machine)
        proxy.machine.hang_up()
        user.expect("Connection to the console ended: Target closed.")
        assert user.code() == 0


def test_a_service_that_comes_back(tmp_path: Path) -> None:
    """By the same URL, as there is no other; what was said meanwhile nobody knows, and that is said."""
    with websockify(tmp_path, b"node login: ") as proxy, screen("attach", proxy.url()) as user:
        attached(user, proxy.machine)
        proxy.stop()
        user.expect("[consolesvc: connection to the console lost: the service went away; connecting again; ~. leaves]")
        proxy.start()
        user.expect("[consolesvc: back after ")
        user.expect(" s, what it said meanwhile is unknown]")
        user.expect("node login: ")
        user.type(b"\x05c.")
        assert user.code() == 0


def test_text_frames_and_no_subprotocol() -> None:
    """Output may be TEXT, input is BINARY, and an end has its reason."""
    heard: list[str | bytes] = []

    def handle(connection: ServerConnection) -> None:
        connection.send("text: žluť ")
        connection.send(b"binary")
        heard.append(connection.recv(timeout=10))
        connection.close(4999, "as agreed")

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        with subprocess.Popen(
            [*CONSOLESVC, "attach", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=CLEAN,
        ) as client:
            assert client.stdin is not None
            client.stdin.write(b"typed")
            client.stdin.flush()
            assert client.wait(PATIENCE) == 1
            assert client.stdout is not None
            assert client.stdout.read().decode() == "text: žluť binary"
            assert client.stderr is not None
            assert re.search(rb" ended: as agreed\.\n$", client.stderr.read())
        server.shutdown()
        thread.join()
    assert heard == [b"typed"]
