"""Listening sockets, bound before anything else starts, so that a taken port is said with who holds it."""

from __future__ import annotations

import errno
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from consolesvc.config.model import Address
from consolesvc.errors import LineUnavailable, StartError
from consolesvc.lines.unix import TAKEN, bound, inode

log = logging.getLogger(__name__)

BACKLOG = 1024


def bind(what: str, address: Address) -> list[socket.socket]:
    """Sockets listening on every address a listen address means; port 0 becomes one free port for all.

    Args:
        what: The configuration key, for the error.
        address: Where to listen. `::` takes IPv4 as well.

    Raises:
        StartError: the port is taken, by whom if that can be seen, or cannot be listened on.
    """
    sockets: list[socket.socket] = []
    port = address.port
    try:
        for family, kind, proto, _, where in _resolve(what, address):
            sock = socket.socket(family, kind, proto)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address.host != "::")
            sock.bind((where[0], port, *where[2:]))
            sock.listen(BACKLOG)
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise StartError(f"{what}.listen {address}: {_why(error, port)}") from error
    return sockets


class LocalSocket:
    """A unix socket that listens, for our user and group; its file goes with it, unless another has taken its place.

    Args:
        path: Where; a socket that was left behind there is replaced.

    Raises:
        LineUnavailable: it cannot be had.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock = bound(str(path))
        self._made = inode(path)

    def __repr__(self) -> str:
        return f"<LocalSocket {self.path}>"

    def close(self) -> None:
        """Listen no more. Idempotent."""
        self.sock.close()
        if self._made is not None and inode(self.path) == self._made:
            self.path.unlink(missing_ok=True)
        self._made = None


def bind_local(path: Path) -> LocalSocket | None:
    """The local socket at `path`; None where it cannot be had, which is logged: without it the service does its work.

    Raises:
        StartError: another program listens there.
    """
    try:
        return LocalSocket(path)
    except LineUnavailable as error:
        if error.reason == TAKEN:
            raise StartError(f"local socket {path}: {error}") from error
        log.warning("no local socket at %s: %s", path, error)
        return None


def _resolve(what: str, address: Address) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartError(f"{what}.listen {address}: {error.strerror}") from error
    return list(dict.fromkeys(found))


def _why(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        holder = port_holder(port)
        return f"the port is taken by {holder}" if holder else "the port is taken by another program"
    if error.errno == errno.EACCES:
        return f"{error.strerror}: ports below 1024 need root or CAP_NET_BIND_SERVICE"
    return error.strerror or str(error)


def port_holder(port: int, proc: Path = Path("/proc")) -> str | None:
    """Who listens on a TCP port of this host, as `pid 812 (nova-api)`; None where that cannot be seen."""
    inodes = set(_listening_inodes(port, proc))
    for fd in proc.glob("[0-9]*/fd/*") if inodes else ():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(fd.readlink()))
            if match and match[1] in inodes:
                pid = fd.parts[-3]
                return f"pid {pid} ({(proc / pid / 'comm').read_text().strip()})"
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return None


def _listening_inodes(port: int, proc: Path) -> Iterator[str]:
    for name in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / name).read_text().splitlines()[1:]
        except OSError:  # a host without IPv6
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
