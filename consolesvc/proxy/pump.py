"""Bytes between a websocket and a viewer, both ways, until either ends (DESIGN section 4).

Two tasks, one that sends and the session's own, which receives; the first to end ends both: a pump stuck in a send is
not freed by pings alone (style.md section 6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, TypeVar

from aiohttp import WSMessage, WSMsgType, web

from consolesvc.console.viewer import End, Viewer
from consolesvc.proxy import codes
from consolesvc.proxy.frames import Frames
from consolesvc.proxy.pulse import Pulse
from consolesvc.proxy.speech import Ask, Break, Message, Speech

T = TypeVar("T")

PING = 30.0
"""Seconds of silence after which a client is asked for a sign of life (DESIGN 5.4)."""
FIRST_CR_WAIT = 2.0
"""Seconds after a page has attached in which a lone CR is its own and nobody's Enter key."""
CLOSE_WAIT = 2.0
"""Seconds a client has for its own close frame."""
GOODBYES = (0, 1000, 1005)
"""Close codes of a client that means to leave; 1005, and aiohttp's 0, is none at all. A page that is loaded again says
1001."""


async def pump(
    ws: web.WebSocketResponse,
    viewer: Viewer,
    speech: Speech,
    way: Frames | None = None,
    *,
    drop_first_cr: bool = False,
    ping: float = PING,
    pulse: Pulse | None = None,
) -> End | None:
    """Relay until the client goes or the viewer is ended, and close the websocket with the reason.

    Args:
        ws: A prepared websocket with `autoping` off.
        viewer: What is relayed.
        speech: How the client is spoken to.
        way: Past aiohttp to the client, for output that needs no words; None for none.
        drop_first_cr: Whether a first message that is a lone CR, sent on open, is swallowed: Horizon's page sends
            one, and every boot countdown in front of it ends (nova-contract 4).
        ping: Seconds between two signs of life asked for.
        pulse: Is told of the client's signs of life; None where nobody asks.

    Returns:
        Why we ended it; None where the client went.
    """
    sending = _Sending(ws, viewer, speech, way)
    typed = _without_first_cr(viewer) if drop_first_cr else partial(viewer.console.write, viewer)
    listening = _Listening(ws, viewer, speech, typed, ping, pulse or Pulse())
    send = asyncio.create_task(sending.run(), name=f"send {viewer.who or 'viewer'}")
    others: tuple[asyncio.Future[Any], ...] = (send, viewer.ended)
    for other in others:
        other.add_done_callback(listening.interrupt)
    heard: End | Exception | None = None
    try:
        heard = await listening.run()
    except Exception as fault:  # noqa: BLE001 - raised again below, once both are over
        heard = fault
    finally:
        for other in others:
            other.remove_done_callback(listening.interrupt)
        viewer.detach(cut=heard is None and not listening.goodbye and _may_return(viewer))
        await sending.stop(send)
    sent = None if send.cancelled() else send.exception() or send.result()
    ends: tuple[End | BaseException | None, ...] = (sent, heard)
    end = viewer.ended.result() if viewer.ended.done() else next((e for e in ends if isinstance(e, End)), None)
    await close(ws, end, () if end is None else speech.goodbye(end))
    for error in ends:
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            raise error
    return end


def _may_return(viewer: Viewer) -> bool:
    """Whether nobody has ended a viewer, or only to have it come back."""
    return not viewer.ended.done() or viewer.ended.result().code == codes.COME_BACK


async def close(ws: web.WebSocketResponse, end: End | None, last_words: Iterable[Message] = ()) -> None:
    """Close a websocket within CLOSE_WAIT, whatever its client does. Nothing where it is closed."""
    if ws.closed:
        return
    # A task of its own: what a stuck client does to it must not look like a cancellation of ours.
    closing = asyncio.create_task(_leave(ws, end, last_words), name="close")
    await asyncio.wait((closing,), timeout=CLOSE_WAIT)
    closing.cancel()
    (error,) = await asyncio.gather(closing, return_exceptions=True)
    if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
        raise error


async def _leave(ws: web.WebSocketResponse, end: End | None, last_words: Iterable[Message]) -> None:
    for message in last_words:
        await _send(ws, message)
    await (ws.close() if end is None else ws.close(code=end.code, message=codes.reason(end.reason)))


async def _send(ws: web.WebSocketResponse, message: Message) -> None:
    if isinstance(message, bytes):
        await ws.send_bytes(message)
    else:
        await ws.send_str(message)


class _Sending:
    """The task that sends, and its orderly end."""

    def __init__(self, ws: web.WebSocketResponse, viewer: Viewer, speech: Speech, way: Frames | None) -> None:
        self._ws = ws
        self._viewer = viewer
        self._speech = speech
        self._way = way
        self._busy = False
        self._stopped = False

    async def run(self) -> End | None:
        """Send what the viewer is given, until it is stopped or cannot go on."""
        for message in self._speech.hello():
            await self._send(message)
        while not self._stopped:
            if self._speech.plain:
                self._viewer.way = self._way
            for said in self._speech.say(await self._viewer.next()):
                if isinstance(said, End):
                    return said
                await self._send(said)
        return None

    async def stop(self, task: asyncio.Task[End | None]) -> None:
        """End the task that runs `run`, letting a message that is on its way leave, and wait until it has ended.

        All that wait for aiohttp's socket buffer wait for one future: cancelled there, the task would take it along,
        and the close frame with the reason could not follow.
        """
        self._stopped = True
        if self._busy:
            await asyncio.wait((task,), timeout=CLOSE_WAIT)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))

    async def _send(self, message: Message) -> None:
        self._busy = True
        await _send(self._ws, message)
        self._busy = False


def _without_first_cr(viewer: Viewer) -> Callable[[bytes], None]:
    """What takes a viewer's input, all but a CR that comes alone, first, and within FIRST_CR_WAIT from now."""
    until = asyncio.get_running_loop().time() + FIRST_CR_WAIT
    first = True

    def typed(data: bytes) -> None:
        nonlocal first
        dropped = first and data == b"\r" and asyncio.get_running_loop().time() < until
        first = False
        if not dropped:
            viewer.console.write(viewer, data)

    return typed


class _Listening:
    """Takes what a client sends, in the session's own task, until the client is done or somebody interrupts."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        viewer: Viewer,
        speech: Speech,
        typed: Callable[[bytes], None],
        ping: float,
        pulse: Pulse,
    ) -> None:
        self.goodbye = False
        self._ws = ws
        self._pulse = pulse
        self._viewer = viewer
        self._speech = speech
        self._typed = typed
        self._ping = ping
        self._time = asyncio.get_running_loop().time
        self._last = self._time()
        self._scope: asyncio.Timeout | None = None
        self._over = False

    def interrupt(self, _why: object) -> None:
        """Have `run` return."""
        self._over = True
        if self._scope is not None:
            self._scope.reschedule(self._time())

    async def run(self) -> End | None:
        """Take input until the client closes, breaks the protocol, or has been silent through two pings."""
        viewer, place, asked, wait = self._viewer, self._viewer.offset, False, self._ping
        while not self._over:
            # One scope for many messages: one for each would be half of what a message costs.
            end = await self._within(wait, self._take())
            if not isinstance(end, TimeoutError):
                return end
            wait = self._last + self._ping - self._time()
            if wait > 0 or viewer.typist.full:
                # Not reading while much waits is the client's own flow control; no ping runs out meanwhile.
                asked, wait = False, max(wait, self._ping / 2)
                continue
            # What the client took since is a sign of life too: a pong may wait behind megabytes on a slow link.
            if asked and viewer.offset == place:
                return None
            if isinstance(await self._within(self._ping, self._ws.ping()), TimeoutError):
                return None
            asked, place, wait = True, viewer.offset, self._ping
        return None

    async def _within(self, seconds: float, doing: Coroutine[None, None, T]) -> T | TimeoutError:
        """What comes of it; TimeoutError where that takes longer, or somebody interrupts."""
        try:
            async with asyncio.timeout(seconds) as self._scope:
                return await doing
        except TimeoutError as error:
            return error
        finally:
            self._scope = None

    async def _take(self) -> End | None:
        """Take messages until there is a last one."""
        ws, typist = self._ws, self._viewer.typist
        while True:
            if typist.full:
                self._pulse.deaf = True
                await typist.room()
            self._pulse.deaf = False
            message = await ws.receive()
            self._last = self._time()
            self._pulse.beat()
            if message.type is WSMsgType.CLOSE:
                self.goodbye = message.data in GOODBYES
            try:
                if not await _heard(ws, message, self._viewer, self._speech, self._typed, self._ping):
                    return None
            except ValueError as error:
                return End(codes.NOT_CONSISTENT, f"TEXT is not what {ws.ws_protocol} has: {error}")


async def _heard(
    ws: web.WebSocketResponse,
    message: WSMessage,
    viewer: Viewer,
    speech: Speech,
    typed: Callable[[bytes], None],
    ping: float,
) -> bool:
    """Take one message; whether more may come. Raises ValueError for one that breaks the protocol."""
    if message.type is WSMsgType.BINARY:
        typed(message.data)
    elif message.type is WSMsgType.TEXT:
        heard = speech.heard(message.data)
        if isinstance(heard, Break):
            viewer.console.send_break(viewer, heard.seconds)
        elif isinstance(heard, Ask):
            viewer.console.keyboard.ask(viewer, heard.verb, heard.session)
        else:
            typed(heard)
    elif message.type is WSMsgType.PING:
        return await _sent(ws.pong(message.data), ping)
    return message.type in (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.PONG)


async def _sent(sending: Coroutine[None, None, None], seconds: float) -> bool:
    """Whether a control frame left in time: behind a full socket it never does."""
    try:
        async with asyncio.timeout(seconds):
            await sending
    except TimeoutError:
        return False
    return True
