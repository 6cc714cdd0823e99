"""Where a new viewer starts."""

from __future__ import annotations

from consolesvc.console.ring import Ring


def replay_start(ring: Ring, replay: int | None) -> int:
    """The offset from which a viewer is shown what was said before it came.

    Args:
        ring: The console's output.
        replay: Bytes to show at most, from the start of a line on (DESIGN 5.4); None for all there is.
    """
    if replay is None:
        return ring.start
    if replay == 0:
        return ring.end
    if replay >= ring.end - ring.start:
        return ring.line_start(ring.start)
    return ring.line_start(ring.end - replay)
