"""What lets clients in, ended together: tokens, the secrets that bring them back, and the sessions they have."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from consolesvc.console.viewer import Viewer
from consolesvc.errors import ServerNotFound, StoreUnavailable, TokenRefused
from consolesvc.identity.caller import Caller
from consolesvc.identity.seam import Identity
from consolesvc.inventory import Inventory
from consolesvc.proxy import codes
from consolesvc.proxy.sessions import Sessions
from consolesvc.tokens.store import Grant, ResumeStore, TokenStore, is_link

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at whether somebody has lost a right."""


@dataclass(slots=True, eq=False)
class Rights:
    """The rights to all servers' consoles.

    Attributes:
        identity: Says who has lost theirs.
        enforce: Whether every session ends with its token, and not only a share link's; replaced by a reload.
    """

    inventory: Inventory
    identity: Identity
    tokens: TokenStore
    resumes: ResumeStore
    sessions: Sessions
    enforce: bool
    _watch: asyncio.Task[None] | None = field(default=None, init=False)

    def lost(self, grant: Grant) -> bool:
        """Whether who minted it has no right to as much any more: to type, or to look, at this server's console."""
        if grant.minter is None:
            return False
        try:
            project_id = self.inventory.get(grant.server_id).project_id
        except ServerNotFound:
            return False

        def needs(caller: Caller) -> bool:
            return caller.sees(project_id) and (caller.may_type or not grant.may_type)

        return self.identity.lost(grant.minter, needs)

    def check(self, grant: Grant) -> None:
        """Raise TokenRefused where the right to a token or to a secret has been lost."""
        if self.lost(grant):
            raise TokenRefused("withdrawn")

    async def remove(self, server_id: str, reason: str) -> None:
        """End all of a server that is gone, with the reason."""
        await self.tokens.end(server_id)
        await self.resumes.end(server_id)
        self.sessions.end_all(codes.REMOVED, reason, lambda grant: grant.server_id == server_id)

    async def move(self, server_id: str) -> None:
        """End all of a server that belongs to another project now; who may, gets new tokens."""
        await self.tokens.end(server_id)
        await self.resumes.end(server_id)
        self.sessions.end_all(
            codes.WITHDRAWN, "server moved to another project", lambda grant: grant.server_id == server_id
        )

    async def expire(self, server_id: str) -> int:
        """End the time of a server's tokens now, and of the sessions that end with them; how many tokens."""

        def meant(grant: Grant) -> bool:
            return grant.server_id == server_id

        self.sessions.end_all(codes.EXPIRED, codes.LINK_EXPIRED, lambda grant: meant(grant) and grant.ends)
        if self.enforce:
            self.sessions.end_all(codes.EXPIRED, codes.SESSION_EXPIRED, meant)
        await self.resumes.expire(server_id)
        return await self.tokens.expire(server_id)

    async def withdraw_links(self, server_id: str) -> int:
        """End a server's share links, with their sessions; how many were good still."""
        await self.resumes.end(server_id, is_link)
        reason = "share link withdrawn"
        self.sessions.end_all(codes.WITHDRAWN, reason, lambda grant: grant.ends and grant.server_id == server_id)
        return await self.tokens.end(server_id, is_link)

    async def kick(self, viewer: Viewer, reason: str) -> bool:
        """Send a viewer away, with the reason, and keep it away; whether its token is known to have ended.

        With the session end its secret, its token, and the secrets of what else came by that. A share link is good
        still: it is many people's (`withdraw_links` ends it).
        """
        grant = next((session.grant for session in self.sessions if session.viewer is viewer), None)
        viewer.end(codes.KICKED, reason)
        if grant is None or grant.ends:
            return False

        def meant(other: Grant) -> bool:
            return other.token_id == grant.token_id

        try:
            await self.resumes.end(grant.server_id, meant)
            await self.tokens.end(grant.server_id, meant)
        except StoreUnavailable:
            return False
        return True

    async def recheck(self) -> int:
        """End what those have who have lost their right: sessions, tokens and secrets; how many sessions.

        Raises:
            StoreUnavailable: tokens and secrets are there still, and are refused when they are shown.
        """
        ended = self.sessions.end_all(codes.WITHDRAWN, "right withdrawn", self.lost)
        if ended:
            log.info("%d session%s ended: the right was withdrawn", ended, "s" * (ended != 1))
        for server in self.inventory:
            await self.resumes.end(server.id, self.lost)
            await self.tokens.end(server.id, self.lost)
        return ended

    def watch(self) -> None:
        """Begin to look whether somebody has lost a right."""
        self._watch = asyncio.get_running_loop().create_task(self._look(), name="rights")

    async def close(self) -> None:
        """Look no more. Idempotent."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None

    async def _look(self) -> None:
        seen = self.identity.changes
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = self.identity.changes
            if now == seen:
                continue
            try:
                await self.recheck()
            except StoreUnavailable:
                continue  # once more, then
            seen = now
