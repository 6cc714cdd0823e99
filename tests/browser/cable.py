"""A TCP cable between a browser and a service, to be cut: with a word, or without, as when a network goes away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Cable:
    """Carries connections from a port of its own to another.

    Attributes:
        port: Where it listens.
        plugged: Whether a new connection gets through; one that does not is reset.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.plugged = True
        self._frozen: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> int:
        """End every connection with a reset, and let none through until `plugged` is set again; how many there were."""
        self.plugged = False
        for writer in list(self._writers):
            writer.transport.abort()
        return len(self._writers) // 2

    def freeze(self) -> None:
        """Carry not a byte more on the connections there are, and tell nobody. New ones get through."""
        self._frozen |= self._writers

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self.plugged:
            writer.transport.abort()
            return
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, to_writer}
        ways = [asyncio.create_task(self._pass(a, b)) for a, b in ((reader, to_writer), (to_reader, writer))]
        self._tasks.update(ways)
        await asyncio.wait(ways)
        # A frozen one was not told of the other's end; now that both ends have gone, nobody is there to be told.
        for end in (writer, to_writer):
            end.transport.abort()
        self._writers -= {writer, to_writer}
        self._tasks.difference_update(ways)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if writer not in self._frozen:
                    writer.write(data)
                    await writer.drain()
        if writer not in self._frozen:
            writer.close()

    async def close(self) -> None:
        """End it."""
        self.cut()
        while self._tasks:  # noqa: ASYNC110 - they end by themselves
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def cable(target: int) -> AsyncIterator[Cable]:
    """A cable to a port of this host, for as long as this lasts."""
    made = Cable(target)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()
