"""A service's local socket as an endpoint: `unix:/run/consolesvc/api.sock` (DESIGN 5.3)."""

from __future__ import annotations

import http.client
import socket

from consolesvc.client.endpoints import SCHEME
from consolesvc.client.words import escape
from consolesvc.errors import ClientError

_USAGE = 2
"""DESIGN 5.1's exit code for bad usage."""


class LocalConnection(http.client.HTTPConnection):
    """HTTP on a unix socket.

    Args:
        path: The socket's.
        timeout: Seconds for each step.
    """

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket, in the place of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def socket_path(endpoint: str) -> str | None:
    """The path in `unix:/run/consolesvc/api.sock`; None for another endpoint. Raises ClientError."""
    if not endpoint.startswith(SCHEME):
        return None
    path = "/" + endpoint.removeprefix(SCHEME).lstrip("/")
    if not endpoint.removeprefix(SCHEME).startswith("/") or not path.isprintable():
        raise ClientError(f"endpoint {escape(endpoint)!r}: expected unix:/PATH/TO/api.sock", _USAGE)
    return path
