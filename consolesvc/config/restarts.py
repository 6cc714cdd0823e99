"""What a reload cannot go over to: it needs a restart."""

from __future__ import annotations

from consolesvc.config.model import Config


def restarts(before: Config, now: Config) -> list[str]:
    """What of a new configuration needs a restart, a sentence each."""
    pairs = (("api.listen", before.api.listen, now.api.listen), ("proxy.listen", before.proxy.listen, now.proxy.listen))
    needed = [f"{key} is now {b}: restart to listen there" for key, a, b in pairs if a != b]
    if (before.limits.body, before.limits.headers) != (now.limits.body, now.limits.headers):
        needed.append("limits.body or limits.headers has changed: restart for that")
    if before.tokens.store != now.tokens.store:
        needed.append("tokens.store has changed: restart for that")
    if before.log != now.log:
        needed.append("log has changed: restart for that")
    if before.identity != now.identity:
        needed.append(f"identity has changed ({now.identity.type}): restart for that")
    return needed
