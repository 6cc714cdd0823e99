"""Getting a connection, the first one and those after it (DESIGN 5.4 `resume`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from consolesvc.cli.attach.backoff import Backoff
from consolesvc.cli.attach.endings import TIMED_OUT
from consolesvc.cli.attach.session import Session
from consolesvc.cli.attach.target import PLACES, TOKENS, Target, where, with_query
from consolesvc.cli.attach.terminal import Lane
from consolesvc.cli.attach.transport import Connection, connect
from consolesvc.cli.attach.ways import Ways
from consolesvc.errors import ClientError
from consolesvc.local import SCHEME

UNAUTHORIZED = 401


class Connector:
    """Connects to one console, again and again.

    Args:
        ways: Make the connections.
        target: Where URLs come from.

    Attributes:
        where: Who was connected to last: scheme, host and port, or the local socket.
        count: Connections so far.
        trouble: Why the last try was none; "" where it was one.
    """

    def __init__(self, ways: Ways, target: Target) -> None:
        self.where = ""
        self.count = 0
        self.trouble = ""
        self._ways = ways
        self._target = target
        self._url = ""
        self._backoff = Backoff()
        self._now = asyncio.Event()
        self._lane = Lane("urls")

    @property
    def renews(self) -> bool:
        """Whether a token that is good for nothing any more can be replaced."""
        return self._target.renews

    def __repr__(self) -> str:
        return f"<Connector to {self.where or 'nowhere yet'}, {self.count} connections>"

    async def first(
        self, start: Mapping[str, str], wait: Callable[[str], None] | None, seconds: float | None
    ) -> Connection:
        """The first connection.

        Args:
            start: Where to begin, as members of the query.
            wait: Is told why there is none yet, each time that this is another reason; None not to wait for it.
            seconds: For how long to wait; None for as long as it takes.

        Raises:
            ClientError: there is none.
        """
        told = ""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await asyncio.sleep(self._backoff.next())
                    try:
                        return await self._fresh(start)
                    except ClientError as error:
                        if wait is None or not error.passing:
                            raise
                        if str(error) != told:
                            told = str(error)
                            wait(told)
        except TimeoutError:
            raise ClientError(f"timed out after {seconds:g} s: {told or 'no answer yet'}", TIMED_OUT) from None

    async def again(self, session: Session, *, lasted: float, fresh: bool) -> Connection:
        """A connection that goes on with the next byte, once there is one.

        Args:
            session: What was cut.
            lasted: Seconds that the last connection was there for.
            fresh: Whether its secret is good for nothing any more.

        Raises:
            ClientError: it is refused for good.
        """
        self._backoff.lasted(lasted)
        if fresh:
            session.resume = ""
        while True:
            await self._pause(self._backoff.next())
            try:
                return await self._resumed(session)
            except ClientError as error:
                if not error.passing:
                    raise
                self.trouble = str(error)

    def now(self) -> None:
        """Try at once, without a pause."""
        self._now.set()

    async def _pause(self, seconds: float) -> None:
        self._now.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._now.wait()

    async def _resumed(self, session: Session) -> Connection:
        """By the secret while it is good, else by a token; raises ClientError."""
        place = session.position.query()
        if session.resume and place:
            secret = {"resume": session.resume}
            try:
                return await self._connect(with_query(self._url, {**secret, **place}, without=(*TOKENS, *PLACES)))
            except ClientError as error:
                if error.status != UNAUTHORIZED:
                    raise
                session.resume = ""
        return await self._fresh(place or {"replay": "0"})

    async def _fresh(self, start: Mapping[str, str]) -> Connection:
        url = await self._lane.do(self._target.url)
        return await self._connect(with_query(url, start, without=PLACES if start else ()))

    async def _connect(self, url: str) -> Connection:
        address = where(url) if self._target.socket is None else f"{SCHEME}{self._target.socket}"
        connection = await connect(self._ways.to(self._target.socket), url, address)
        self._url, self.where = url, address
        self.count += 1
        self.trouble = ""
        return connection

    def close(self) -> None:
        """Let go of the thread that asks for URLs."""
        self._lane.close()
