"""Where a new viewer starts."""

from __future__ import annotations

import logging
from typing import NamedTuple

from consolesvc.console.console import Console
from consolesvc.console.events import Gap

log = logging.getLogger(__name__)


async def replay_start(console: Console, replay: int | None) -> int:
    """The offset from which a viewer is shown what was said before it came.

    Args:
        console: What it will look at.
        replay: Bytes to show at most, from the start of a line on (DESIGN 5.4); None for all there is.
    """
    ring = console.ring
    if replay is None:
        return console.oldest
    held = ring.end - ring.start
    if replay <= held or console.log is None or console.oldest >= ring.start:
        return ring.line_start(max(ring.start, ring.end - replay)) if replay else ring.end
    try:
        return await console.log.before(ring.start, replay - held)
    except OSError as error:
        log.warning("%s: the log cannot be read: %s", console.name, error)
        return ring.line_start(ring.start)


class Start(NamedTuple):
    """Where a viewer starts, and what it must be told first.

    Attributes:
        offset: The first byte it wants.
        gap: Bytes it asked for that are of another stream; None where there are none.
        note: A sentence about what it asked for; "" where there is nothing to say.
    """

    offset: int
    gap: Gap | None = None
    note: str = ""


def since_start(console: Console, since: int, stream: str | None) -> Start:
    """Where a viewer starts that resumes at an offset (DESIGN 5.4).

    Args:
        console: What it will look at.
        since: The offset; negative counts from the end. Below the oldest byte there is a gap, which the viewer meets.
        stream: The stream that the offset is of; None for this one.
    """
    end = console.ring.end
    if stream is not None and stream != console.stream:
        gap = Gap(since, console.oldest)
        return Start(console.oldest, gap, f"this is another stream than {stream}")
    if since < 0:
        return Start(max(console.oldest, end + since))
    if since > end:
        return Start(end, note=f"since={since} is beyond the end; going on from {end}")
    return Start(since)
