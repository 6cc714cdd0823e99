"""Lines of kind `unix`: a stream socket in the file system, ours or the machine's."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from consolesvc.config.linespec import UnixSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.base import Receiver
from consolesvc.lines.holders import Holder, program
from consolesvc.lines.listening import Listening
from consolesvc.lines.permission import permission_denied
from consolesvc.lines.stream import StreamLine, run_on

MODE: Final = 0o660
"""Of a socket that we listen on: whoever may connect is the machine."""
TAKEN: Final = "another program listens there"


class UnixOpener:
    """Opens a connection to a socket; where it listens, it keeps the socket until it is closed itself."""

    local = True

    def __init__(self, spec: UnixSpec) -> None:
        self.spec = spec
        self.due = asyncio.Event()
        self._listening: Listening | None = None
        self._made: tuple[int, int] | None = None

    async def open(self, receiver: Receiver) -> StreamLine:
        """Connect, or take the connection that was made; raises LineUnavailable."""
        path = self.spec.path
        if not self.spec.listen:
            return await run_on(_connected(path), StreamLine(receiver, path))
        if self._listening is None or inode(self.spec.path) != self._made:
            await self.close()
            self._listening = Listening(bound(path), path, self.due, _peer)
            self._made = inode(self.spec.path)
        return await self._listening.line(receiver)

    async def close(self) -> None:
        """Listen no more, and remove the socket if it is still the one we made."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            self._remove()

    def _remove(self) -> None:
        if self._made is not None and inode(self.spec.path) == self._made:
            Path(self.spec.path).unlink(missing_ok=True)
        self._made = None


def inode(path: str | Path) -> tuple[int, int] | None:
    """Which file stands at `path`, by its device and its number; None for none."""
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        return status.st_dev, status.st_ino
    return None


def _socket() -> socket.socket:
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:
        cure = "raise `LimitNOFILE=` or `ulimit -n`, then restart"
        raise LineUnavailable(f"no socket to be had: {os.strerror(error.errno or 0)}", cure) from error
    sock.setblocking(False)
    return sock


def _connected(path: str) -> socket.socket:
    """A socket connected to `path`, which is done at once or not at all; raises LineUnavailable."""
    sock = _socket()
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise _cannot_connect(path, error) from error
    return sock


def _cannot_connect(path: str, error: OSError) -> LineUnavailable:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return LineUnavailable("no such socket", "waiting for it")
        case errno.ECONNREFUSED if _is_socket(path):
            return LineUnavailable("nobody listens on the socket", "the program that made it has ended; waiting for it")
        case errno.ECONNREFUSED:
            return LineUnavailable("not a socket", f"{path} is something else; for a device take a line of type serial")
        case errno.EACCES | errno.EPERM:
            return permission_denied(path)
        case errno.EAGAIN:
            return LineUnavailable("the socket takes no more connections", "its program is busy or has another client")
        case errno.EPROTOTYPE:
            return LineUnavailable("not a stream socket", f"{path} carries messages, not bytes")
        case None:  # Python's own: the path is too long for an address
            return LineUnavailable("the path is too long for a socket", "107 bytes at most; take a shorter one")
        case number:
            return LineUnavailable("cannot connect", os.strerror(number))


def bound(path: str) -> socket.socket:
    """A socket of mode MODE that listens at `path`, where one that was left behind is replaced; raises LineUnavailable.

    Its reason is TAKEN where another program listens there.
    """
    _make_room(path)
    sock = _socket()
    try:
        os.fchmod(sock.fileno(), MODE)  # what bind makes has this mode, less the umask, from its first moment
        sock.bind(path)
        Path(path).chmod(MODE)
        sock.listen()
    except OSError as error:
        sock.close()
        raise _cannot_listen(path, error) from error
    return sock


def _make_room(path: str) -> None:
    """Remove a socket that we left behind; raises LineUnavailable where something else is in the way."""
    try:
        status = os.lstat(path)
    except OSError:  # nothing there, or bind says it better
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise LineUnavailable("cannot listen there", f"{path} exists and is no socket; take another path")
    with _socket() as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            if status.st_uid == os.geteuid():
                Path(path).unlink(missing_ok=True)
                return
            reason = "somebody else's socket is in the way"
            raise LineUnavailable(reason, f"uid {status.st_uid} left {path} behind; remove it") from None
        except OSError:
            pass
    raise LineUnavailable(TAKEN, f"end it, or take another path than {path}")


def _cannot_listen(path: str, error: OSError) -> LineUnavailable:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return LineUnavailable("cannot listen there", f"the folder {Path(path).parent} does not exist")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return LineUnavailable("may not listen there", f"uid {os.geteuid()} may not write in {Path(path).parent}")
        case None:
            return LineUnavailable("the path is too long for a socket", "107 bytes at most; take a shorter one")
        case number:
            return LineUnavailable("cannot listen there", os.strerror(number))


def _peer(sock: socket.socket) -> str:
    """Who has connected: "pid 812 (qemu-system-x86)"."""
    pid, _, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return str(Holder(pid, program(pid)))


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
