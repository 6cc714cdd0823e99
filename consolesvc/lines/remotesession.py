"""One websocket to a console of another consolesvc: bytes both ways, in tasks of its own.

aiohttp's client, and with it this module, is imported only where the configuration has such a line (DESIGN section 3).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import aiohttp

from consolesvc.errors import LineLost
from consolesvc.lines import remotewords
from consolesvc.lines.base import Receiver
from consolesvc.lines.numbers import Numbers
from consolesvc.lines.remotewords import Gap, Hello, LineState, Misspoken, Numbering, Refused

UNSENT = 4096
"""Bytes of input on their way from which on writers wait: little, so that a ^C overtakes another viewer's paste."""
CLOSE_WAIT = 1.0
"""Seconds that the other side has for its close frame."""


class Standing(Protocol):
    """A line here that stands on a session."""

    def ended(self, reason: LineLost) -> None:
        """Hear that the line there is lost, or the way to it."""
        ...


class Session:
    """From its hello on, until either side ends it.

    Args:
        ws: Its hello was read.
        hello: That.
        where: The other service, in words.
        receiver: Takes the bytes, also those that come while the machine's line there is lost.
        numbers: The console's, which gaps move.
        numbering: How ours stand to theirs.
        opened: Set when the machine's line there is open again, and when the session is over.

    Attributes:
        open: Whether the machine's line there is open.
        why: Why it is not.
        line: The line here that stands on it; None for none.
        may_read: Cleared while nothing is to be read.
        sent: Set while little waits to be sent.
    """

    def __init__(
        self,
        ws: aiohttp.ClientWebSocketResponse,
        hello: Hello,
        where: str,
        *,
        receiver: Receiver,
        numbers: Numbers,
        numbering: Numbering,
        opened: asyncio.Event,
    ) -> None:
        self._ws = ws
        self._where = where
        self._receiver = receiver
        self._numbers = numbers
        self._numbering = numbering
        self._opened = opened
        self.open, self.why = hello.open, hello.why
        self.line: Standing | None = None
        self.may_read, self.sent = asyncio.Event(), asyncio.Event()
        self.may_read.set()
        self.sent.set()
        self._unsent: list[bytes | str] = []
        self._size = 0
        self._some = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._read(), name=f"read {where}")
        self._sending = loop.create_task(self._send(), name=f"send {where}")

    def __repr__(self) -> str:
        return f"<Session with {self._where} {'over' if self.over else 'open' if self.open else self.why}>"

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._reading.done()

    def send(self, message: bytes | str) -> None:
        """Send input, or words."""
        self._unsent.append(message)
        self._size += len(message)
        if self._size > UNSENT:
            self.sent.clear()
        self._some.set()

    async def flushed(self) -> None:
        """Wait until nothing waits to be sent."""
        while self._unsent and not self.over:  # noqa: ASYNC110 - bounded by the caller
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """End it. Idempotent."""
        self.line = None
        tasks = (self._reading, self._sending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._goodbye()

    async def _goodbye(self) -> None:
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, ConnectionError):
            async with asyncio.timeout(CLOSE_WAIT):
                await self._ws.close()

    async def _read(self) -> None:
        why = f"the way to {self._where} was cut"
        try:
            while True:
                await self.may_read.wait()
                message = await self._ws.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    await self._take(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(remotewords.heard(message.data))
                else:
                    if message.type is aiohttp.WSMsgType.CLOSE and message.extra:
                        why = f"{self._where} has ended it: {message.extra}"
                    break
        except Misspoken as error:
            why = f"{self._where} says what is not {remotewords.PROTOCOL}: {error}"
        except (ConnectionError, aiohttp.ClientError):
            pass
        self._sending.cancel()
        await self._goodbye()
        self._close_line(why)
        # Whoever opens again finds that it is over once this task is.
        asyncio.get_running_loop().call_soon(self._opened.set)

    async def _take(self, data: bytes) -> None:
        """Hand over a message in pieces that the receiver can take; while nothing is to be read, what is left waits."""
        rest = memoryview(data)
        while rest:
            await self.may_read.wait()
            most = self._receiver.read_limit
            self._receiver.received(rest[:most])
            rest = rest[most:]

    async def _hear(self, word: remotewords.Word | None) -> None:
        match word:
            case Gap(end):
                await self._numbers.skip(end + self._numbering.ahead)
            case LineState(is_open, why):
                self.open, self.why = is_open, why
                if is_open:
                    self._opened.set()
                else:
                    self._close_line(f"{why} (at {self._where})")
            case Refused(text):
                self._numbers.tell(f"{self._where}: {text}")

    def _close_line(self, why: str) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.ended(LineLost(why))

    async def _send(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._unsent:
                message = self._unsent.pop(0)
                try:
                    await (self._ws.send_bytes(message) if isinstance(message, bytes) else self._ws.send_str(message))
                except (ConnectionError, aiohttp.ClientError):
                    return  # the reading task finds out why
                self._size -= len(message)
                if self._size <= UNSENT:
                    self.sent.set()
