"""The caller of a request, and what a role allows (nova's defaults, nova-contract 1.5)."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from consolesvc.tokens.store import Minter


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in.

    Attributes:
        user_id: Names the user in servers that they make, and in logs.
        project_id: 32 hex digits without dashes; "" for a caller without a project, who sees nothing unless admin.
        roles: Role names in lower case.
        user_name: What people call the user; "" where that is the id. No right depends on it.
        credential: Digest, in hex, of what they proved themselves with, by which identity finds them again
            (Identity.lost); "" where nobody asked; None for who needs no right of identity's, at the local socket.
    """

    user_id: str
    project_id: str
    roles: frozenset[str]
    user_name: str = field(default="", compare=False)
    credential: str | None = field(default="", compare=False, repr=False)

    @property
    def known_as(self) -> str:
        """What others at a console are told of the user."""
        return self.user_name or self.user_id

    @property
    def minter(self) -> Minter | None:
        """As the tokens know them that they mint."""
        return None if self.credential is None else Minter(self.user_id, self.project_id, self.credential)

    @property
    def is_admin(self) -> bool:
        """May do everything, to every project's servers."""
        return "admin" in self.roles

    @property
    def may_type(self) -> bool:
        """May have a console URL of its project's servers, and change them."""
        return self.is_admin or "member" in self.roles

    @property
    def may_read(self) -> bool:
        """May look at its project's servers and their output."""
        return self.may_type or "reader" in self.roles

    def sees(self, project_id: str) -> bool:
        """Whether servers of this project exist for the caller at all."""
        return self.is_admin or (self.may_read and project_id == self.project_id)


NOBODY_ASKED = Caller("admin", "", frozenset({"admin"}))
"""The caller under identity none: admin, whatever headers come (DESIGN 5.3)."""

ANONYMOUS = Caller("", "", frozenset())
"""The caller where none was asked for, such as a version document's: sees nothing, may do nothing."""

CALLER: ContextVar[Caller] = ContextVar("caller", default=NOBODY_ASKED)
"""The caller of the request being answered, set by the middleware of the identity that is configured."""
