"""The workloads: what is asked of a peer, and what of it is measured.

Each starts the peer for lines of its own, has its clients check every byte, and gives figures by name. What was not
whole is an error in words; a figure that comes with one counts for nothing.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.bench import clients, host, machines
from tests.bench.machines import Kind, Line, Process, make_line
from tests.bench.peers import Peer, Running

MIB = 1 << 20
Figures = dict[str, float]


class Broken(Exception):
    """A run whose figures count for nothing: what was not as it must be."""


@dataclass(frozen=True)
class Size:
    """How much is done; small for a look whether all of it works.

    Attributes:
        bulk: MiB of a flood through TCP; half as much again goes before it.
        pty: The same through a PTY.
        keys: Keys typed.
        consoles: Consoles at once.
        seconds: For which consoles speak, clients come and go, tokens are minted.
        viewers: Of one console.
        fan: MiB that each of them reads.
        settled: Seconds after its start when the demo's memory is looked at.
    """

    bulk: int = 512
    pty: int = 16
    keys: int = 1500
    consoles: int = 2000
    seconds: int = 5
    viewers: int = 100
    fan: int = 16
    settled: float = 3


SHORT = Size(bulk=8, pty=2, keys=50, consoles=20, seconds=1, viewers=10, fan=2, settled=0.5)


@dataclass
class Stage:
    """A peer, its lines and the clients that look at it; all of it ends with the block."""

    peer: Peer
    kind: Kind
    count: int
    folder: Path = field(init=False)
    lines: list[Line] = field(default_factory=list)
    running: Running = field(init=False)
    _processes: list[Process] = field(default_factory=list)
    _temporary: Any = None

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory(prefix="bench-")
        self.folder = Path(self._temporary.name)
        self.folder.chmod(0o755)
        self.server_cpus, self.our_cpus = host.cpus()
        self.lines = [make_line(number, self.kind) for number in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "running"):
            self.running.stop()
        for process in self._processes:
            process.end()
        for line in self.lines:
            line.close()
        self._temporary.cleanup()

    def beside(self, work: Callable[..., None], *arguments: Any) -> Process:
        """A process of the bench's own, off the server's CPU."""
        self._processes.append(Process(work, *arguments, cpus=self.our_cpus))
        return self._processes[-1]

    def start(self) -> list[str]:
        """Start the peer; its URLs."""
        self.running = Running(self.peer, self.lines, self.folder, self.server_cpus)
        return self.running.urls

    def cpu(self) -> float:
        return host.cpu_seconds(self.running.pids)


def _check(whole: bool, what: str) -> None:
    if not whole:
        raise Broken(what)


def bulk(peer: Peer, size: Size, kind: Kind = "tcp") -> Figures:
    """A flood from one console to one viewer, after half of one: what was in nobody's memory is by then."""
    total = (size.bulk if kind == "tcp" else size.pty) * MIB
    with Stage(peer, kind, 1) as stage:
        stage.beside(machines.talker, stage.lines[0], total)
        client = stage.beside(clients.bulk, stage.start()[0], total)
        client.ask("warm up")
        host.have_memory(stage.folder, total)
        cpu = stage.cpu()
        seen = client.ask("now")
        cpu = stage.cpu() - cpu
        whole = seen["bytes"] == total and seen["wrong"] is None
        _check(whole, f"{seen['bytes']} of {total} bytes, wrong from {seen['wrong']}")
        return {
            "MB/s": total / seen["seconds"] / 1e6, "CPU s/GiB": cpu / total * (1 << 30),
            "client CPU %": 100 * seen["cpu"] / seen["seconds"],
        }  # fmt: skip


def pty_bulk(peer: Peer, size: Size) -> Figures:
    """The same through a PTY."""
    return bulk(peer, size, "pty")


def echo(peer: Peer, size: Size, *, beside_flood: bool = False) -> Figures:
    """A key, its echo, a thought, the next key; alone, or while another console floods."""
    with Stage(peer, "tcp", 2) as stage:
        for line in stage.lines:
            stage.beside(machines.talker, line, MIB)
        urls = stage.start()
        client = stage.beside(clients.keys, urls[0], size.keys)
        client.hear()
        flood = None
        if beside_flood:
            flood = stage.beside(clients.flooded, urls[1])
            flood.hear()
            time.sleep(0.5)
        seen = client.ask("now")
        _check(seen["count"] == size.keys, f"{seen['count']} echoes of {size.keys} keys")
        figures = {"p50 us": seen["p50"], "p99 us": seen["p99"]}
        if flood is not None:
            flooded = flood.ask("end")
            _check(flooded["wrong"] is None, f"the flood beside it is wrong from {flooded['wrong']}")
            figures["flood MB/s"] = flooded["bytes"] / flooded["seconds"] / 1e6
        return figures


def echo_beside_flood(peer: Peer, size: Size) -> Figures:
    """Keys while another console floods, and its viewer reads."""
    return echo(peer, size, beside_flood=True)


CHUNK, HERTZ, WARM = 2880, 4, 2
"""A line at full 115200 baud, as a driver hands it over: bytes of a chunk, chunks a second; seconds to warm up."""


def many(peer: Peer, size: Size) -> Figures:
    """Many consoles that speak at once, a viewer on each."""
    with Stage(peer, "tcp", size.consoles) as stage:
        choir = stage.beside(machines.choir, stage.lines, CHUNK)
        urls = stage.start()
        before = host.memory(stage.running.pids)["pss"]
        client = stage.beside(clients.many, urls, CHUNK)
        opened = client.hear()
        _check(opened["open"] == size.consoles, f"{opened['open']} of {size.consoles} sessions: {opened['refused']}")
        deadline = time.monotonic() + 20
        while choir.ask("count") < size.consoles:  # some connect to a line only for its viewer
            _check(time.monotonic() < deadline, "not every line was opened")
            time.sleep(0.1)
        time.sleep(1)
        attached = host.memory(stage.running.pids)["pss"]
        warm, refused = choir.ask((0, WARM, HERTZ))
        time.sleep(0.5)
        client.ask("mark")
        cpu, begun = stage.cpu(), time.monotonic()
        said, more = choir.ask((WARM * HERTZ, size.seconds, HERTZ))
        cpu, seconds = stage.cpu() - cpu, time.monotonic() - begun
        time.sleep(1)
        seen = client.ask("end")
        _check(refused + more == 0, f"{refused + more} chunks were not taken: the lines were not read in time")
        _check(
            not seen["closed"] and not seen["wrong"], f"{seen['closed']} sessions ended, {seen['wrong']} chunks wrong"
        )
        _check(seen["chunks"] == warm + said, f"{seen['chunks']} of {warm + said} chunks came")
        return {
            "attached/s": opened["open"] / opened["seconds"],
            "KiB/session": (attached - before) * 1024 / size.consoles,
            "server CPU %": 100 * cpu / seconds, "CPU us/chunk": 1e6 * cpu / said,
            "p50 ms": seen["p50"] / 1000, "p99 ms": seen["p99"] / 1000, "worst ms": seen["worst"] / 1000,
            "client CPU %": 100 * seen["cpu"] / seconds,
        }  # fmt: skip


def fan(peer: Peer, size: Size, *, viewers: int | None = None, stalled: int = 0) -> Figures:
    """One flood to many viewers."""
    viewers = size.viewers if viewers is None else viewers
    total = size.fan * MIB
    with Stage(peer, "tcp", 1) as stage:
        stage.beside(machines.talker, stage.lines[0], total)
        client = stage.beside(clients.fan, stage.start()[0], viewers, total, stalled)
        client.hear()
        cpu = stage.cpu()
        seen = client.ask("now")
        cpu = stage.cpu() - cpu
        whole = seen["whole"]
        _check(whole == viewers, f"{whole} of {viewers} viewers have every byte; {seen['closed']} were ended")
        return {
            "MB/s, all": seen["bytes"] / seen["seconds"] / 1e6, "CPU s/GiB": cpu / seen["bytes"] * (1 << 30),
            "seconds": seen["seconds"], "client CPU %": 100 * seen["cpu"] / seen["seconds"],
        }  # fmt: skip


READING = 9


def fan_beside_stalled(peer: Peer, size: Size) -> Figures:
    """Nine viewers that read, without and with a tenth that takes nothing; how much later the nine have it all."""
    alone = fan(peer, size, viewers=READING)
    beside = fan(peer, size, viewers=READING, stalled=1)
    return {"alone s": alone["seconds"], "beside s": beside["seconds"], "later s": beside["seconds"] - alone["seconds"]}


WORKERS = 8


def comings(peer: Peer, size: Size) -> Figures:
    """Connect, a first byte, close: eight at a time, each on a console of its own."""
    with Stage(peer, "tcp", WORKERS) as stage:
        stage.beside(machines.choir, stage.lines, CHUNK)
        client = stage.beside(clients.comings, stage.start(), size.seconds)
        cpu = stage.cpu()
        seen = client.hear()
        cpu = stage.cpu() - cpu
        _check(not seen["failed"], f"{seen['failed']} sessions failed: {seen['why']}")
        _check(seen["made"] > 0, "no session was made")
        return {"per s": seen["made"] / size.seconds, "CPU ms each": 1000 * cpu / seen["made"]}


CONNECTIONS = 16


def minting(peer: Peer, size: Size) -> Figures:
    """os-getSerialConsole over and over, on sixteen connections."""
    with Stage(peer, "tcp", 1) as stage:
        stage.beside(machines.choir, stage.lines, CHUNK)
        stage.start()
        client = stage.beside(clients.minting, *_asking(stage), CONNECTIONS, size.seconds)
        cpu = stage.cpu()
        seen = client.hear()
        cpu = stage.cpu() - cpu
        _check(not seen["wrong"], f"an answer was {seen['wrong']!r}")
        return {
            "per s": seen["made"] / seen["seconds"], "CPU us each": 1e6 * cpu / seen["made"],
            "client CPU %": 100 * seen["cpu"] / seen["seconds"],
        }  # fmt: skip


def _asking(stage: Stage) -> tuple[tuple[str, int], bytes]:
    """Where to ask, and the whole request."""
    ready = stage.running.plan.ready
    bare: dict[str, Any] = {"api": "".join(stage.running.urls[:1]), "servers": [{"id": "any"}]}
    told = bare if ready is None else json.loads(ready.read_text())
    place = urlsplit(told["api"])
    body = b'{"os-getSerialConsole": {"type": "serial"}}'
    head = (
        f"POST /v2.1/servers/{told['servers'][0]['id']}/action HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"X-Auth-Token: none\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (str(place.hostname), int(place.port or 0)), head.encode() + body


def starting(peer: Peer, size: Size) -> Figures:
    """From exec to ready, and the memory at rest: the demo's, where it is ours."""
    with Stage(peer, "tcp", 0) as stage:
        stage.start()
        seconds = stage.running.seconds
        time.sleep(size.settled)
        sizes = host.memory(stage.running.pids)
        return {"ready s": seconds, "RSS MiB": sizes["rss"], "PSS MiB": sizes["pss"]}


@dataclass(frozen=True)
class Workload:
    """One row of the tables: what is done, by whom."""

    name: str
    run: Callable[[Peer, Size], Figures]
    peers: Sequence[str]


OURS, QUICK, NO_LOG = "consolesvc", "consolesvc, uvloop", "consolesvc, no log"

ALL = {
    workload.name: workload
    for workload in (
        Workload("bulk", bulk, (OURS, NO_LOG, "websockify", "socat")),
        Workload("pty", pty_bulk, (OURS, "websockify + ser2net", "ser2net", "pty copy")),
        Workload("echo", echo, (OURS, "websockify")),
        Workload("flooded", echo_beside_flood, (OURS, QUICK, "websockify")),
        Workload("many", many, (OURS, NO_LOG)),
        Workload("fan", fan, (OURS, "conserver")),
        Workload("stalled", fan_beside_stalled, (OURS,)),
        Workload("comings", comings, (OURS, "websockify")),
        Workload("minting", minting, (OURS, "bare aiohttp")),
        Workload("start", starting, ("consolesvc, demo", "bare aiohttp")),
    )
}
