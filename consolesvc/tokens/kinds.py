"""The table of stores: `tokens.store` of the configuration -> what keeps tokens and resume secrets (DESIGN 5.2)."""

from __future__ import annotations

from collections.abc import Callable

from consolesvc.errors import StartError
from consolesvc.tokens.stores import Stores, Times


def make_stores(store: str, clock: Callable[[], float], times: Times, password_file: str | None = None) -> Stores:
    """The stores that `tokens.store` of the configuration asks for. Waits for no other process.

    Args:
        store: That key.
        clock: Seconds, monotonic.
        times: How long tokens and secrets are good.
        password_file: `tokens.password_file`, which is read for each connection.

    Raises:
        StartError: what it asks for is not installed.
    """
    if store == "memory":
        return Stores(clock, times)
    # Imported only where it is asked for: redis-py takes 8 MiB and a fifth of a second of CPU (ecosystem.md section 8).
    try:
        from consolesvc.tokens.shared_stores import SharedStores  # noqa: PLC0415 - see above
    except ImportError:
        raise StartError("tokens.store: redis is not installed: pip install 'consolesvc[redis]'") from None
    return SharedStores(store, clock, times, password_file)
