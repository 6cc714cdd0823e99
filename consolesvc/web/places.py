"""Places in a stream as callers name them: an offset, a negative number that counts from the end, or a mark."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus

from consolesvc.console.attach import since_start
from consolesvc.console.console import Console
from consolesvc.console.listening import Listener
from consolesvc.http.faults import Fault
from consolesvc.web.calls import SHOWN, wrong

NAMES = 20
"""Names of marks that a message lists at most."""

OFFSET = re.compile(r"-?[0-9]{1,19}", re.ASCII)
"""More digits than any offset has, and fewer than would take Python long to read."""


def stream_of(value: object) -> str | None:
    """A stream's uuid; None where none was given. Raises Fault 400."""
    if value is None:
        return None
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise wrong("stream", value, "a stream's uuid") from None


async def offset_of(console: Console, value: object, name: str) -> int:
    """The offset that a value means; it may be below the oldest byte and beyond the end.

    Args:
        console: In whose output.
        value: A number, or a text that is one, or a mark's name.
        name: The parameter's, for messages.

    Raises:
        Fault: 400 for what is none of these, 404 for a mark that is not there.
    """
    if isinstance(value, str) and not OFFSET.fullmatch(value):
        mark = await console.marks.find(value)
        if mark is None:
            raise Fault(
                HTTPStatus.NOT_FOUND, f"{console.name} has no mark {value[:SHOWN]!r}; {await _there_are(console)}"
            )
        return mark.offset
    if isinstance(value, bool) or not isinstance(value, int | str) or not OFFSET.fullmatch(str(value)):
        raise wrong(name, value, "an offset, a negative number to count from the end, or a mark's name")
    offset = int(value)
    return offset if offset >= 0 else max(console.oldest, console.ring.end + offset)


async def listener_at(console: Console, since: object, stream: str | None) -> Listener:
    """A listener from a place on; from the end, where none is given. Raises Fault 400 and 404."""
    if since is None:
        return Listener(console, console.ring.end)
    start = since_start(console, await offset_of(console, since, "since"), stream)
    return Listener(console, start.offset, start.gap)


async def _there_are(console: Console) -> str:
    names = list(dict.fromkeys(mark.name for mark in await console.marks.all()))
    if not names:
        return "it has none"
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"it has {', '.join(names[-NAMES:])}{more}"
