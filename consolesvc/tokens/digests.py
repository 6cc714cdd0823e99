"""Tokens' text and what is kept of it: uuid4, and its sha256 (DESIGN decision 6)."""

from __future__ import annotations

import hashlib
import os

TOKEN_ID_DIGITS = 12
"""Hex digits of a token's sha256 that name it in logs: enough to tell tokens apart, useless for guessing one."""


def new_token() -> str:
    """A fresh token, as uuid.uuid4 makes one, in a third of its time: minting is what scripts do in loops."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def digest_of(secret: str) -> bytes:
    """The sha256 of a token or a resume secret."""
    # surrogatepass: what comes from a query may hold any code points, and must be refused, not crash.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def token_id(token: str) -> str:
    """What a token is called where it must not stand itself, in logs and in the audit: as its grant has it."""
    return digest_of(token).hex()[:TOKEN_ID_DIGITS]
