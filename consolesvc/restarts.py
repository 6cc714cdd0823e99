"""What of a new configuration holds only after a restart."""

from __future__ import annotations

from consolesvc.config.model import Config


def restarts(before: Config, after: Config) -> list[str]:
    """A sentence for each thing that differs and that a reload does not take."""
    pairs = (
        ("api.listen", before.api.listen, after.api.listen),
        ("proxy.listen", before.proxy.listen, after.proxy.listen),
    )
    found = [f"{key} is now {b}: restart to listen there" for key, a, b in pairs if a != b]
    if (before.limits.body, before.limits.headers) != (after.limits.body, after.limits.headers):
        found.append("limits.body or limits.headers has changed: restart for that")
    if before.log != after.log:
        found.append("log has changed: restart for that")
    if before.identity != after.identity:
        found.append(f"identity has changed ({after.identity.type}): restart for that")
    return found
