"""A machine that floods a PTY, and readers of the flood that cost next to nothing beside the service."""

from __future__ import annotations

import base64
import contextlib
import os
import selectors
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

BLOCK = 64 * 1024


def blocks(size: int) -> Iterator[bytes]:
    """So many bytes in which each kilobyte is another."""
    for first in range(0, size // 1024, BLOCK // 1024):
        yield b"".join(b"%08d" % kilobyte * 128 for kilobyte in range(first, min(first + 64, size // 1024)))


def words_of(size: int) -> bytes:
    """All of them at once."""
    return b"".join(blocks(size))


def checksum_of(size: int) -> int:
    """The CRC-32 of so many bytes of a flood."""
    found = 0
    for block in blocks(size):
        found = zlib.crc32(block, found)
    return found


class Machine:
    """Says so many bytes down a PTY, in a thread, as fast as they are read.

    Attributes:
        longest: Seconds for which it had to wait at most at a time, but for those that this host let its own process
            wait; counts once it has ended.
    """

    def __init__(self, master: int, size: int) -> None:
        self.longest = 0.0
        self._master = master
        self._size = size
        self._thread = threading.Thread(target=self._say, name="machine")
        self._thread.start()

    def join(self) -> None:
        """Until all is said."""
        self._thread.join(100)
        assert not self._thread.is_alive()

    def _say(self) -> None:
        over, overslept = threading.Event(), [0.0]
        watch = threading.Thread(target=_watch, args=(over, overslept), name="watch")
        watch.start()
        for block in blocks(self._size):
            place = 0
            while place < len(block):
                begun, overslept[0] = time.monotonic(), 0.0
                place += os.write(self._master, block[place : place + 4096])
                self.longest = max(self.longest, time.monotonic() - begun - overslept[0])
        over.set()
        watch.join()


def _watch(over: threading.Event, overslept: list[float]) -> None:
    """Add up for how long a thread that wants to run every 20 ms is kept waiting: a busy host's doing, not a line's."""
    last = time.monotonic()
    while not over.wait(0.02):
        now = time.monotonic()
        overslept[0] += max(0.0, now - last - 0.02)
        last = now


class Tap:
    """A websocket that reads output, all BINARY frames of a server's, and does not keep it."""

    def __init__(self, url: str, **options: int) -> None:
        place = urlsplit(url)
        self.count = 0
        self.checksum = 0
        self._head = b""
        self._left = 0
        self.socket = socket.socket()
        for name, value in options.items():
            self.socket.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        self.socket.settimeout(10)
        self.socket.connect((place.hostname, place.port))
        self.socket = self.secured(self.socket, place.hostname or "")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1)
        assert answer.startswith(b"HTTP/1.1 101 "), answer

    def secured(self, sock: socket.socket, host: str) -> socket.socket:  # noqa: ARG002 - for SecureTap
        """What to read from: the socket itself."""
        return sock

    def take(self) -> None:
        """Read what is there."""
        data = memoryview(self.socket.recv(4 * BLOCK))
        assert data, f"the session ended after {self.count} bytes"
        while data:
            if self._left:
                payload, data = data[: self._left], data[self._left :]
                self.checksum = zlib.crc32(payload, self.checksum)
                self.count += len(payload)
                self._left -= len(payload)
            else:
                data = self._read_head(data)

    def _read_head(self, data: memoryview) -> memoryview:
        """The head of a frame, byte by byte: it may be cut anywhere."""
        self._head += bytes(data[:1])
        size = {126: 4, 127: 10}.get(self._head[1], 2) if len(self._head) > 1 else 2
        if len(self._head) == size:
            assert self._head[0] == 0x82, f"no BINARY frame: {self._head!r}"  # FIN and the opcode
            self._left = self._head[1] if size == 2 else int.from_bytes(self._head[2:])
            self._head = b""
        return data[1:]


class SecureTap(Tap):
    """A tap by TLS."""

    def __init__(self, tls: ssl.SSLContext, url: str, **options: int) -> None:
        self._tls = tls
        super().__init__(url, **options)

    def secured(self, sock: socket.socket, host: str) -> socket.socket:
        """The socket behind TLS."""
        return self._tls.wrap_socket(sock, server_hostname=host)

    def take(self) -> None:
        """Read what is there: what TLS has decrypted already shows in no selector."""
        assert isinstance(self.socket, ssl.SSLSocket)
        with contextlib.suppress(ssl.SSLWantReadError):  # half of a record
            super().take()
            while self.socket.pending():
                super().take()


def read_all(taps: Sequence[Tap], size: int, seconds: float) -> None:
    """Let all of them read until each has so many bytes."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for tap in taps:
            tap.socket.setblocking(False)
            selector.register(tap.socket, selectors.EVENT_READ, tap)
        while selector.get_map():
            assert time.monotonic() < deadline, [tap.count for tap in taps]
            for key, _ in selector.select(1):
                key.data.take()
                if key.data.count >= size:
                    selector.unregister(key.fileobj)
