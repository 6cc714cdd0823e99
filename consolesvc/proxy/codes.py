"""The websocket close codes of DESIGN 5.4."""

from __future__ import annotations

from consolesvc.console import viewer
from consolesvc.tokens.store import Grant

FOR_GOOD, KICKED = viewer.FOR_GOOD, viewer.KICKED
STOPPING = 1001
NOT_CONSISTENT = 1007
POLICY = 1008
TRY_LATER = 1013
EXPIRED = 4001
REMOVED = 4002
WITHDRAWN = 4003
BYTES_LOST = 4008
COME_BACK = 1012

SESSION_EXPIRED, LINK_EXPIRED = "session expired", "share link expired"
"""Reasons of EXPIRED."""

REASON_BYTES = 123
"""What a close frame has room for (RFC 6455 section 5.5)."""


def reason(text: str) -> bytes:
    """`text` as a close frame's reason: UTF-8, cut at a character where it is too long."""
    return text.encode()[:REASON_BYTES].decode(errors="ignore").encode()


def refusal(status: int) -> int:
    """The close code that says what an HTTP status would have said."""
    return TRY_LATER if status in (429, 503) else POLICY


def expired(grant: Grant) -> str:
    """The reason of EXPIRED for who came with this."""
    return LINK_EXPIRED if grant.ends else SESSION_EXPIRED
