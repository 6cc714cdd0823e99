"""What lets clients in, ended together: tokens, the secrets that bring them back, and the sessions they have."""

from __future__ import annotations

from dataclasses import dataclass

from consolesvc.proxy import codes
from consolesvc.proxy.sessions import Sessions
from consolesvc.tokens.stores import Stores


@dataclass(slots=True, eq=False)
class Rights:
    """The rights to all servers' consoles.

    Attributes:
        enforce: Whether every session ends with its token, and not only a share link's; replaced by a reload.
    """

    stores: Stores
    sessions: Sessions
    enforce: bool

    async def remove(self, server_id: str, reason: str) -> None:
        """End all of a server that is gone from the inventory, with the reason."""
        await self._end(server_id, codes.REMOVED, reason)

    async def move(self, server_id: str) -> None:
        """End all of a server that belongs to another project now; who may, gets new tokens."""
        await self._end(server_id, codes.WITHDRAWN, "server moved to another project")

    async def expire(self, server_id: str) -> int:
        """End the time of a server's tokens now, and of the sessions that end with them; how many tokens."""
        self.sessions.end_all(codes.EXPIRED, codes.LINK_EXPIRED, server_id=server_id, linked=True)
        if self.enforce:
            self.sessions.end_all(codes.EXPIRED, codes.SESSION_EXPIRED, server_id=server_id)
        await self.stores.resumes.expire(server_id)
        return await self.stores.tokens.expire(server_id)

    async def withdraw_links(self, server_id: str) -> int:
        """End a server's share links, with their sessions; how many were good still."""
        await self.stores.resumes.end(server_id, linked=True)
        self.sessions.end_all(codes.WITHDRAWN, "share link withdrawn", server_id=server_id, linked=True)
        return await self.stores.tokens.end(server_id, linked=True)

    async def _end(self, server_id: str, code: int, reason: str) -> None:
        # Sessions before all: a store of other processes may take its time, and they must not outlive the right.
        self.sessions.end_all(code, reason, server_id=server_id)
        await self.stores.end(server_id)
        # And whoever was on their way in.
        self.sessions.end_all(code, reason, server_id=server_id)
