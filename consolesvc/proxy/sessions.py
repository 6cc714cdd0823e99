"""The attached viewers of all consoles, and the caps on them (DESIGN 5.2 `limits`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from consolesvc.config.model import Limits
from consolesvc.console.viewer import Viewer
from consolesvc.errors import LimitReached
from consolesvc.proxy import codes
from consolesvc.proxy.pulse import GHOST_AFTER, Pulse
from consolesvc.tokens.store import Grant, Lineage, Which, every


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One attached viewer.

    Attributes:
        lineage: What brings its client back, and what it came with is good for.
        viewer: Its place in the console's output; its id names the session.
        pulse: Whether its client lives.
    """

    lineage: Lineage
    viewer: Viewer
    pulse: Pulse = field(default_factory=Pulse)

    @property
    def grant(self) -> Grant:
        """What it came with is good for: the server, and whether it ends with its token."""
        return self.lineage.grant


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
        self._per_server[session.grant.server_id] += 1
        self._per_token[session.grant.token_id] += 1

    def remove(self, session: Session) -> None:
        """Count a session out."""
        self._sessions.discard(session)
        grant = session.grant
        for counter, key in ((self._per_server, grant.server_id), (self._per_token, grant.token_id)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]

    async def live(self, lineage: Lineage) -> bool:
        """Whether a session of this lineage shows a sign of life; all that do not are ended, and may come back."""
        asked = [session for session in self if session.lineage is lineage]
        alive = await asyncio.gather(*(session.pulse.answers(GHOST_AFTER) for session in asked))
        for session, lives in zip(asked, alive, strict=True):
            if not lives:
                session.viewer.end(codes.COME_BACK, "its client came back by another connection")
        return any(alive)

    def end_all(self, code: int, reason: str, which: Which = every) -> int:
        """End sessions; how many.

        Args:
            code: A close code of DESIGN 5.4.
            reason: As their clients are told.
            which: Says of their grants which are meant.
        """
        ended = [session for session in self if which(session.grant)]
        for session in ended:
            session.viewer.end(code, reason)
        return len(ended)


def _check(limit: str, value: int, count: int) -> None:
    if value and count >= value:
        raise LimitReached(limit, value)
