"""`consolesvc attach NAME|URL`: a console in this terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError

import aiohttp

from consolesvc.cli import escape
from consolesvc.cli.client import NOT_FOUND, REFUSED, Client, add_endpoint
from consolesvc.cli.terminal import raw, say
from consolesvc.errors import ClientError

HELP = "attach this terminal to a console; Enter ~. leaves"

STDIN, STDOUT = 0, 1
READ = 4096
LAST_WORDS = 1.0
"""Seconds for which output is still shown after the end of input that came from a pipe."""
HTTP_CODES = {401: REFUSED, 403: REFUSED, 404: NOT_FOUND}
NORMAL = (1000, 1001, 1005)
"""Close codes that are no failure: its own, the service stopping, none given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("target", metavar="NAME|URL", help="a server's name or id, or a console URL (ws://…)")
    add_endpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Attach until `~.`, the end of input, or the end of the session."""
    is_url = args.target.startswith(("ws://", "wss://"))
    url = args.target if is_url else Client(args.endpoint).console_url(args.target)
    with contextlib.ExitStack() as stack:
        return asyncio.run(_attach(url, "console" if is_url else args.target, stack))


async def _attach(url: str, name: str, stack: contextlib.ExitStack) -> int:
    async with aiohttp.ClientSession() as session:
        try:
            ws = await session.ws_connect(url, protocols=("binary",), max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            raise ClientError(f"refused: {error.status} {error.message}", HTTP_CODES.get(error.status, 1)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ClientError(f"cannot connect: {error}") from None
        say(f"Connected to {name}. Escape is ~. (after Enter); ~? for help.")
        stack.enter_context(raw(STDIN))
        typing = asyncio.create_task(_type(ws), name="type")
        showing = asyncio.create_task(_show(ws), name="show")
        try:
            await asyncio.wait((typing, showing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (typing, showing):
                task.cancel()
            results = await asyncio.gather(typing, showing, return_exceptions=True)
            await ws.close()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionError):
                raise result
        return _farewell(ws, results[1])


def _farewell(ws: aiohttp.ClientWebSocketResponse, shown: object) -> int:
    if not isinstance(shown, str):
        say("\nConnection closed.")
        return 0
    code = ws.close_code
    say(f"\nConnection ended: {code} {shown}".rstrip())
    return 0 if code in NORMAL else 1


async def _type(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Send what is typed until the user leaves or the input ends."""
    keys = escape.Escape()
    piped = not os.isatty(STDIN)
    async for data in _input():
        found = escape.Keys(send=bytearray(data)) if piped else keys.feed(data)
        if found.send:
            await ws.send_bytes(bytes(found.send))
        if found.help:
            say("\n" + escape.HELP)
        if found.leave:
            return
    await asyncio.sleep(LAST_WORDS)


async def _input() -> AsyncIterator[bytes]:
    """What comes in on stdin, a terminal, a pipe or a file, until it ends."""
    # A thread, because an event loop cannot wait for a file; a daemon, because nothing else ends its read.
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue(1)

    def read() -> None:
        data = b"-"
        while data:
            try:
                data = os.read(STDIN, READ)
            except OSError:  # closed, or the terminal went away: nothing more will come
                data = b""
            try:
                asyncio.run_coroutine_threadsafe(queue.put(data), loop).result()
            except (RuntimeError, CancelledError):  # we are leaving
                return

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while data := await queue.get():
        yield data


async def _show(ws: aiohttp.ClientWebSocketResponse) -> str:
    """Write output as it comes; returns the reason when the other side ends it."""
    while True:
        message = await ws.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            _write_all(STDOUT, message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            _write_all(STDOUT, message.data.encode())
        elif message.type is aiohttp.WSMsgType.CLOSE:
            return str(message.extra or "")
        else:
            return ""


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
