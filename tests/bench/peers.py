"""What is measured: our service in its variants, what else one could take, and bare bounds to hold them against.

A peer is started for a list of lines and gives a URL for each. What it needs and this host lacks is said by `missing`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import host
from tests.bench.machines import HOST, Kind, Line

ROOT = Path(__file__).parents[2]
CONSOLESVC = Path(sysconfig.get_path("scripts")) / "consolesvc"
PEERS_PYTHON = ROOT / ".venvs/bench/bin/python"
"""Where `scripts/bench` installs peers that come by pip."""
START = 60.0
"""Seconds until a peer must answer, two thousand consoles and all."""


def _which(program: str) -> str | None:
    """Where a program is; daemons are in folders that a user's PATH may leave out."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


@dataclass(frozen=True)
class Peer:
    """Something that can be measured.

    Attributes:
        name: As in the tables.
        start: Makes the commands and the URLs for some lines.
        needs: Programs it is made of.
        kinds: The lines it can open.
        share: Whether several viewers of one console see the same.
        cure: How to have it, where it is missing.
    """

    name: str
    start: Callable[[Sequence[Line], Path], Plan]
    needs: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("tcp", "pty")
    share: bool = False
    cure: str = ""

    def missing(self) -> str | None:
        """What this host lacks for it; None where it lacks nothing."""
        lacking = [Path(program).name for program in self.needs if _which(program) is None]
        return f"{self.name}: no {', '.join(lacking)} here: {self.cure}" if lacking else None


@dataclass
class Plan:
    """How a peer is started.

    Attributes:
        commands: Programs and their arguments.
        ports: Ports that must answer before it is ready.
        urls: Gives the sessions' URLs, once it is.
        ready: A file that is there once it is ready; None where the ports tell.
    """

    commands: list[list[str]]
    ports: list[int]
    urls: Callable[[], list[str]]
    ready: Path | None = None


class Running:
    """A started peer."""

    def __init__(self, peer: Peer, lines: Sequence[Line], folder: Path, cpus: set[int] | None) -> None:
        self.peer = peer
        self.plan = peer.start(lines, folder)
        self._log = (folder / f"{peer.name.replace('/', '-')}.out").open("w+b")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.begun = time.monotonic()
        try:
            for command in self.plan.commands:
                self.processes.append(self._start(command, folder, cpus))
            self._wait()
            self.seconds = time.monotonic() - self.begun
            self.urls = self.plan.urls()
        except BaseException:
            self.stop()
            raise

    def _start(self, command: list[str], folder: Path, cpus: set[int] | None) -> subprocess.Popen[bytes]:
        if cpus:
            command = [sys.executable, "-c", _PINNED, ",".join(map(str, cpus)), *command]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=folder, start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": ""},
        )  # fmt: skip

    def _wait(self) -> None:
        waiting: dict[str, Callable[[], bool]] = {
            f"port {port}": functools.partial(_listens, port) for port in self.plan.ports
        }
        if self.plan.ready is not None:
            waiting["ready file"] = self.plan.ready.exists
        deadline = self.begun + START
        while waiting:
            waiting = {what: look for what, look in waiting.items() if not look()}
            for process in self.processes:
                if process.poll() is not None:
                    raise RuntimeError(f"{self.peer.name} ended with {process.returncode}: {self.said()}")
            if time.monotonic() > deadline:
                late = ", ".join(waiting)
                raise RuntimeError(f"{self.peer.name} was not ready in {START:g} s: {late}: {self.said()}")
            time.sleep(0.005)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def said(self) -> str:
        """The end of what it printed, on one line."""
        self._log.flush()
        text = Path(self._log.name).read_text(errors="replace").strip()
        return text[-400:].replace("\n", " | ") or "it said nothing"

    def stop(self) -> None:
        """End it and all that it started."""
        pids = host.tree(self.pids)
        for process in self.processes:
            process.terminate()
        deadline = time.monotonic() + 5
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in pids:  # what it forked may outlive it
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._log.close()


_PINNED = (
    "import os, sys; os.sched_setaffinity(0, map(int, sys.argv[1].split(','))); os.execv(sys.argv[2], sys.argv[2:])"
)


_LISTENS = "0A"


def _listens(port: int) -> bool:
    """Whether somebody listens there. Nobody connects to see it: some serve one connection, and that would be ours."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[3] == _LISTENS and row[1].endswith(f":{port:04X}") for row in rows)


def free_port() -> int:
    """A port that nobody has now. Who takes it meanwhile makes the peer end with words that are shown."""
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])


def _consolesvc(*options: str, log: bool = True) -> Callable[[Sequence[Line], Path], Plan]:
    def start(lines: Sequence[Line], folder: Path) -> Plan:
        config, ready = folder / "lab.yaml", folder / "ready.json"
        kinds = {
            "tcp": lambda line: {"type": "tcp", "host": HOST, "port": line.port},
            "pty": lambda line: {"type": "serial", "device": line.path},
        }
        config.write_text(json.dumps({
            "api": {"listen": f"{HOST}:0"}, "proxy": {"listen": f"{HOST}:0", "notices": False},
            "defaults": {"replay": 0}, "log": {"enabled": log, "directory": str(folder / "logs")},
            "limits": {"sessions": 0, "sessions_per_console": 0, "sessions_per_token": 0},
            "servers": [{"name": f"c{line.number}", "line": kinds[line.kind](line)} for line in lines],
        }))  # fmt: skip
        serve = ["serve", "--config", str(config), "--state-dir", str(folder / "state"), "--ready-file", str(ready)]
        return Plan([[str(CONSOLESVC), *serve, *options]], [], lambda: _urls(ready, lines), ready)

    return start


def _urls(ready: Path, lines: Sequence[Line]) -> list[str]:
    """A console URL for each line, by Compute's own call; every line is open by then."""
    told = json.loads(ready.read_text())
    ids = {server["name"]: server["id"] for server in told["servers"]}
    deadline = time.monotonic() + START
    while any(each["line"]["state"] != "connected" for each in _get(f"{told['api']}/console/v1/consoles")["consoles"]):
        if time.monotonic() > deadline:
            raise RuntimeError("consolesvc has not opened every line")
        time.sleep(0.05)
    body = b'{"os-getSerialConsole": {"type": "serial"}}'
    actions = [f"{told['api']}/v2.1/servers/{ids[f'c{line.number}']}/action" for line in lines]
    return [_get(action, body)["console"]["url"] for action in actions]


def _get(url: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def _demo(lines: Sequence[Line], folder: Path) -> Plan:
    del lines
    ready, free = folder / "ready.json", ("--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0")
    return Plan([[str(CONSOLESVC), "serve", "--ephemeral", *free, "--ready-file", str(ready)]], [], list, ready)


def _websockify(lines: Sequence[Line], folder: Path) -> Plan:
    port, tokens = free_port(), folder / "tokens"
    tokens.write_text("".join(f"c{line.number}: {HOST}:{line.port}\n" for line in lines))
    command = ["-m", "websockify", "--token-plugin", "TokenFile", "--token-source", str(tokens), f"{HOST}:{port}"]
    urls = [f"ws://{HOST}:{port}/?token=c{line.number}" for line in lines]
    return Plan([[str(PEERS_PYTHON), *command]], [port], lambda: urls)


def _ser2net(lines: Sequence[Line], folder: Path) -> Plan:
    config, ports = folder / "ser2net.yaml", [free_port() for _ in lines]
    config.write_text("".join(
        f"connection: &c{line.number}\n  accepter: tcp(nodelay=true),{HOST},{port}\n"
        f"  connector: serialdev,{line.path},115200n81,local\n"
        # Its own are 64 bytes: a tenth of the rate and twenty times the CPU.
        "  options:\n    dev-to-net-bufsize: 65536\n    net-to-dev-bufsize: 65536\n"
        for line, port in zip(lines, ports, strict=True)
    ))  # fmt: skip
    command = [_which("ser2net") or "ser2net", "-n", "-c", str(config), "-P", str(folder / "ser2net.pid")]
    return Plan([command], ports, lambda: [f"raw://{HOST}:{port}/" for port in ports])


def _websockify_ser2net(lines: Sequence[Line], folder: Path) -> Plan:
    """What a websocket to a real tty takes with parts off the shelf."""
    behind = _ser2net(lines, folder)
    ports = [Line(line.number, "tcp", port=port) for line, port in zip(lines, behind.ports, strict=True)]
    front = _websockify(ports, folder)
    return Plan([*behind.commands, *front.commands], [*behind.ports, *front.ports], front.urls)


def _conserver(lines: Sequence[Line], folder: Path) -> Plan:
    port, config, password = free_port(), folder / "conserver.cf", folder / "passwd"
    kinds = {
        "tcp": lambda line: f"type host; host {HOST}; port {line.port}; protocol raw;",
        "pty": lambda line: f"type device; device {line.path}; baud 115200; parity none;",
    }
    config.write_text(
        "config * { defaultaccess trusted; sslrequired no; }\n"
        f"access * {{ trusted {HOST}; }}\n"
        + "".join(f"console c{line.number} {{ master localhost; {kinds[line.kind](line)} rw *; }}\n" for line in lines)
    )
    password.write_text("*any*:\n")
    options = ["-C", str(config), "-p", str(port), "-b", "0", "-m", "1000", "-P", str(password), "-M", HOST]
    command = [_which("conserver") or "conserver", *options]
    return Plan([command], [port], lambda: [f"conserver://{HOST}:{port}/c{line.number}" for line in lines])


def _socat(lines: Sequence[Line], folder: Path) -> Plan:
    del folder
    ports = [free_port() for _ in lines]
    program = _which("socat") or "socat"
    behind = {
        "tcp": lambda line: f"TCP:{HOST}:{line.port},nodelay",
        "pty": lambda line: f"{line.path},raw,echo=0",
    }
    commands = [
        [program, "-b", "262144", f"TCP-LISTEN:{port},bind={HOST},reuseaddr,fork,nodelay", behind[line.kind](line)]
        for line, port in zip(lines, ports, strict=True)
    ]
    return Plan(commands, ports, lambda: [f"raw://{HOST}:{port}/" for port in ports])


BARE = """
import sys, uuid
from aiohttp import web

async def action(request):
    kind = (await request.json())["os-getSerialConsole"]["type"]
    return web.json_response({"console": {"type": kind, "url": f"ws://127.0.0.1:6083/?token={uuid.uuid4()}"}})

app = web.Application()
app.router.add_post("/v2.1/servers/{id}/action", action)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
"""
"""An aiohttp server that answers as ours does, and can do nothing else."""


def _bare(lines: Sequence[Line], folder: Path) -> Plan:
    del lines, folder
    port = free_port()
    return Plan([[sys.executable, "-c", BARE, str(port)]], [port], lambda: [f"http://{HOST}:{port}/"])


def _copy(lines: Sequence[Line], folder: Path) -> Plan:
    """No relay at all: the client reads the line's own end. The bound of every relay of a PTY."""
    del folder
    return Plan([], [], lambda: [f"tty://{line.path}" for line in lines])


PIP = "scripts/bench installs it into .venvs/bench"

ALL = {
    peer.name: peer
    for peer in (
        Peer("consolesvc", _consolesvc(), share=True),
        Peer("consolesvc, no log", _consolesvc(log=False), share=True),
        Peer("consolesvc, uvloop", _consolesvc("--loop", "uvloop"), share=True),
        Peer("websockify", _websockify, (str(PEERS_PYTHON),), ("tcp",), cure=PIP),
        Peer("ser2net", _ser2net, ("ser2net",), ("pty",), cure="apt install ser2net"),
        Peer(
            "websockify + ser2net", _websockify_ser2net, (str(PEERS_PYTHON), "ser2net"), ("pty",),
            cure=f"{PIP}; apt install ser2net",
        ),
        Peer("conserver", _conserver, ("conserver",), share=True, cure="apt install conserver-server"),
        Peer("socat", _socat, ("socat",), cure="apt install socat"),
        Peer("consolesvc, demo", _demo),
        Peer("bare aiohttp", _bare),
        Peer("pty copy", _copy, kinds=("pty",)),
    )
}  # fmt: skip
