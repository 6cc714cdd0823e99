"""The seam that every kind of identity stands behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from consolesvc.identity.caller import Caller
from consolesvc.tokens.store import Minter

TOKEN_HEADER = "X-Auth-Token"  # noqa: S105 - a header's name

Headers = Mapping[str, str]
"""A request's headers, looked up without regard to case."""

Needs = Callable[[Caller], bool]
"""Whether a caller, as they are now, has the right that is asked about."""


class Identity(Protocol):
    """Says who is calling, and who was."""

    @property
    def changes(self) -> int:
        """How often what it knows of callers has changed by itself: each time, somebody may have lost a right."""
        ...

    async def caller(self, headers: Headers) -> Caller:
        """The caller of a request with these headers.

        Raises:
            Fault: 401 without a good token; 503 where that cannot be known now.
        """
        ...

    def auth_url(self, root: str) -> str:
        """Where tokens come from, for a 401's `WWW-Authenticate`; `root` is the service's own scheme and host."""
        ...

    def lost(self, minter: Minter, needs: Needs) -> bool:
        """Whether who minted a token is known to have lost their right; False where that cannot be told.

        Args:
            minter: As their Caller said then.
            needs: The right. Where the caller is nobody any more, it is not asked.
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds. Idempotent."""
        ...


def digest(token: str) -> bytes:
    """A token's sha256: the only form in which one is kept, looked up or compared.

    A look-up by digest tells a guesser nothing by its timing: a digest that shares a prefix with a known one is
    no nearer to its token. Headers and JSON can carry lone surrogates: they are digested as well, and match nothing.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
