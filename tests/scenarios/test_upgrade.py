"""A service is stopped, and another process goes on in its place: people and machines are back, and no byte is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from consolesvc.client import Cloud, Match
from tests.scenarios.fleet import Session, chatter, machines, sessions, until
from tests.scenarios.ondisk import contents
from tests.scenarios.process import CONSOLESVC, STOP, Running, environment, eventually, read_until, service

pytestmark = pytest.mark.timeout(180)

SESSIONS = 200
EVERY = 0.2
"""Seconds between two words of one machine."""
BACK = 5.0
"""Seconds after the new process is ready in which all must be back."""
SOON = 2.0
"""The same for a single client."""


class Lab:
    """A configuration, and what its processes share: their ports, their state and their logs."""

    def __init__(self, folder: Path, servers: list[str]) -> None:
        self.folder = folder
        self.file = folder / "lab.yaml"
        entries = "".join(f"  - {{{server}}}\n" for server in servers)
        self.file.write_text(f"log: {{directory: {folder}/logs, min_free: 0}}\nservers:\n{entries}")
        self._ports: tuple[str, ...] = ()
        self._count = 0

    @contextlib.contextmanager
    def process(self) -> Iterator[Running]:
        """A process of it; the next ones listen where the first does."""
        self._count += 1
        words = ("--config", str(self.file), "--state-dir", str(self.folder / "state"), *self._ports)
        with service(self.folder / f"run{self._count}", *words) as running:
            if not self._ports:
                api, proxy = (url.split("//")[1].rstrip("/") for url in (running.api_url, running.proxy_url))
                self._ports = ("--set", f"api.listen={api}", "--set", f"proxy.listen={proxy}")
            yield running

    @contextlib.asynccontextmanager
    async def beside(self) -> AsyncIterator[Running]:
        """The same, started and stopped beside the loop."""
        made = self.process()
        running = await asyncio.to_thread(made.__enter__)
        try:
            yield running
        finally:
            await asyncio.to_thread(made.__exit__, None, None, None)


async def test_200_sessions_are_back_at_the_exact_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By themselves, in five seconds, while the machines speak; each byte that a machine said is there once."""
    async with (
        machines(range(SESSIONS), tmp_path) as fleet,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        lab = Lab(tmp_path, [f"name: node{machine.number}, line: {machine.line}" for machine in fleet])
        at = [(f"node{machine.number}", machine) for machine in fleet]
        async with contextlib.AsyncExitStack() as stack:
            async with lab.beside() as first:
                attached = await stack.enter_async_context(sessions(http, first.api_url, at))
                await stack.enter_async_context(chatter(fleet, EVERY))
                await until("all have heard something", lambda: all(each.next for each in attached), 20)
            assert {tuple(each.ends) for each in attached} == {(1001,)}
            async with lab.beside():
                ready = time.monotonic()
                seconds = await back(attached, ready)
                known = [each.next for each in attached]
                await until("all go on", lambda: all(e.next > n for e, n in zip(attached, known, strict=True)), 10)
        said = [machine.said for machine in fleet]
    assert [each.wrong for each in attached if each.wrong] == []
    with capsys.disabled():
        sys.stderr.write(f"\n{SESSIONS} sessions over an upgrade: all back {seconds:.2f} s after `ready`\n")
    assert seconds <= BACK
    # The stream is the text, from its first byte on; and the last process has taken all that was said to it.
    for machine, total in zip(fleet, said, strict=True):
        logged = contents(tmp_path / "logs", f"node{machine.number}")
        assert len(logged) == total, machine.number


async def back(attached: list[Session], ready: float) -> float:
    """Wait until all are back; how long after `ready` the last one was."""
    await until("all back", lambda: all(each.back > each.cut > 0 for each in attached), 20)
    return max(each.back for each in attached) - ready


async def test_with_the_log_off_another_stream_is_told(tmp_path: Path) -> None:
    """Nothing is kept of the old one then: who comes back hears of a gap, and of the new numbering."""
    async with machines([1]) as (machine,), aiohttp.ClientSession() as http:
        lab = Lab(tmp_path, [f"name: node, line: {machine.line}, log: false"])
        async with contextlib.AsyncExitStack() as stack:
            async with lab.beside() as first:
                (session,) = await stack.enter_async_context(sessions(http, first.api_url, [("node", machine)]))
                session.checks = False
                await stack.enter_async_context(chatter([machine], EVERY))
                await until("something heard", lambda: session.next, 10)
            old = session.hello["stream"]
            async with lab.beside():
                await until("back", lambda: session.back > session.cut > 0, 10)
                assert session.hello["stream"] != old
                await until("the gap is told", lambda: any("a gap" in text for text in session.wrong), 5)


def test_what_the_kernel_kept_is_not_lost(tmp_path: Path) -> None:
    """A machine that speaks while no process runs: what lies in its PTY, which somebody holds open, comes first."""
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        lab = Lab(tmp_path, [f"name: node, line: {{type: serial, device: {os.ttyname(slave)}}}"])
        with lab.process() as running, running.viewer("node") as viewer:
            running.wait_for_line("node", "connected")
            os.write(master, b"before. ")
            read_until(viewer, b"before. ")
        os.write(master, b"meanwhile. ")
        with lab.process() as running, running.viewer("node", "&since=0") as viewer:
            running.wait_for_line("node", "connected")
            os.write(master, b"after.")
            assert b"before. meanwhile. after." in read_until(viewer, b"after.")
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("stuck", ["takes nothing", "says without end"])
def test_a_stop_is_in_time_whatever_a_machine_does(tmp_path: Path, stuck: str) -> None:
    """One that takes nothing has a paste waiting for it, one that floods does not heed that we go: five seconds."""
    with socket.create_server(("127.0.0.1", 0)) as far:
        lab = Lab(tmp_path, [f"name: node, line: {{type: tcp, host: 127.0.0.1, port: {far.getsockname()[1]}}}"])
        over = threading.Event()
        with contextlib.ExitStack() as stack, lab.process() as running:
            peer, _ = far.accept()
            stack.enter_context(peer)
            if stuck == "says without end":
                flood = threading.Thread(target=flooding, args=(peer, over))
                stack.callback(flood.join)
                stack.callback(over.set)
                flood.start()
            viewer = stack.enter_context(running.viewer("node", "&replay=0"))
            viewer.send(bytes(500_000))
            eventually("the paste is on its way", lambda: running.console("node")["counters"]["in"])
            assert running.stop() < STOP


def flooding(peer: socket.socket, over: threading.Event) -> None:
    """Say something for as long as it is not over, whether or not anybody listens."""
    peer.settimeout(0.2)
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            try:
                peer.sendall(b"still talking\n" * 1000)
            except OSError:
                return


def test_a_script_waits_through_an_upgrade(tmp_path: Path) -> None:
    """The Python client's `wait` finds what the machine says to the new process, within two seconds of `ready`."""
    lab = Lab(tmp_path, ["name: node, line: {type: emulated, guest: echo, speed: max}"])
    found: list[tuple[Match, float]] = []
    with lab.process() as running:
        running.wait_for_line("node", "connected")
        console = Cloud(running.api_url).console("node")
        console.send("before ")

        def wait() -> None:
            found.append((console.wait("said after", timeout=60), time.monotonic()))

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.5)
    with lab.process() as running:
        running.wait_for_line("node", "connected")
        ready = time.monotonic()
        Cloud(running.api_url).console("node").send("said after")
        waiting.join(30)
    ((match, when),) = found
    assert match.gap is None
    assert when - ready <= SOON


def test_attach_is_back_within_two_seconds(tmp_path: Path) -> None:
    """Also where the new process takes its time: what waits is no longer than a second between two tries."""
    lab = Lab(tmp_path, ["name: node, line: {type: emulated, guest: chatter, rate: 20, speed: max}"])
    told = tmp_path / "told"
    with contextlib.ExitStack() as stack:
        with lab.process() as running:
            words: list[str | Path] = [CONSOLESVC, "attach", "node", "--endpoint", running.api_url]
            err = stack.enter_context(told.open("wb"))
            client = stack.enter_context(
                subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=err, env=environment())
            )
            stack.callback(client.kill)
            eventually("attached", lambda: running.console("node")["viewers"] == 1)
        time.sleep(6)
        with lab.process() as running:
            ready = time.monotonic()
            eventually("back", lambda: "[consolesvc: back after" in told.read_text(), SOON)
            assert time.monotonic() - ready <= SOON
            assert running.console("node")["viewers"] == 1
