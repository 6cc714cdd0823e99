"""Lines of kind `consolesvc`: a console of another consolesvc, followed at its own numbers (DESIGN 5.2, decision 9).

The session there outlives the line here: while the machine's line is lost there, the session goes on, and ours is open
again as soon as that one is. What it says is taken whole: each connection goes on at the byte where the last one ended.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from consolesvc.config.linespec import RemoteSpec
from consolesvc.errors import LineLost, LineUnavailable
from consolesvc.lines import remotewords
from consolesvc.lines.base import Ability, Line, Receiver
from consolesvc.lines.numbers import Numbers
from consolesvc.lines.remotewords import Misspoken, Numbering

if TYPE_CHECKING:
    from consolesvc.lines.remotesession import Session

GREETING_WAIT: Final = 10.0
"""Seconds that the other side has for its hello."""
CLOSE_WAIT: Final = 0.5
"""Seconds that a closing line has for what was written."""


class _Nobody:
    """The numbers of a console that is none: a line is only tried."""

    end = 0
    stream = ""
    memory = 0

    async def adopt(self, stream: str, offset: int) -> None:
        """Nothing is counted."""

    async def skip(self, offset: int) -> None:
        """Nothing is counted."""

    def tell(self, text: str) -> None:
        """Nobody is there."""


class RemoteOpener:
    """Follows one console there, and opens a line for as long as its line is open.

    Attributes:
        numbers: The console here, which sets it before the first `open`.
    """

    local = False

    def __init__(self, spec: RemoteSpec) -> None:
        # Imported only where a configuration has such a line: aiohttp's client is more than half of aiohttp.
        from consolesvc.lines.remotecalls import RemoteCalls  # noqa: PLC0415 - see above

        self.spec = spec
        self.due = asyncio.Event()
        self.numbers: Numbers = _Nobody()
        self._calls = RemoteCalls(spec)
        self._numbering: Numbering | None = None
        self._session: Session | None = None

    async def open(self, receiver: Receiver) -> RemoteLine:
        """A line on the session there, which is begun where there is none; raises LineUnavailable."""
        if self._session is None or self._session.over:
            self._session = await self._begin(receiver)
        session = self._session
        if not session.open:
            raise LineUnavailable(f"{session.why or 'its line is not open'} (at {self.spec.url})")
        line = RemoteLine(receiver, session)
        session.line = line
        return line

    async def close(self) -> None:
        """End the session, and let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._calls.close()

    async def _begin(self, receiver: Receiver) -> Session:
        numbers = self.numbers
        if self._numbering is None:
            self._numbering = Numbering(numbers.stream)
        fresh = numbers.end == 0
        wish = {"since": f"-{numbers.memory}"} if fresh else self._numbering.wish(numbers.end)
        ws = await self._calls.attach(wish)
        try:
            hello = remotewords.greeting(await ws.receive_str(timeout=GREETING_WAIT))
        except (Misspoken, TypeError, TimeoutError) as error:
            await ws.close()
            raise LineUnavailable(f"{self.spec.url} does not speak our {remotewords.PROTOCOL}", str(error)) from None
        self._calls.resume = hello.resume
        if fresh:
            self._numbering = Numbering(hello.stream)
            await numbers.adopt(hello.stream, hello.offset)
        else:
            begin = self._numbering.greeted(hello, numbers.end)
            if begin > numbers.end:
                await numbers.skip(begin)
        if not hello.may_type:
            numbers.tell(f"{self.spec.url} lets us look and not type")
        # As its calls are: only where a configuration has such a line.
        from consolesvc.lines.remotesession import Session  # noqa: PLC0415 - see above

        return Session(
            ws,
            hello,
            self.spec.url,
            receiver=receiver,
            numbers=numbers,
            numbering=self._numbering,
            opened=self.due,
        )


class RemoteLine(Line):
    """An open line there. Holdable: while we do not read, that service keeps what its log has for us."""

    holdable = True
    lacks: frozenset[Ability] = frozenset(("modem", "counters", "settings"))

    def __init__(self, receiver: Receiver, session: Session) -> None:
        self._receiver = receiver
        self._session = session
        self._over = False

    def __repr__(self) -> str:
        return f"<RemoteLine {'closed' if self._over else 'open'}>"

    def ended(self, reason: LineLost) -> None:
        """Hear that the line there is lost, or the way to it; told once."""
        if not self._over:
            self._over = True
            self._session.sent.set()
            self._receiver.lost(reason)

    def write(self, data: bytes) -> None:
        """Send bytes; on a line that has ended they are dropped, as its receiver has been told."""
        if not self._over:
            self._session.send(data)

    @property
    def writable(self) -> bool:
        """Whether `drain` would return at once."""
        return self._over or self._session.sent.is_set()

    async def drain(self) -> None:
        """Wait until the line wants more; returns also when the line ends."""
        if not self._over:
            await self._session.sent.wait()

    def pause(self) -> None:
        """Read nothing: TCP, and then the other service's rules, keep what comes."""
        self._session.may_read.clear()

    def resume(self) -> None:
        """Read on."""
        self._session.may_read.set()

    async def send_break(self, seconds: float) -> None:
        """Have a break sent there; its end is that service's matter."""
        if self._over:
            raise LineLost("the line is not open")
        self._session.send(remotewords.break_message(seconds))

    async def close(self) -> None:
        """Let what was written leave; the session is the opener's, and goes on. Idempotent."""
        if not self._over:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WAIT):
                    await self._session.flushed()
        self.abort()

    def abort(self) -> None:
        """End the line at once."""
        self._over = True
        self._session.line = None
        self._session.may_read.set()
