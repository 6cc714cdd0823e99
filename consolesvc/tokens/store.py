"""What a store of tokens does, and one of resume secrets; `memory.py` and `resume.py` are those always there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Minter(NamedTuple):
    """Who minted a token, in a form that identity can be asked about later (DESIGN 5.4: loss of the right).

    Attributes:
        user_id: As identity names them.
        project_id: The project that they were in; "" for none.
        credential: Digest, in hex, of what they had proved themselves with; "" where nobody asked.
    """

    user_id: str
    project_id: str
    credential: str


class Grant(NamedTuple):
    """What a redeemed token is good for.

    Attributes:
        server_id: The server it was issued for (DESIGN decision 6: the id, never a path or a port).
        token_id: A short name of the token, fit for logs and for counting its sessions: part of its sha256.
        expires: When the token's TTL ends, on the store's clock; None for never.
        user: Who minted it, as identity names them; "" where nobody asked.
        may_type: Whether its sessions may type; a share link's only look.
        ends: Whether its sessions end with it, as a share link's do.
        minter: Who minted it; None for who needs no right of identity's, at the local socket.
    """

    server_id: str
    token_id: str
    expires: float | None
    user: str = ""
    may_type: bool = True
    ends: bool = False
    minter: Minter | None = None


Which = Callable[[Grant], bool]
"""Says of a grant whether it is meant."""


def every(_grant: Grant) -> bool:
    """All of them."""
    return True


def is_link(grant: Grant) -> bool:
    """Those whose sessions end with them: share links."""
    return grant.ends


class TokenStore(Protocol):
    """Issues tokens and redeems them. Asynchronous, because a shared store asks another host.

    All but `issue` may raise StoreUnavailable there, and so may that.

    Attributes:
        ttl: Seconds for which a token is good for connecting; 0 for ever.
        single_use: Whether a token is good for one connection only.
    """

    ttl: float
    single_use: bool

    async def issue(
        self,
        server_id: str,
        *,
        user: str = "",
        may_type: bool = True,
        ttl: float | None = None,
        ends: bool = False,
        minter: Minter | None = None,
    ) -> str:
        """Make a token for `server_id`: uuid4 text. The store keeps only its sha256.

        Args:
            server_id: The server that it is good for.
            user: As in Grant, and so `may_type` and `ends`.
            may_type: See there.
            ttl: Seconds for which it is good, 0 for ever; None for the store's own.
            ends: See there.
            minter: See there.
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

    async def end(self, server_id: str, which: Which = every) -> int:
        """Forget the tokens of a server that are meant; how many."""
        ...


@dataclass(slots=True, eq=False)
class Lineage:
    """A session and those that came of it by resuming, one after the other: each session has a chain of its own.

    Its secrets are what brings a client back after a cut, when its token is long gone (DESIGN 5.4).

    Attributes:
        grant: What the first one's token was good for.
        until: When its secrets end, on the store's clock; None while a session lives.
        current: sha256 of the secret that was given last.
        before: sha256 of the one before, good until the current one is used; None where there is none.
        id: Names it where several processes know it.
        sessions: How many of its sessions live here.
        session: The id of its last session, whose place the next one takes; "" where there was none.
    """

    grant: Grant
    until: float | None = None
    current: bytes = b""
    before: bytes | None = None
    id: str = ""
    sessions: int = field(default=0, repr=False)
    session: str = ""


Lives = Callable[[Lineage], Awaitable[bool]]
"""Says whether the session of a lineage shows a sign of life; one that does not is over by then."""


class ResumeStore(Protocol):
    """Keeps secrets, of which each opens its lineage's console, once, and is then replaced.

    Attributes:
        clock: Seconds, monotonic, by which grants expire.
        ttl: Seconds for which a secret is good after a cut; 0 for ever.
    """

    clock: Callable[[], float]
    ttl: float

    def begin(self, grant: Grant) -> Lineage:
        """A lineage for a session that came with a token."""
        ...

    async def renew(self, lineage: Lineage) -> str:
        """A new secret for a session of this lineage, to be sent in its hello; "" where none can be kept now."""
        ...

    async def redeem(self, secret: str, admit: Callable[[Grant], None], lives: Lives | None = None) -> Lineage:
        """The lineage that a session goes on with which comes by this secret.

        That is the secret's own, in the place of the session that was cut, and then the secret before ends. Where that
        session lives, or where this is the secret before, which somebody has replaced already, it is one of its own,
        and nobody's secret ends: it is another tab with a copy of the secret.

        Args:
            secret: What the client showed.
            admit: As with a token: what it raises leaves the secret as good as it was.
            lives: Asked about a session that is there still; None: it lives.

        Raises:
            TokenRefused: it is unknown, used or expired.
            StoreUnavailable: it cannot be looked up now.
        """
        ...

    async def look_up(self, secret: str) -> tuple[Grant, bool | None]:
        """The grant of a secret, which stays as good as it was, and whether a session of its lineage lives.

        That is None where it does not live here, and another host may have it.

        Raises:
            TokenRefused: it is unknown, used or expired.
            StoreUnavailable: it cannot be looked up now.
        """
        ...

    def enter(self, lineage: Lineage) -> None:
        """A session of this lineage lives: its secret does not run out."""
        ...

    def leave(self, lineage: Lineage) -> None:
        """The session ended; from now on its secret is good for the TTL."""
        ...

    def drop(self, lineage: Lineage) -> None:
        """End a lineage for good: its session was kicked, or its right ended."""
        ...

    async def end(self, server_id: str, which: Which = every) -> None:
        """End the lineages of a server whose grants are meant."""
        ...

    async def expire(self, server_id: str) -> None:
        """End now what ends with a token of this server, as `TokenStore.expire` ends the tokens."""
        ...
