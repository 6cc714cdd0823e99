"""The seam that every kind of identity stands behind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from consolesvc.identity.caller import Caller

TOKEN_HEADER = "X-Auth-Token"  # noqa: S105 - a header's name

Headers = Mapping[str, str]
"""A request's headers, looked up without regard to case."""


class Identity(Protocol):
    """Says who is calling."""

    async def caller(self, headers: Headers) -> Caller:
        """The caller of a request with these headers.

        Raises:
            Fault: 401 without a good token; 503 where that cannot be known now.
        """
        ...

    def auth_url(self, root: str) -> str:
        """Where tokens come from, for a 401's `WWW-Authenticate`; `root` is the service's own scheme and host."""
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
