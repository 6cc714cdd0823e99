"""`identity: {type: none}`: every caller is admin, whatever headers come (DESIGN 5.3)."""

from __future__ import annotations

from consolesvc.identity.caller import NOBODY_ASKED, Caller
from consolesvc.identity.seam import Headers, Needs
from consolesvc.tokens.store import Minter


class NoIdentity:
    """Asks nobody. Clients send `X-Auth-Token: notused` here, or any text (nova-contract 4)."""

    changes = 0

    async def caller(self, _headers: Headers) -> Caller:
        """The admin."""
        return NOBODY_ASKED

    def auth_url(self, root: str) -> str:
        """Never asked for: there is no 401."""
        return root

    def lost(self, _minter: Minter, _needs: Needs) -> bool:
        """Nobody's right is lost: everybody has every right."""
        return False

    async def close(self) -> None:
        """Nothing to let go of."""
