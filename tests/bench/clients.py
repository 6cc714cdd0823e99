"""The clients of each workload, each a process of its own: told to begin, it answers with what it saw."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import selectors
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from tests.bench import streams
from tests.bench.sessions import Session, Sink, connect

QUIET = 0.3
"""Seconds of silence after which what a server says by itself, at attach, is over."""
STALLED = 2.0
"""Seconds without any byte after which a fan-out is given up."""
THINKING = 0.001
"""Seconds between an echo and the next key, on average: so that keys do not fall into step with the loop's turns."""


def used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def share(values: Sequence[int], part: float) -> float:
    """The value below which so large a part of sorted nanoseconds lies, in microseconds."""
    return values[min(len(values) - 1, int(part * len(values)))] / 1000 if values else 0.0


def settle(session: Session) -> None:
    """Pass over what comes before anything was asked for."""
    session.socket.settimeout(QUIET)
    with contextlib.suppress(TimeoutError):
        while True:
            session.take(streams.Count())
    session.socket.settimeout(20)


def bulk(pipe: Connection, url: str, size: int) -> None:
    """One session reads half a flood to warm up, and then a whole one."""
    session = connect(url)
    settle(session)
    for order, expected in ((b"w", size // 2), (b"f", size)):
        pipe.recv()
        flood, reads = streams.Flood(), 0
        begun, cpu = time.monotonic(), used()
        session.type(order)
        while flood.got < expected:
            session.take(flood)
            reads += 1
        seconds = time.monotonic() - begun
        pipe.send({"bytes": flood.got, "wrong": flood.wrong, "seconds": seconds, "cpu": used() - cpu, "reads": reads})
    pipe.recv()
    session.close()


def keys(pipe: Connection, url: str, count: int) -> None:
    """Type a key, wait for its echo, think, type the next."""
    session = connect(url)
    settle(session)
    pipe.send("ready")
    pipe.recv()
    echoed, waits, random_pause = streams.Count(), [], random.Random(1)
    for number in range(count):
        begun = time.perf_counter_ns()
        session.type(b"k")
        while echoed.got <= number:
            session.take(echoed)
        waits.append(time.perf_counter_ns() - begun)
        time.sleep(THINKING * random_pause.uniform(0.5, 1.5))
    waits.sort()
    pipe.send({"count": echoed.got, "p50": share(waits, 0.5), "p99": share(waits, 0.99)})
    pipe.recv()
    session.close()


def flooded(pipe: Connection, url: str) -> None:
    """Have a console flood without end, and read it; answers how much."""
    session = connect(url)
    settle(session)
    session.type(b"e")
    flood, begun = streams.Flood(), time.monotonic()
    pipe.send("ready")
    while not pipe.poll():
        session.take(flood)
    pipe.recv()
    pipe.send({"bytes": flood.got, "wrong": flood.wrong, "seconds": time.monotonic() - begun})
    pipe.recv()


def many(pipe: Connection, urls: Sequence[str], size: int) -> None:
    """A session on each of many consoles; every chunk is checked for its line, its number and its delay."""
    readers: list[tuple[Session, streams.Chunks]] = []
    refused: dict[str, int] = {}
    begun, closed, cpu = time.monotonic(), 0, 0.0
    with selectors.DefaultSelector() as selector:
        for line, url in enumerate(urls):
            try:
                session = connect(url)
            except OSError as error:
                refused[str(error)[:60]] = refused.get(str(error)[:60], 0) + 1
                continue
            session.socket.setblocking(False)
            chunks = streams.Chunks(line, size)
            readers.append((session, chunks))
            selector.register(session.socket, selectors.EVENT_READ, readers[-1])
            if not line % 20:  # pings wait for an answer, however long the ramp is
                closed += _read_ready(selector, pipe, 0)
        pipe.send({"open": len(readers), "refused": refused, "seconds": time.monotonic() - begun})
        selector.register(pipe, selectors.EVENT_READ, None)
        while True:
            closed += _read_ready(selector, pipe, None)
            if not pipe.poll():
                continue
            if pipe.recv() == "mark":
                cpu = used()
                for _, chunks in readers:
                    chunks.delays.clear()
                pipe.send(None)
                continue
            delays = sorted(delay for _, chunks in readers for delay in chunks.delays)
            pipe.send({
                "chunks": sum(chunks.next for _, chunks in readers),
                "wrong": sum(chunks.wrong for _, chunks in readers),
                "closed": closed, "cpu": used() - cpu,
                "p50": share(delays, 0.5), "p99": share(delays, 0.99), "worst": share(delays, 1),
            })  # fmt: skip


def _read_ready(selector: selectors.BaseSelector, pipe: Connection, timeout: float | None) -> int:
    """Read what is there; how many sessions have ended."""
    closed = 0
    for key, _ in selector.select(timeout):
        if key.fileobj is pipe:
            continue
        session, sink = key.data
        try:
            session.take(sink)
        except BlockingIOError:
            continue
        except OSError:
            closed += 1
            selector.unregister(key.fileobj)
    return closed


def fan(pipe: Connection, url: str, viewers: int, size: int, stalled: int) -> None:
    """Many viewers of one console read one flood; beside them some that read nothing."""
    sessions = [connect(url) for _ in range(viewers)]
    lazy = [connect(url, receive_buffer=4096) for _ in range(stalled)]
    floods = [streams.Flood() for _ in sessions]
    for session in sessions:
        settle(session) if session is sessions[0] else _drain(session)
        session.socket.setblocking(False)
    pipe.send("ready")
    pipe.recv()
    with selectors.DefaultSelector() as selector:
        for session, flood in zip(sessions, floods, strict=True):
            selector.register(session.socket, selectors.EVENT_READ, (session, flood))
        begun, cpu, closed = time.monotonic(), used(), 0
        sessions[0].type(b"f")
        last = begun
        while selector.get_map() and time.monotonic() - last < STALLED:
            for key, _ in selector.select(0.25):
                last = time.monotonic()
                session, flood = key.data
                try:
                    session.take(flood)
                except BlockingIOError:
                    continue
                except OSError:
                    closed += 1
                    selector.unregister(key.fileobj)
                    continue
                if flood.got >= size:
                    selector.unregister(key.fileobj)
    whole = [flood.got == size and flood.wrong is None for flood in floods]
    pipe.send({
        "bytes": sum(flood.got for flood in floods), "seconds": last - begun, "cpu": used() - cpu,
        "whole": sum(whole), "closed": closed,
    })  # fmt: skip
    pipe.recv()
    for session in [*sessions, *lazy]:
        session.socket.close()


def _drain(session: Session) -> None:
    session.socket.settimeout(0.001)
    sink: Sink = streams.Count()
    with contextlib.suppress(TimeoutError):
        while True:
            session.take(sink)


def comings(pipe: Connection, urls: Sequence[str], seconds: float) -> None:
    """A worker for each console, a process each: connect, a key, its echo, close, and again."""
    workers = []
    for url in urls:
        ours, theirs = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(ours)
            os.write(theirs, _come_and_go(url, seconds).encode())
            os._exit(0)
        os.close(theirs)
        workers.append((pid, ours))
    made, failed, why = 0, 0, ""
    for pid, end in workers:
        with os.fdopen(end) as answer:
            words = answer.read().split(" ", 2)
        os.waitpid(pid, 0)
        made, failed, why = made + int(words[0]), failed + int(words[1]), words[2] or why
    pipe.send({"made": made, "failed": failed, "why": why})
    pipe.recv()


def _come_and_go(url: str, seconds: float) -> str:
    made, failed, why = 0, 0, ""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            session = connect(url)
            session.type(b"k")
            echoed = streams.Count()
            while not echoed.got:
                session.take(echoed)
            # An end without the minute's wait of TIME_WAIT, of which there would be thousands.
            session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            session.close()
            made += 1
        except OSError as error:
            failed, why = failed + 1, str(error)
            time.sleep(0.01)
    return f"{made} {failed} {why}"


def minting(pipe: Connection, place: tuple[str, int], request: bytes, connections: int, seconds: float) -> None:
    """So many connections ask one thing over and over; each answer must be 200 and have a token in it."""
    made, wrong = 0, b""
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = socket.create_connection(place, timeout=20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ, bytearray())
        begun, cpu = time.monotonic(), used()
        while time.monotonic() - begun < seconds and not wrong:
            for key, _ in selector.select(1):
                assert isinstance(key.fileobj, socket.socket)
                key.data.extend(key.fileobj.recv(65536))
                size = _answer(key.data)
                if not size:
                    continue
                if not key.data.startswith(b"HTTP/1.1 200 ") or b"?token=" not in key.data:
                    wrong = bytes(key.data[:200])
                del key.data[:size]
                made += 1
                key.fileobj.sendall(request)
        seconds = time.monotonic() - begun
        answer: dict[str, Any] = {"made": made, "seconds": seconds, "cpu": used() - cpu, "wrong": wrong}
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    pipe.send(answer)
    pipe.recv()


def _answer(data: bytearray) -> int:
    """Bytes of the HTTP answer that begins here; 0 while it is not whole."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return 0
    found = data.lower().find(b"content-length:", 0, head)
    size = int(data[found + 15 : data.find(b"\r\n", found)]) if found >= 0 else 0
    return head + 4 + size if len(data) >= head + 4 + size else 0
