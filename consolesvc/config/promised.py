"""What the configuration is to take later and does not take yet: refused by name, never ignored (DESIGN 5.2).

Whoever builds one of these deletes its row here.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

KEYS = frozenset(
    {
        "power",
        "servers[].groups",
        "servers[].power",
    }
)

VALUES = {
    "defaults.input": ("exclusive", "lease"),
    "servers[].input": ("exclusive", "lease"),
    "tokens.store": ("redis:*", "rediss:*", "redis"),
}


def is_key(path: str) -> bool:
    """Whether this key, a dotted path without indexes, is promised."""
    return path in KEYS


def is_value(path: str, text: str) -> bool:
    """Whether this value is promised for the key at `path`."""
    return any(fnmatchcase(text, pattern) for pattern in VALUES.get(path, ()))


def refusal(what: str) -> str:
    """The sentence that refuses `what`."""
    return f"{what} is promised for a later release and not built yet; remove it"
