"""The machines at the other end of the lines: processes that say what is checked, on sockets or PTYs.

They are driven over their console: `f` has one say as many bytes as it was made with, `w` half of them, and `e` say
them without end; any other byte comes back as it is.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pty
import selectors
import signal
import socket
import time
import tty
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from tests.bench import streams

HOST = "127.0.0.1"
Kind = Literal["tcp", "pty"]
PIECE = {"tcp": 256 * 1024, "pty": 64 * 1024}
"""Bytes that a flood offers at a time."""
PATIENCE = 120.0
"""Seconds that anything here may take at most."""

_fork = multiprocessing.get_context("fork")


@dataclass
class Line:
    """One end of a line, the machine's; `port` or `path` is where a service finds the other."""

    number: int
    kind: Kind
    port: int = 0
    path: str = ""
    listener: socket.socket | None = None
    master: int = -1
    slave: int = -1

    def close(self) -> None:
        if self.listener is not None:
            self.listener.close()
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)


def make_line(number: int, kind: Kind) -> Line:
    """A line that waits for its service."""
    if kind == "pty":
        master, slave = pty.openpty()
        tty.setraw(slave)
        return Line(number, kind, path=os.ttyname(slave), master=master, slave=slave)
    listener = socket.create_server((HOST, 0), backlog=64)
    return Line(number, kind, port=listener.getsockname()[1], listener=listener)


class Process:
    """A process of the bench's own, that is told things and answers."""

    def __init__(self, work: Callable[..., None], *arguments: Any, cpus: set[int] | None = None) -> None:
        self._pipe, theirs = _fork.Pipe()
        self._process = _fork.Process(target=_run, args=(work, theirs, arguments, cpus), daemon=True)
        self._process.start()
        theirs.close()

    def tell(self, message: object = None) -> None:
        self._pipe.send(message)

    def hear(self, seconds: float = PATIENCE) -> Any:
        """The next answer; raises TimeoutError, or what went wrong there."""
        if not self._pipe.poll(seconds):
            raise TimeoutError(f"no answer of the bench's own process within {seconds:g} s")
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self, message: object = None, seconds: float = PATIENCE) -> Any:
        self.tell(message)
        return self.hear(seconds)

    def end(self) -> None:
        self._process.kill()
        self._process.join(5)
        self._pipe.close()


def _run(work: Callable[..., None], pipe: Connection, arguments: Sequence[Any], cpus: set[int] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if cpus:
        os.sched_setaffinity(0, cpus)
    try:
        work(pipe, *arguments)
    except EOFError:
        pass
    except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
        with contextlib.suppress(OSError):
            pipe.send(error)


def talker(pipe: Connection, line: Line, size: int) -> None:
    """The machine of one line; blocking, for a flood is all that it does at a time."""
    del pipe
    with selectors.DefaultSelector() as selector:
        if line.listener is not None:
            selector.register(line.listener, selectors.EVENT_READ)
        else:
            selector.register(line.master, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is line.listener:
                    assert line.listener is not None
                    connection, _ = line.listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(connection, selectors.EVENT_READ)
                elif not _heard(key.fd, PIECE[line.kind], size) and key.fd != line.master:
                    selector.unregister(key.fileobj)
                    os.close(key.fd)


def _heard(fd: int, piece: int, size: int) -> bool:
    """Do as a machine is told; whether it may be told more."""
    try:
        told = os.read(fd, 4096)
        for letter in told.decode("ascii", "replace"):
            if letter in "fwe":
                _say(fd, piece, {"f": size, "w": size // 2, "e": None}[letter])
            else:
                os.write(fd, letter.encode())
    except OSError:
        return False
    return bool(told)


def _say(fd: int, piece: int, size: int | None) -> None:
    said = 0
    while size is None or said < size:
        said += os.write(fd, streams.flood(said, piece if size is None else min(piece, size - said)))


def choir(pipe: Connection, lines: Sequence[Line], size: int) -> None:
    """The machines of many TCP lines. They echo; told `(seconds, hertz)`, each says chunks of `size` at that rate.

    Answers how many lines are connected to `None`, and to a rate, the chunks said on each line and the ones that a
    line did not take whole.
    """
    machines: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        for line in lines:
            assert line.listener is not None
            selector.register(line.listener, selectors.EVENT_READ, line.number)
        while True:
            told = _listen(selector, pipe, machines, None)
            if told is None:
                continue
            if told == "count":
                pipe.send(len(machines))
            else:
                pipe.send(_sing(selector, pipe, machines, Song(len(lines), size, *told)))


def _listen(
    selector: selectors.BaseSelector, pipe: Connection, machines: dict[int, socket.socket], timeout: float | None
) -> Any:
    """Take connections and echo for at most so long; what the pipe says, None for nothing."""
    told = None
    for key, _ in selector.select(timeout):
        if key.fileobj is pipe:
            told = pipe.recv()
        elif key.data is not None:
            assert isinstance(key.fileobj, socket.socket)
            connection, _ = key.fileobj.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setblocking(False)
            machines[key.data] = connection
            selector.register(connection, selectors.EVENT_READ)
        else:
            assert isinstance(key.fileobj, socket.socket)
            data = b""
            with contextlib.suppress(OSError):
                data = key.fileobj.recv(65536)
                key.fileobj.send(data)
            if not data:
                selector.unregister(key.fileobj)
                key.fileobj.close()
    return told


@dataclass(frozen=True)
class Song:
    """What a choir says: chunks of `size` bytes from number `first` on, on each of `count` lines, at a rate."""

    count: int
    size: int
    first: int
    seconds: float
    hertz: float


def _sing(
    selector: selectors.BaseSelector, pipe: Connection, machines: dict[int, socket.socket], song: Song
) -> tuple[int, int]:
    """Have every line say a chunk in turn, evenly; how many were said, and how many a line did not take."""
    total, said, refused = int(song.seconds * song.count * song.hertz), 0, 0
    begun, gap = time.monotonic(), 1 / (song.count * song.hertz)
    while said < total:
        early = begun + said * gap - time.monotonic()
        if early > 0:
            _listen(selector, pipe, machines, min(early, 0.01))
            continue
        for turn in range(said, min(said + 64, total, said + 1 + int(-early / gap))):
            line, number = turn % song.count, song.first + turn // song.count
            try:
                refused += machines[line].send(streams.chunk(line, number, song.size)) != song.size
            except (OSError, KeyError):
                refused += 1
            said = turn + 1
    return said, refused
