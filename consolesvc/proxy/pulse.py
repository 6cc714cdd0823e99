"""Whether the client of a session still lives: asked at once, where somebody comes in its place (PROTOCOL.md)."""

from __future__ import annotations

import asyncio

from aiohttp import web

GHOST_AFTER = 2.0
"""Seconds that a client has for a sign of life, when another comes with its secret."""


class Pulse:
    """The signs of life of one client.

    Attributes:
        ws: Its websocket; None until that is prepared.
        deaf: Whether nothing is read from the client, for its input waits: then no sign can be seen.
    """

    def __init__(self) -> None:
        self.ws: web.WebSocketResponse | None = None
        self.deaf = False
        self._sign = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Pulse {'deaf' if self.deaf else 'heard'}>"

    def beat(self) -> None:
        """A message has come, of whatever kind."""
        self._sign.set()

    async def answers(self, seconds: float) -> bool:
        """Whether the client shows a sign of life within so many seconds; one that cannot be asked now lives."""
        if self.ws is None or self.deaf:
            return True
        self._sign.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.ws.ping()
                await self._sign.wait()
        except TimeoutError:
            return self.deaf
        except ConnectionError:
            return False
        return True
