"""What the configuration is to take later and does not take yet: refused by name, never ignored (DESIGN 5.2).

Whoever builds one of these deletes its row here.
"""

from __future__ import annotations

KEYS = frozenset(
    {
        "api.tls",
        "api.trusted_proxies",
        "power",
        "proxy.tls",
        "proxy.trusted_proxies",
        "servers[].groups",
        "servers[].power",
        "tls",
        "trusted_proxies",
    }
)


def is_key(path: str) -> bool:
    """Whether this key, a dotted path without indexes, is promised."""
    return path in KEYS


def refusal(what: str) -> str:
    """The sentence that refuses `what`."""
    return f"{what} is promised for a later release and not built yet; remove it"
