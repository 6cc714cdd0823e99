"""`identity: {type: static}`: tokens that somebody made and wrote into a file, by their sha256."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from consolesvc.config.tokens_file import read_tokens
from consolesvc.identity.caller import Caller
from consolesvc.identity.faults import unauthenticated
from consolesvc.identity.seam import TOKEN_HEADER, Headers, Needs, digest
from consolesvc.identity.watched import Watched
from consolesvc.tokens.store import Minter


class StaticTokens:
    """Callers by their token's digest, read from a file (config.tokens_file) and again when it changes.

    Raises:
        ConfigurationError: the file is wrong.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._callers = Watched(path, _callers, clock=clock)

    def __repr__(self) -> str:
        return f"<StaticTokens {self._callers.path}>"

    @property
    def changes(self) -> int:
        """How often the file has changed."""
        return self._callers.changes

    async def caller(self, headers: Headers) -> Caller:
        """Whose token it is."""
        token = headers.get(TOKEN_HEADER)
        caller = self._callers.value.get(digest(token)) if token else None
        if caller is None:
            raise unauthenticated()
        return caller

    def auth_url(self, root: str) -> str:
        """There is no Keystone to name; the service itself knows the tokens."""
        return root

    def lost(self, minter: Minter, needs: Needs) -> bool:
        """Whether the token is in the file no more, or has not the role or the project for it."""
        caller = self._callers.value.get(bytes.fromhex(minter.credential))
        return caller is None or not needs(caller)

    async def close(self) -> None:
        """Nothing to let go of."""


def _callers(path: Path) -> Mapping[bytes, Caller]:
    return {
        token.sha256: Caller(token.user, token.project_id, token.roles, credential=token.sha256.hex())
        for token in read_tokens(path)
    }
