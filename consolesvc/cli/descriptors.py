"""File descriptors: how many a configuration needs and promises, and whether this process may have them.

DESIGN decision 11. `serve` raises its soft limit to the hard one, so that the hard one is what counts.
"""

from __future__ import annotations

import resource

from consolesvc.config.linespec import EmulatedSpec, SerialSpec
from consolesvc.config.model import Config

PER_CONSOLE = 4
PER_SERIAL_LINE = 5
"""Beside the console's own. A fake server counts as well: it is reached through a serial line (DESIGN section 4)."""
CURE = "raise `LimitNOFILE=` or `ulimit -Hn`"


def needed(config: Config) -> int:
    """What the consoles need; each session takes one more."""
    ttys = sum(isinstance(server.line, SerialSpec | EmulatedSpec) for server in config.servers)
    return len(config.servers) * PER_CONSOLE + ttys * PER_SERIAL_LINE


def promised(config: Config) -> int:
    """How many connections `limits` lets in at once: sessions, and those that have not asked yet; 0 is no promise.

    The smaller of the two caps on sessions counts: of each console's, times the consoles, and of all together.
    """
    limits = config.limits
    caps = [limits.sessions, limits.sessions_per_console * len(config.servers)]
    sessions = min((cap for cap in caps if cap), default=0)
    return sessions + limits.handshakes if sessions else 0


def allowed() -> int | None:
    """How many this process may have; None for any number."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def shortage(config: Config) -> str | None:
    """What does not fit, a sentence; None where all does."""
    limit, consoles, connections = allowed(), needed(config), promised(config)
    if limit is None or consoles + connections <= limit:
        return None
    if consoles > limit:
        return f"the consoles need about {consoles} file descriptors, and this process may have {limit}; {CURE}"
    return (
        f"`limits` promises {connections} connections to {len(config.servers)} consoles, and about {limit - consoles} "
        f"file descriptors are left for them; {CURE}"
    )


def raise_limit() -> None:
    """The soft limit up to the hard one: a console needs several."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
