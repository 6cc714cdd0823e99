"""Host names, looked up so that a dead name server holds nobody: not even who wants to leave."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from consolesvc.lines.thread import in_thread


class Names(AbstractResolver):
    """Looks names up in threads of their own: asyncio waits for those of its pool before it lets a program end."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError."""
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        found: list[Any] = await in_thread(f"resolve {host}", look_up, lambda _: None)
        return [
            ResolveResult(
                hostname=host,
                host=_host(address),
                port=address[1],
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def _host(address: tuple[Any, ...]) -> str:
    """The address; one that is only known to a link, with the link."""
    scope = address[3] if len(address) > 3 else 0  # noqa: PLR2004 - IPv6 has it there (getaddrinfo)
    return f"{address[0]}%{scope}" if scope and "%" not in address[0] else str(address[0])
