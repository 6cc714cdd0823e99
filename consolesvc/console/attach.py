"""Where a new viewer starts."""

from __future__ import annotations

import logging

from consolesvc.console.console import Console

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
