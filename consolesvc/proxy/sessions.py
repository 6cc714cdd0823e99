"""The attached viewers of all consoles, and the caps on them (DESIGN 5.2 `limits`)."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from consolesvc.config.model import Limits
from consolesvc.console.viewer import Viewer
from consolesvc.errors import LimitReached


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One attached viewer.

    Attributes:
        id: Names it in `who` and `kick`.
        server_id: The server it looks at.
        token_id: The token it came with, as the store names it.
        viewer: Its place in the console's output.
    """

    server_id: str
    token_id: str
    viewer: Viewer
    id: str = field(default_factory=lambda: secrets.token_hex(4))


class Sessions:
    """All sessions, counted by console and by token.

    Args:
        limits: The caps; 0 is none. Replaced by a reload: `sessions.limits = …`; nobody is cut by a lower cap.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._sessions: set[Session] = set()
        self._per_token: Counter[str] = Counter()
        self._per_server: Counter[str] = Counter()
        self._handshakes = 0

    def __repr__(self) -> str:
        return f"<Sessions {len(self)}>"

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions))

    @contextlib.contextmanager
    def handshake(self) -> Iterator[None]:
        """A handshake under way; raises LimitReached."""
        _check("handshakes", self.limits.handshakes, self._handshakes)
        self._handshakes += 1
        try:
            yield
        finally:
            self._handshakes -= 1

    def admit(self, server_id: str, token_id: str) -> None:
        """Whether one more session may begin; raises LimitReached."""
        _check("sessions", self.limits.sessions, len(self))
        _check("sessions_per_console", self.limits.sessions_per_console, self._per_server[server_id])
        _check("sessions_per_token", self.limits.sessions_per_token, self._per_token[token_id])

    def add(self, session: Session) -> None:
        """Count a session in."""
        self._sessions.add(session)
        self._per_server[session.server_id] += 1
        self._per_token[session.token_id] += 1

    def remove(self, session: Session) -> None:
        """Count a session out."""
        self._sessions.discard(session)
        for counter, key in ((self._per_server, session.server_id), (self._per_token, session.token_id)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]

    def end_all(self, code: int, reason: str, *, server_id: str | None = None) -> int:
        """End every session, or every session of one server; how many."""
        ended = [session for session in self if server_id in (None, session.server_id)]
        for session in ended:
            session.viewer.end(code, reason)
        return len(ended)


def _check(limit: str, value: int, count: int) -> None:
    if value and count >= value:
        raise LimitReached(limit, value)
