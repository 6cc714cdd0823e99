"""A console in this terminal: keys and bytes one way, output and words the other, over as many connections as it takes.

    _type   stdin ──keys──> outbox ──> connection          _show   connection ──session──> output, voice
                     └── wishes                                        └── cut: connect again, at the next byte

Two tasks; the first to have a reason ends both. What decides stands in modules without I/O (`keys`, `session`,
`position`, `endings`, `life`); here is only who waits for whom.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from functools import partial

from consolesvc.cli.attach import life
from consolesvc.cli.attach.desk import Desk
from consolesvc.cli.attach.endings import DONE, FAILED, TIMED_OUT, Ending
from consolesvc.cli.attach.keys import HOLD, Do, Wish
from consolesvc.cli.attach.session import Begun, Heard, Misspoken, Show, Tell
from consolesvc.cli.attach.terminal import STDIN, Lane, read
from consolesvc.cli.attach.transport import Connection
from consolesvc.cli.client import REFUSED
from consolesvc.errors import ClientError

HELLO = 10.0
"""Seconds that a service has for its hello."""
HEARD = 0.5
"""Seconds that a service has to refuse the last of a program's input, however short is what follows that."""
QUIET = 2.0
"""Seconds without output after which someone at a terminal is told to press Enter."""


class Relay:
    """Runs one attached terminal to its end.

    Args:
        desk: What is at hand.
        deadline: When it is over in any case, on the loop's clock; None for never.
    """

    def __init__(self, desk: Desk, deadline: float | None = None) -> None:
        self._desk = desk
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Ending] = self._loop.create_future()
        self._connected = asyncio.Event()
        self._lost_at = 0.0
        self._greeted = False
        self._reminder: asyncio.TimerHandle | None = None

    async def run(self, connection: Connection) -> Ending:
        """Relay over this connection and those after it, until there is a reason to end."""
        show = asyncio.create_task(self._show(connection), name="show")
        type_ = asyncio.create_task(self._type(), name="type")
        timer = None
        if self._deadline is not None:
            timer = self._loop.call_at(self._deadline, self._end, Ending(TIMED_OUT, "timed out"))
        try:
            await asyncio.wait((self._over, show, type_), return_when=asyncio.FIRST_COMPLETED)
            if type_.done() and type_.exception() is None:  # input is over, output is not
                await asyncio.wait((self._over, show), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (show, type_):
                task.cancel()
            results = await asyncio.gather(show, type_, return_exceptions=True)
            if timer is not None:
                timer.cancel()
            self._forget_reminder()
        if self._over.done():
            return self._over.result()
        for result in results:
            if isinstance(result, Exception):
                raise result
        return show.result()

    def _end(self, ending: Ending) -> None:
        """End with this, unless there was a reason before."""
        if not self._over.done():
            self._over.set_result(ending)

    # The way in.

    async def _type(self) -> None:
        """Take what is typed, until the user leaves or the input ends."""
        desk, lane = self._desk, Lane("input")
        try:
            await self._connected.wait()
            async with contextlib.aclosing(self._input(lane)) as pieces:
                async for data in pieces:
                    for item in self._items(data):
                        if isinstance(item, bytes):
                            await self._typed(item)
                        elif item.do is Do.LEAVE:
                            self._end(Ending(DONE if desk.connected else FAILED))
                            return
                        else:
                            desk.do(item)
        finally:
            lane.close()
        if desk.options.until is None:
            await asyncio.sleep(max(HEARD, desk.options.linger))
            self._end(self._typed_out())

    def _typed_out(self) -> Ending:
        """The end after a program's input: it is done where all of that was taken."""
        desk, session = self._desk, self._desk.session
        if not desk.connected:
            return Ending(FAILED, "the connection was cut before the end of its output")
        if session.refused:
            return Ending(REFUSED if session.shut_out else FAILED, f"its input was refused: {session.refusal}")
        if desk.doubtful:
            return Ending(FAILED, f"a connection was cut, and {_typed(desk.doubtful)} may not have arrived")
        return Ending(DONE)

    def _items(self, data: bytes) -> list[bytes | Wish]:
        keys = self._desk.keys
        if keys is None:
            return [data]
        return keys.feed(data) if data else keys.flush()

    async def _input(self, lane: Lane) -> AsyncGenerator[bytes]:
        """What comes on stdin; b"" where a key is held and nothing has followed it for a while."""
        keys = self._desk.keys
        while True:
            reading = asyncio.ensure_future(lane.do(partial(read, STDIN)))
            try:
                while not (await asyncio.wait((reading,), timeout=HOLD if keys and keys.holding else None))[0]:
                    yield b""
            finally:
                reading.cancel()
            if not (data := reading.result()):
                return
            yield data

    async def _typed(self, data: bytes) -> None:
        """Input. A program's waits for a connection, and for its turn; a person's keys go on being heard."""
        desk = self._desk
        if desk.keys is not None:
            desk.type(data)
            await desk.outbox.room()
            return
        await self._connected.wait()
        desk.type(data)
        await desk.outbox.empty()

    # The way out.

    async def _show(self, connection: Connection) -> Ending:
        """Show what comes, over one connection after the other; why there is no other."""
        desk = self._desk
        while True:
            begun = self._loop.time()
            try:
                ending = await self._attached(connection)
            except BrokenPipeError:  # nobody reads what we write any more
                return Ending(DONE)
            finally:
                await connection.close()
            if not ending.again or not desk.options.reconnect or (ending.fresh and not desk.connector.renews):
                return ending
            self._lost(ending, connection.unanswered)
            try:
                connection = await desk.connector.again(
                    desk.session, lasted=self._loop.time() - begun, fresh=ending.fresh
                )
            except ClientError as error:
                return Ending(error.exit_code, str(error))

    def _lost(self, ending: Ending, unanswered: int) -> None:
        self._lost_at = self._loop.time()
        self._desk.doubtful += unanswered
        leave = self._desk.words.leave if self._desk.keys else ""
        how = f"; {leave} leaves" if leave else ""
        typed = f"; {_typed(unanswered)} just before may not have arrived" if unanswered else ""
        text = f"connection to {self._desk.session.name} lost: {ending.words}{typed}; connecting again{how}"
        self._desk.voice.note(text, always=bool(unanswered))

    async def _attached(self, connection: Connection) -> Ending:
        """One connection, until it is closed: why."""
        desk = self._desk
        sending = asyncio.create_task(desk.outbox.send(connection), name="send")
        try:
            for item in desk.session.opened(connection.protocol):
                await self._take(item, connection)
            while not self._over.done():
                async with asyncio.timeout(None if desk.connected else HELLO):
                    message = await connection.next()
                if isinstance(message, Ending):
                    return message
                for item in desk.session.heard(message):
                    await self._take(item, connection)
            return self._over.result()
        except TimeoutError:
            return Ending(FAILED, "the service does not say hello", again=True)
        except Misspoken as error:
            return Ending(FAILED, f"this is not consolesvc.v1 as it is written: {error}")
        finally:
            self._connected.clear()
            desk.connected = False
            sending.cancel()
            desk.unsent += desk.outbox.cut()
            await asyncio.gather(sending, return_exceptions=True)

    async def _take(self, item: Heard, connection: Connection) -> None:
        if isinstance(item, Show):
            self._forget_reminder()
            await self._written(item, connection)
        elif isinstance(item, Tell):
            self._desk.voice.note(item.text, always=item.loss)
        elif isinstance(item, Begun):
            self._begun()

    async def _written(self, item: Show, connection: Connection) -> None:
        """Write output, with a sign of life to the service for as long as nobody takes it: `attach | less` goes on."""
        output, session = self._desk.output, self._desk.session
        writing = asyncio.create_task(output.show(item, viewing=session.viewing), name="write")
        try:
            while not (await asyncio.wait((writing,), timeout=life.SILENCE))[0]:
                with contextlib.suppress(ConnectionError):  # what is at hand is shown first
                    await connection.alive()
            writing.result()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ClientError(f"cannot write the output: {error.strerror}") from None
        finally:
            writing.cancel()
        if output.found:
            self._end(Ending(DONE))

    def _begun(self) -> None:
        """A connection may be used."""
        desk = self._desk
        desk.connected = True
        self._connected.set()
        if self._greeted:
            self._back()
            return
        self._greeted = True
        for line in desk.welcome():
            desk.voice.say(line)
        if desk.keys is not None and desk.session.may_be_asleep:
            self._reminder = self._loop.call_later(QUIET, desk.voice.say, "(It has said nothing yet: press Enter.)")

    def _back(self) -> None:
        desk, seconds = self._desk, self._loop.time() - self._lost_at
        place = f"at byte {desk.session.position.offset}" if desk.session.v1 else "what it said meanwhile is unknown"
        unsent, desk.unsent = desk.unsent, 0
        lost = f"; {_typed(unsent)} meanwhile {'were' if unsent > 1 else 'was'} not sent" if unsent else ""
        desk.voice.note(f"back after {seconds:.0f} s, {place}{lost}", always=bool(unsent) or not desk.session.v1)

    def _forget_reminder(self) -> None:
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None


def _typed(size: int) -> str:
    return f"{size} byte{'s' * (size != 1)} typed"
