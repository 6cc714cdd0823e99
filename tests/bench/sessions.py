"""Clients that cost next to nothing: they read frames' heads, hand the payload on as it lies, and keep nothing.

Four ways: a websocket, conserver's own protocol, a bare socket, and the terminal itself.
"""

from __future__ import annotations

import base64
import contextlib
import os
import select
import socket
import struct
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

Sink = Callable[[memoryview], None]

READ = 1 << 20
TIMEOUT = 20.0
"""Seconds that a connection, or any read of a waiting client, may take."""
_CLOSE, _PING, _PONG, _CONTROL = 8, 9, 10, 8
_TWO_BYTES, _EIGHT_BYTES = 126, 127


class Session:
    """A bare socket; `take` reads once and hands on what is output."""

    def __init__(self, url: str, receive_buffer: int | None = None) -> None:
        self.url: SplitResult = urlsplit(url)
        self._buffer = bytearray(READ)
        self._view = memoryview(self._buffer)
        self.socket = self._connect(self.url.port, receive_buffer)

    def _connect(self, port: int | None, receive_buffer: int | None) -> socket.socket:
        made = socket.socket()
        made.settimeout(TIMEOUT)
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect((self.url.hostname, port))
        return made

    def type(self, data: bytes) -> None:
        self.socket.sendall(data)

    def take(self, sink: Sink) -> int:
        """Read once; how many bytes came on the socket. Raises ConnectionError at its end."""
        size = self.socket.recv_into(self._buffer)
        if not size:
            raise ConnectionError("the session was ended")
        self.parse(self._view[:size], sink)
        return size

    def parse(self, data: memoryview, sink: Sink) -> None:
        sink(data)

    def close(self) -> None:
        self.socket.close()


class Websocket(Session):
    """RFC 6455, as a client that trusts its server's frames."""

    def __init__(self, url: str, receive_buffer: int | None = None) -> None:
        super().__init__(url, receive_buffer)
        self._head = b""
        self._left = 0
        self._opcode = 0
        self._control = b""
        self._early = self._shake_hands()

    def _shake_hands(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {self.url.path or '/'}?{self.url.query} HTTP/1.1\r\nHost: {self.url.netloc}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError(f"ended within the handshake: {answer[:100]!r}")
            answer += data
        head, _, rest = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"no websocket: {head[:100]!r}")
        return rest

    def take(self, sink: Sink) -> int:
        if self._early:
            early, self._early = memoryview(self._early), b""
            self.parse(early, sink)
            return len(early)
        return super().take(sink)

    def type(self, data: bytes) -> None:
        self.socket.sendall(_masked(2, data))

    def parse(self, data: memoryview, sink: Sink) -> None:
        while data:
            if not self._left:
                data = self._parse_head(data)
                continue
            payload, data = data[: self._left], data[self._left :]
            self._left -= len(payload)
            if self._opcode < _CONTROL:
                sink(payload)
            else:
                self._control += payload
                if not self._left:
                    self._obey()

    def _parse_head(self, data: memoryview) -> memoryview:
        """A frame's head, which may be cut anywhere."""
        head = self._head + bytes(data[:10])
        size = 2 if len(head) < 2 else {_TWO_BYTES: 4, _EIGHT_BYTES: 10}.get(head[1], 2)
        if len(head) < size:
            self._head = head
            return data[:0]
        rest = data[size - len(self._head) :]
        self._head = b""
        self._opcode, self._control = head[0] & 15, b""
        self._left = head[1] if size == 2 else int.from_bytes(head[2:size], "big")
        if not self._left and self._opcode >= _CONTROL:
            self._obey()
        return rest

    def _obey(self) -> None:
        if self._opcode == _PING:
            self.socket.sendall(_masked(_PONG, self._control))
        elif self._opcode == _CLOSE:
            raise ConnectionError(f"closed: {self._control[:2].hex()} {self._control[2:].decode(errors='replace')}")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.settimeout(2)
            self.socket.sendall(_masked(_CLOSE, struct.pack("!H", 1000)))
        super().close()


def _masked(opcode: int, data: bytes) -> bytes:
    assert len(data) < _TWO_BYTES, "clients here type little"
    mask = os.urandom(4)
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
    return bytes((0x80 | opcode, 0x80 | len(data))) + mask + body


class Conserver(Session):
    """conserver's protocol: login and call at the master, then at the console's group, then bare bytes."""

    def __init__(self, url: str, receive_buffer: int | None = None) -> None:
        super().__init__(url, receive_buffer)
        name = self.url.path.strip("/")
        self._expect(self._line(), b"ok")
        self._expect(self._command("login bench"), b"ok")
        port = int(self._command(f"call {name}").rsplit(b":", 1)[-1].split(b"@")[0])
        self.socket.close()
        self.socket = self._connect(port, receive_buffer)
        self._expect(self._line(), b"ok")
        self._expect(self._command("login bench"), b"ok")
        self._expect(self._command(f"call {name}"), b"[")
        self.socket.sendall(b"\x05c;")  # without this wish to be connected it sends nothing
        self._expect(self._line(), b"[connected]")

    def _command(self, words: str) -> bytes:
        self.socket.sendall(words.encode() + b"\r\n")
        return self._line()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise ConnectionError(f"conserver ended the session: {line!r}")
            line += byte
        return line.strip()

    @staticmethod
    def _expect(line: bytes, beginning: bytes) -> None:
        if not line.startswith(beginning):
            raise ConnectionError(f"conserver says {line!r}")


class Tty(Session):
    """No server at all: the line's own end, which is a terminal."""

    def _connect(self, port: int | None, receive_buffer: int | None) -> socket.socket:
        del port, receive_buffer
        return _Terminal(self.url.path)  # type: ignore[return-value]  # what a session asks of a socket, it does


class _Terminal:
    """A terminal with the methods of a socket that a session needs."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._timeout: float | None = TIMEOUT

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def recv_into(self, buffer: bytearray) -> int:
        if not select.select([self._fd], [], [], self._timeout)[0]:
            raise TimeoutError
        return os.readv(self._fd, [buffer])

    def sendall(self, data: bytes) -> None:
        os.write(self._fd, data)

    def close(self) -> None:
        os.close(self._fd)


_KINDS: dict[str, type[Session]] = {"ws": Websocket, "conserver": Conserver, "raw": Session, "tty": Tty}


def connect(url: str, receive_buffer: int | None = None) -> Session:
    """A session on a console, by its URL's scheme; raises OSError."""
    return _KINDS[urlsplit(url).scheme](url, receive_buffer)
