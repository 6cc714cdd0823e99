"""Puts an attached terminal together, and takes it apart again."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from consolesvc.cli.attach.connecting import Connector
from consolesvc.cli.attach.desk import Desk
from consolesvc.cli.attach.endings import DONE, FAILED
from consolesvc.cli.attach.keys import Keys
from consolesvc.cli.attach.options import Options
from consolesvc.cli.attach.output import Output
from consolesvc.cli.attach.relay import Relay
from consolesvc.cli.attach.session import Session
from consolesvc.cli.attach.target import Given, Named, Target
from consolesvc.cli.attach.terminal import Terminal, Voice
from consolesvc.cli.attach.until import Until
from consolesvc.cli.attach.ways import Ways
from consolesvc.cli.client import Client


async def attach(options: Options) -> int:
    """Attach as asked for; the exit code (DESIGN 5.1).

    Raises:
        ClientError: there was no first connection, or what was said could not be written.
    """
    deadline = None if options.timeout is None else asyncio.get_running_loop().time() + options.timeout
    until = None if options.until is None else Until(options.until)
    target, terminal, voice = _target(options), Terminal(), Voice(quiet=options.quiet)
    with contextlib.ExitStack() as stack:
        output = Output(terminal, log=options.log, until=until, from_history=bool(options.start))
        output.complain = partial(voice.note, always=True)
        stack.callback(output.close)
        async with Ways() as ways:
            connector = Connector(ways, target)
            stack.callback(connector.close)
            wait = (lambda why: voice.note(f"{why}; waiting")) if options.wait else None
            connection = await connector.first(options.start, wait, options.timeout)
            desk = Desk(options, terminal, voice, output, Session(target.name, view=options.view), connector)
            desk.set_keys(Keys(options.escape, options.sequence) if terminal.is_one else None)
            with terminal:
                ending = await Relay(desk, deadline if until is not None else None).run(connection)
            how = f"ended: {ending.words}" if ending.words else "closed"
            voice.say(f"Connection to {desk.session.name} {how}.", always=ending.code != DONE, below=True)
    unseen = until is not None and not output.found
    return ending.code or (FAILED if output.failure or unseen else DONE)


def _target(options: Options) -> Target:
    if "://" in options.target:
        return Given(options.target)
    return Named(partial(Client, options.endpoint), options.target, view=options.view)
