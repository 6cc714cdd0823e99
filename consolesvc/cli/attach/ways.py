"""The ways to a service: by the host that a URL names, or by the local socket where that was found."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp

from consolesvc.cli.attach.names import Names


class Ways:
    """Makes each way when it is first taken: a socket may be found only after a while."""

    def __init__(self) -> None:
        self._made: dict[str | None, aiohttp.ClientSession] = {}

    def to(self, socket: str | None) -> aiohttp.ClientSession:
        """What connects by this socket; None for the host that the URL names."""
        if socket not in self._made:
            way = aiohttp.TCPConnector(resolver=Names()) if socket is None else aiohttp.UnixConnector(socket)
            self._made[socket] = aiohttp.ClientSession(connector=way)
        return self._made[socket]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for http in self._made.values():
            await http.close()
