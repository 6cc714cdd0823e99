"""Connecting to a peer, within a time, with a failure in plain words."""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
from typing import Final

from consolesvc.config.linespec import place
from consolesvc.errors import LineUnavailable
from consolesvc.lines.thread import in_thread

CONNECT_WAIT: Final = 10.0
"""Seconds that a peer has to answer, the look-up of its name included."""

KEEPALIVE: Final = {socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
"""Seconds of silence, seconds between probes, and how many: a peer that lost its power is gone after half a minute."""


async def connect(host: str, port: int) -> socket.socket:
    """A connection to the first address of `host` that takes one.

    Raises:
        LineUnavailable: none does, or none in CONNECT_WAIT seconds.
    """
    peer = place(host, port)
    failure: OSError = TimeoutError()
    try:
        async with asyncio.timeout(CONNECT_WAIT):
            addresses = await resolve(host, port)
            for family, address in addresses:
                try:
                    return await _connect(family, address, CONNECT_WAIT / len(addresses))
                except OSError as error:  # a timeout of one address is one, too
                    failure = error
    except TimeoutError:
        pass
    raise _failure(peer, failure) from failure


def tune(sock: socket.socket) -> None:
    """Keys leave at once, and a peer that fell silent for good is noticed."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


async def resolve(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """The address families and addresses of a host, at least one; raises LineUnavailable."""
    # Not in asyncio's executor: a few names whose server is away would use its threads up.
    look_up = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await in_thread(f"resolve {host}", look_up, lambda _: None)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise LineUnavailable(f"the name {host} cannot be looked up now", "is a name server reachable?") from error
        raise LineUnavailable(f"no host has the name {host}", "see `host` of the line") from error
    except UnicodeError as error:
        raise LineUnavailable(f"{host} is no host name", "see `host` of the line") from error
    except OSError as error:  # no descriptor left, say
        raise _failure(place(host, port), error) from error
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]  # of stream sockets: IPv4 and IPv6


async def _connect(family: int, address: tuple[str, int], seconds: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        tune(sock)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _failure(peer: str, error: OSError) -> LineUnavailable:
    match error.errno:
        case errno.ECONNREFUSED:
            return LineUnavailable(f"connection refused by {peer}", "nothing listens there")
        case errno.ECONNRESET:
            return LineUnavailable(f"connection reset by {peer}")
        case errno.EHOSTUNREACH | errno.ENETUNREACH:
            return LineUnavailable(f"no way to {peer}", "is it on, and is there a route to it?")
        case errno.EMFILE | errno.ENFILE:
            return LineUnavailable("no file descriptor left", "raise `LimitNOFILE=` or `ulimit -n`, then restart")
        case None | errno.ETIMEDOUT:  # None: our own
            return LineUnavailable(f"no answer from {peer}", "is it on, and does a firewall let us through?")
        case number:
            return LineUnavailable(f"cannot connect to {peer}", os.strerror(number))
