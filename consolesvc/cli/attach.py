"""`consolesvc attach NAME|URL`: a console in this terminal.

Only the console's bytes go to stdout, and whatever comes in on stdin goes to the console; what we say ourselves goes to
stderr. Escapes are for people: input that comes from a pipe or a file is passed on as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from dataclasses import dataclass
from functools import partial

import aiohttp

from consolesvc.cacert import client_tls, refused_certificate
from consolesvc.cli.client import NOT_FOUND, REFUSED, TIMEOUT, USAGE, Client, add_endpoint, split_url
from consolesvc.cli.escape import HELP as ESCAPES
from consolesvc.cli.escape import Escape, Keys
from consolesvc.cli.table import escape
from consolesvc.cli.terminal import in_thread, raw, read, say, write
from consolesvc.errors import ClientError

HELP = "attach this terminal to a console; Enter ~. leaves"

STDIN, STDOUT = 0, 1
SCHEMES = ("ws", "wss")
REFUSALS = {
    401: (REFUSED, "the token is unknown, expired or used; get a fresh URL"),
    403: (REFUSED, "the service does not answer to this host name"),
    404: (NOT_FOUND, "the server is gone"),
    429: (REFUSED, "a limit of the service is reached"),
}
"""Exit codes and words for DESIGN 5.4's refusals, whose own words a websocket client never sees."""
NORMAL, ABNORMAL = 1000, (None, 1005, 1006)
"""Close codes: a normal end; and those that stand for no close frame at all."""

LAST_WORDS = 1.0
"""Seconds for which output is still shown after the end of input that came from a pipe."""
QUIET = 2.0
"""Seconds without output after which someone at a terminal is told to press Enter."""
SILENCE = 25.0
"""Seconds after which a silent service is asked for a sign of life, and a waiting one is given ours; it asks at 30."""
CLOSE_WAIT = 1.0
"""Seconds that the service has for its close frame."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The other side ended the session: a close code and a reason; no code where the connection just broke."""

    code: int | None
    reason: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "target",
        metavar="NAME|URL",
        help="a server's name, the beginning of one, or its id; or a console URL (ws://...)",
    )
    add_endpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Attach until `~.`, the end of input, or the end of the session, which is a failure unless it is a normal one."""
    if "://" in args.target:
        return asyncio.run(_attach(args.target, "the console"))
    client = Client(args.endpoint)
    console = client.find(args.target)
    return asyncio.run(_attach(client.console_url(console["id"]), console["name"]))


async def _attach(url: str, name: str) -> int:
    async with aiohttp.ClientSession() as session:
        ws = await _connect(session, url)
        with raw(STDIN):
            say(f"Connected to {name}. Escape is ~. (after Enter); ~? for help.")  # raw by now: scripts type after this
            ended = await _relay(ws)
    if ended is None:
        say(f"\nConnection to {name} closed.")
        return 0
    words = escape(ended.reason) or f"close code {ended.code}"
    say(f"\nConnection to {name} ended: {'the service went away' if ended.code in ABNORMAL else words}.")
    return 0 if ended.code == NORMAL else 1


async def _connect(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    parts = split_url(url, SCHEMES, "console URL")
    where = f"{parts.scheme}://{parts.netloc}"  # never the URL: it has the token
    try:
        async with asyncio.timeout(TIMEOUT):
            # autoping off: a PING is a sign of life that _show must see.
            tls = client_tls(os.environ) if parts.scheme == "wss" else True
            return await session.ws_connect(url, protocols=("binary",), autoping=False, ssl=tls)
    except aiohttp.WSServerHandshakeError as error:
        code, words = REFUSALS.get(error.status, (1, f"HTTP {error.status}: is it a console URL?"))
        raise ClientError(f"refused by {where}: {words}", code) from None
    except TimeoutError:
        raise ClientError(f"no answer from {where}: timed out") from None
    except OSError as error:
        why = refused_certificate(error) or error.strerror or error
        raise ClientError(f"no answer from {where}: {why}") from None
    except ValueError:  # aiohttp.InvalidURL, or a host that has no IDNA form
        raise ClientError(f"{where} is no address of a console", USAGE) from None
    except aiohttp.ClientError as error:
        raise ClientError(f"{where} does not answer as a console does: {type(error).__name__}") from None


async def _relay(ws: aiohttp.ClientWebSocketResponse) -> Ended | None:
    """Bytes both ways until either side ends it; None where that was the user."""
    typing = asyncio.create_task(_type(ws), name="type")
    showing = asyncio.create_task(_show(ws), name="show")
    try:
        await asyncio.wait((typing, showing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        typing.cancel()
        showing.cancel()
        typed, shown = await asyncio.gather(typing, showing, return_exceptions=True)
        with contextlib.suppress(TimeoutError, ConnectionError):  # a service that is gone needs no goodbye
            async with asyncio.timeout(CLOSE_WAIT):
                await ws.close()
    if isinstance(shown, Ended):
        return shown
    for result in (typed, shown):
        if isinstance(result, ConnectionError):
            return Ended(None, "")
        if isinstance(result, Exception):
            raise result
    return None


async def _type(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Send what is typed until the user leaves or the input ends."""
    escapes = Escape() if os.isatty(STDIN) else None
    while data := await in_thread(partial(read, STDIN)):
        keys = escapes.feed(data) if escapes else Keys(send=bytearray(data))
        if keys.send:
            try:
                await ws.send_bytes(bytes(keys.send))
            except ConnectionError:
                await asyncio.sleep(CLOSE_WAIT)  # _show may learn why
                raise
        if keys.help:
            say("\n" + ESCAPES)
        if keys.leave:
            return
    await asyncio.sleep(LAST_WORDS)


async def _show(ws: aiohttp.ClientWebSocketResponse) -> Ended | None:
    """Write output as it comes. Returns why it ended; None where nobody reads what we write any more."""
    reminder = asyncio.get_running_loop().call_later(QUIET, _remind)
    try:
        while True:
            message = await _next(ws)
            reminder.cancel()
            if message.type is aiohttp.WSMsgType.BINARY:
                await _write(ws, message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await _write(ws, message.data.encode())
            else:
                return Ended(ws.close_code, str(message.extra or ""))
    except BrokenPipeError:
        return None
    except TimeoutError:
        return Ended(None, "")
    finally:
        reminder.cancel()


def _remind() -> None:
    if os.isatty(STDIN):
        say("(It has said nothing yet: press Enter.)")


async def _next(ws: aiohttp.ClientWebSocketResponse) -> aiohttp.WSMessage:
    """The next message that is more than a sign of life; raises TimeoutError where even those fail to come."""
    asked = False
    while True:
        try:
            message = await ws.receive(SILENCE)
        except TimeoutError:
            if asked:
                raise
            asked = True
            await ws.ping()
            continue
        asked = False
        if message.type is aiohttp.WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type is not aiohttp.WSMsgType.PONG:
            return message


async def _write(ws: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
    """Write output, with a sign of life to the service for as long as nobody takes it: `attach | less` goes on."""
    writing = asyncio.create_task(in_thread(partial(write, STDOUT, data)), name="write")
    while not (await asyncio.wait((writing,), timeout=SILENCE))[0]:
        await ws.pong()
    try:
        writing.result()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ClientError(f"cannot write the output: {error.strerror}") from None
