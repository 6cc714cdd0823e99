"""The tokens that the builtin Keystone gave out, kept only as sha256."""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from consolesvc.config.passwords import PasswordHash
from consolesvc.identity.seam import digest

TTL = 3600.0
"""Seconds that a token is good for."""
MOST = 20_000
"""Tokens kept at once; of more, those that expire first go. A client with a password gets another."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a token stands for. Times are seconds since 1970.

    Attributes:
        user: The user's name.
        password_hash: The user's, at the time: with another one, the token is no longer good.
        project: The project's name; None for a token without scope.
        methods: How the user proved who they are.
        audit_ids: The token's public name, then that of the one it was made from.
    """

    user: str
    password_hash: PasswordHash
    project: str | None
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: float
    expires_at: float


class IssuedTokens:
    """Tokens by their digest, until they expire or are revoked.

    Args:
        clock: Seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[bytes, Issued] = {}
        self._expiries: list[tuple[float, bytes]] = []

    def __repr__(self) -> str:
        return f"<IssuedTokens {len(self._issued)}>"

    def __len__(self) -> int:
        return len(self._issued)

    def issue(self, user: str, password_hash: PasswordHash, project: str | None) -> tuple[str, Issued]:
        """A token for somebody who showed their password."""
        now = self._clock()
        issued = Issued(user, password_hash, project, ("password",), (_audit_id(),), now, now + TTL)
        return self._keep(issued), issued

    def issue_from(self, parent: Issued, project: str | None) -> tuple[str, Issued]:
        """A token for somebody who showed another one; it is good for no longer than that one."""
        issued = replace(
            parent,
            project=project,
            methods=tuple(dict.fromkeys(("token", *parent.methods))),
            audit_ids=(_audit_id(), parent.audit_ids[-1]),
            issued_at=self._clock(),
        )
        return self._keep(issued), issued

    def find(self, token: str) -> Issued | None:
        """What a token stands for; None where it is none, or no longer."""
        issued = self._issued.get(digest(token))
        return issued if issued is not None and self._clock() < issued.expires_at else None

    def revoke(self, token: str) -> None:
        """Forget a token."""
        self._issued.pop(digest(token), None)

    def _keep(self, issued: Issued) -> str:
        now = self._clock()
        while self._expiries and (self._expiries[0][0] <= now or len(self._expiries) >= MOST):
            self._issued.pop(heapq.heappop(self._expiries)[1], None)
        token = secrets.token_urlsafe(32)
        self._issued[digest(token)] = issued
        heapq.heappush(self._expiries, (issued.expires_at, digest(token)))
        return token


def _audit_id() -> str:
    return secrets.token_urlsafe(16)
