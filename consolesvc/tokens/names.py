"""What a token is called where it must not stand itself: in logs, and in the audit."""

from __future__ import annotations

import hashlib

from consolesvc.tokens.memory import TOKEN_ID_DIGITS


def token_id(token: str) -> str:
    """A token's name, the one that its grant has."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:TOKEN_ID_DIGITS]
