"""What a reload cannot go over to: it needs a restart."""

from __future__ import annotations

from operator import attrgetter

from consolesvc.config.model import Config

FIXED = {
    "api.listen": "restart to listen there",
    "proxy.listen": "restart to listen there",
    "limits.body": "restart for that",
    "limits.headers": "restart for that",
    "tokens.store": "restart for that",
    "tokens.password_file": "restart for that",
    "log.enabled": "restart to begin, or to end, all logs",
    "log.directory": "restart to write there",
}
"""Keys of which a running service keeps what it was started with, and what to do about it."""


def restarts(before: Config, now: Config) -> list[str]:
    """What of a new configuration needs a restart, a sentence each; no secret is in it."""
    needed = []
    for key, cure in FIXED.items():
        old, new = attrgetter(key)(before), attrgetter(key)(now)
        if old != new:
            said = "has changed" if key == "tokens.store" else f"is now {_said(new)}"  # its URL may be long
            needed.append(f"{key} {said}: {cure}")
    return needed


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "the default" if value is None else str(value)
