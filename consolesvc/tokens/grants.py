"""A grant as JSON, for the file that outlives a restart: what it is good for, and for how many seconds more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consolesvc.tokens.store import Grant, Minter


def written(grant: Grant, now: float) -> dict[str, Any]:
    """A grant's fields; in place of `expires`, which is of a clock that ends with the process, the seconds `left`."""
    return {
        "server_id": grant.server_id,
        "token_id": grant.token_id,
        "left": None if grant.expires is None else grant.expires - now,
        "user": grant.user,
        "may_type": grant.may_type,
        "ends": grant.ends,
        "minter": None if grant.minter is None else list(grant.minter),
    }


def read_back(entry: Mapping[str, Any], then: float) -> Grant:
    """The grant of `written`.

    Args:
        entry: What was written. Without `may_type` it is of a release whose tokens all typed; without `minter`, of one
            that knew of none.
        then: When that was, on the clock that counts now.

    Raises:
        KeyError, TypeError, ValueError: it is nothing that we wrote.
    """
    expires = None if entry["left"] is None else then + float(entry["left"])
    user, may_type, ends = (entry.get(key, old) for key, old in (("user", ""), ("may_type", True), ("ends", False)))
    minted = entry.get("minter")
    return Grant(
        str(entry["server_id"]),
        str(entry["token_id"]),
        expires,
        str(user),
        may_type is True,
        ends is True,
        None if minted is None else Minter(*(str(part) for part in minted)),
    )
