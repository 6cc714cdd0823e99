"""Lines of kind `tcp`: we connect to the machine's port, or the machine to ours (`listen: true`)."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

from consolesvc.config.linespec import TcpSpec, place
from consolesvc.errors import LineUnavailable
from consolesvc.lines.base import Receiver
from consolesvc.lines.connecting import connect, resolve, tune
from consolesvc.lines.listening import Listening
from consolesvc.lines.stream import StreamLine, run_on


class TcpOpener:
    """Opens a TCP connection; where it listens, it keeps the port until it is closed itself."""

    def __init__(self, spec: TcpSpec) -> None:
        self.spec = spec
        self.due = asyncio.Event()
        self.local = spec.listen
        self._listening: Listening | None = None

    async def open(self, receiver: Receiver) -> StreamLine:
        """Connect, or take the connection that was made; raises LineUnavailable."""
        spec = self.spec
        if not spec.listen:
            sock = await connect(spec.host, spec.port)
            return await run_on(sock, StreamLine(receiver, place(spec.host, spec.port)))
        if self._listening is None:
            family, address = (await resolve(spec.host, spec.port))[0]
            self._listening = Listening(_bound(family, address, str(spec)), str(spec), self.due, _peer)
        return await self._listening.line(receiver)

    async def close(self) -> None:
        """Give the port back."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None


def _bound(family: int, address: tuple[str, int], where: str) -> socket.socket:
    """A socket that listens there; raises LineUnavailable."""
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _cannot_listen(where, error) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tune(sock)  # what it accepts inherits that
        sock.bind(address)
        sock.listen()
    except OSError as error:
        sock.close()
        raise _cannot_listen(where, error) from error
    return sock


def _cannot_listen(where: str, error: OSError) -> LineUnavailable:
    match error.errno:
        case errno.EADDRINUSE:
            return LineUnavailable(f"{where} is taken", "another program, or another line, listens there")
        case errno.EADDRNOTAVAIL:
            return LineUnavailable(f"cannot listen on {where}", "it is no address of this host")
        case errno.EACCES:
            return LineUnavailable(f"may not listen on {where}", "ports below 1024 are root's; take a higher one")
        case number:
            return LineUnavailable(f"cannot listen on {where}", os.strerror(number or 0))


def _peer(sock: socket.socket) -> str:
    try:
        host, port, *_ = sock.getpeername()
    except OSError:
        return "somebody who has left"
    return place(host, port)
