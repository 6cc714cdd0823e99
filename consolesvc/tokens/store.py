"""What a token store does; `memory.py` is the one that is always there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Grant(NamedTuple):
    """What a redeemed token is good for.

    Attributes:
        server_id: The server it was issued for (DESIGN decision 6: the id, never a path or a port).
        token_id: A short name of the token, fit for logs and for counting its sessions: part of its sha256.
        expires: When the token's TTL ends, on the store's clock; None for never.
        user: Who minted it, as identity names them; "" where nobody asked.
        may_type: Whether its sessions may type; a share link's only look.
        ends: Whether its sessions end with it, as a share link's do.
    """

    server_id: str
    token_id: str
    expires: float | None
    user: str = ""
    may_type: bool = True
    ends: bool = False


class TokenStore(Protocol):
    """Issues tokens and redeems them. Asynchronous, because a shared store asks another host."""

    async def issue(
        self, server_id: str, *, user: str = "", may_type: bool = True, ttl: float | None = None, ends: bool = False
    ) -> str:
        """Make a token for `server_id`: uuid4 text. The store keeps only its sha256.

        Args:
            server_id: The server that it is good for.
            user: As in Grant, and so `may_type` and `ends`.
            may_type: See there.
            ttl: Seconds for which it is good, 0 for ever; None for the store's own.
            ends: See there.
        """
        ...

    async def redeem(self, token: str, admit: Callable[[Grant], None]) -> Grant:
        """Exchange a token for its grant.

        Args:
            token: What the client showed.
            admit: Called with the grant before the token counts as used; what it raises comes through, and the
                token stays as good as it was: "try later" must be true of a single-use token as well.

        Raises:
            TokenRefused: it is unknown, expired or used.
        """
        ...

    async def look_up(self, token: str) -> Grant:
        """The grant of a token, which stays as good as it was; raises TokenRefused as `redeem` does."""
        ...

    async def expire(self, server_id: str) -> int:
        """End the time of every token of a server now, so that it is refused as expired; how many had some left."""
        ...

    async def end(self, server_id: str, *, linked: bool = False) -> int:
        """Forget every token of a server, or those alone whose sessions end with them (`linked`); how many."""
        ...
