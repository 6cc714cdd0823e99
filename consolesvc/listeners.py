"""Listening sockets, bound before anything else starts, so that a taken port is said with who holds it."""

from __future__ import annotations

import errno
import logging
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from consolesvc.config.access import Address, IdentityNone
from consolesvc.config.addresses import is_loopback, is_wildcard
from consolesvc.config.model import Config
from consolesvc.errors import LineUnavailable, StartError
from consolesvc.lines import unix
from consolesvc.systemd import InheritedSocket

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
        self.sock = unix.bound(str(path))
        self._made = unix.inode(path)

    def __repr__(self) -> str:
        return f"<LocalSocket {self.path}>"

    def close(self) -> None:
        """Listen no more. Idempotent."""
        self.sock.close()
        if self._made is not None and unix.inode(self.path) == self._made:
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
        if error.reason == unix.TAKEN:
            raise StartError(f"local socket {path}: {error}") from error
        log.warning("no local socket at %s: %s", path, error)
        return None


def assign(inherited: Sequence[InheritedSocket], config: Config) -> dict[str, list[socket.socket]]:
    """Which inherited socket is which port: by its name, `api` or `proxy`, else by where it listens.

    Raises:
        StartError: one is no listening TCP socket, or neither port, or other hosts could reach an API that is open.
    """
    found: dict[str, list[socket.socket]] = {}
    for name, sock in inherited:
        port = _port_of(name, sock, config)
        found.setdefault("api" if config.shared else port, []).append(sock)
    return found


def _port_of(name: str, sock: socket.socket, config: Config) -> str:
    what = f"the socket {name or sock.fileno()!r} from systemd"
    tcp = sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM
    if not tcp or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise StartError(f"{what} is no listening TCP socket; expected ListenStream=ADDRESS:PORT")
    here = _place(sock)
    listens = {"api": config.api.listen, "proxy": config.proxy.listen}
    port = name if name in listens else next((key for key, wanted in listens.items() if _is_at(wanted, here)), None)
    if port is None:
        raise StartError(
            f"{what} listens at {here}, which is neither api.listen, {listens['api']}, nor proxy.listen, "
            f"{listens['proxy']}; say which it is: FileDescriptorName=api or FileDescriptorName=proxy"
        )
    open_to_all = isinstance(config.identity, IdentityNone) and not config.identity.allow_remote
    if (port == "api" or config.shared) and open_to_all and not is_loopback(here.host):
        raise StartError(
            f"{what} listens at {here}, which other hosts can reach, and with identity none every caller is admin; "
            "listen on 127.0.0.1, or say `identity: {type: none, allow_remote: true}`"
        )
    return port


def bound(wanted: Address, sockets: Sequence[socket.socket]) -> Address:
    """Where a port is in the end: the address that was asked for, unless its sockets came from elsewhere."""
    here = _place(sockets[0])
    return Address(wanted.host, here.port) if wanted.port == 0 or _is_at(wanted, here) else here


def _place(sock: socket.socket) -> Address:
    host, port, *_ = sock.getsockname()
    return Address(host, port)


def _is_at(wanted: Address, here: Address) -> bool:
    """Whether a listen address means this place."""
    if wanted.port != here.port:
        return False
    if is_wildcard(wanted.host) or is_wildcard(here.host):
        return is_wildcard(wanted.host) and is_wildcard(here.host)
    return here.host == wanted.host or here.host in (where[0] for *_, where in _resolve("", wanted))


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
