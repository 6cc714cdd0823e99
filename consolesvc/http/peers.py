"""Who is at the other end of a local socket: whom the kernel names (DESIGN 5.3). Addresses are forwarded.py's.

Nothing that a client sends has a part in it.
"""

from __future__ import annotations

import array
import socket
import struct
from typing import Final, NamedTuple

from aiohttp import web

_CREDENTIALS: Final = struct.Struct("3i")
_SO_PEERGROUPS: Final = 59
"""Linux's own; Python has no name for it."""
_MOST_GROUPS: Final = 256
"""Of a process; Python reads no longer answer. Who is in more is known by the first of theirs alone."""


class Peer(NamedTuple):
    """A process that has connected: its user, its group and its other groups, as they were then."""

    uid: int
    gid: int
    groups: frozenset[int]


def is_local(request: web.BaseRequest) -> bool:
    """Whether a request came by a unix socket, where no page of a browser can be at the other end."""
    return _socket(request) is not None


def credentials_of(request: web.BaseRequest) -> Peer | None:
    """Who made a request on a local socket; None for any other, and for a client that has left."""
    sock = _socket(request)
    if sock is None:
        return None
    try:
        _, uid, gid = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    except OSError:
        return None
    return Peer(uid, gid, _groups(sock))


def _socket(request: web.BaseRequest) -> socket.socket | None:
    found: socket.socket | None = None
    if request.transport is not None:
        found = request.transport.get_extra_info("socket")
    return found if found is not None and found.family == socket.AF_UNIX else None


def _groups(sock: socket.socket) -> frozenset[int]:
    try:
        return frozenset(array.array("I", sock.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * _MOST_GROUPS)))
    except OSError:  # too many, or a kernel before 4.13: what SO_PEERCRED says has to do
        return frozenset()
