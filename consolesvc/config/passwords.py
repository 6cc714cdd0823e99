"""Password hashes: `scrypt:N:R:P:SALT:HASH`, the text that `consolesvc hash-password` prints.

N is scrypt's cost as a power of two, R its block size, P its parallelism, all decimal; SALT and HASH are lower-case
hex. It has no character that YAML or a shell would take for something else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_HASH = re.compile(
    r"scrypt:(?P<cost>[1-9][0-9]?):(?P<block>[1-9][0-9]?):(?P<parallel>[1-9][0-9]?)"
    r":(?P<salt>(?:[0-9a-f]{2}){16,64}):(?P<hash>(?:[0-9a-f]{2}){32,64})"
)
_MOST_COST, _MOST_BLOCK, _MOST_PARALLEL = 20, 32, 16
_MOST_MEMORY = 128 * 1024**2
_OVERHEAD = 1024**2
_SALT_BYTES, _HASH_BYTES = 16, 32

COST, BLOCK, PARALLEL = 14, 8, 5
"""What new hashes take: 16 MiB and a quarter of a second, as OWASP's list of 2024 advises."""
LONGEST_PASSWORD = 1024
"""Characters: more is refused before anything is computed of it."""


@dataclass(frozen=True, slots=True, repr=False)
class PasswordHash:
    """A password's hash. Its repr is silent: hashes are guessed at, given time.

    Attributes:
        cost: log2 of scrypt's n; it takes 128 * 2**cost * block bytes of memory.
    """

    cost: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    def __repr__(self) -> str:
        return "<PasswordHash>"

    def __str__(self) -> str:
        return f"scrypt:{self.cost}:{self.block}:{self.parallel}:{self.salt.hex()}:{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> PasswordHash:
        """Read what `hash_password` made; raises ValueError, without the text in it."""
        match = _HASH.fullmatch(text)
        if match is None:
            raise ValueError("no password hash")
        cost, block, parallel = int(match["cost"]), int(match["block"]), int(match["parallel"])
        if cost > _MOST_COST or block > _MOST_BLOCK or parallel > _MOST_PARALLEL or _memory(cost, block) > _MOST_MEMORY:
            raise ValueError("a password hash that would take too much memory or time to check")
        return cls(cost, block, parallel, bytes.fromhex(match["salt"]), bytes.fromhex(match["hash"]))

    def matches(self, password: str) -> bool:
        """Whether it is this password's. Takes a core for a quarter of a second: call it in a thread."""
        digest = _scrypt(password, self.salt, self.cost, self.block, self.parallel, len(self.digest))
        return hmac.compare_digest(digest, self.digest)


def hash_password(password: str, *, cost: int = COST, block: int = BLOCK, parallel: int = PARALLEL) -> PasswordHash:
    """Hash a password with a fresh salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return PasswordHash(cost, block, parallel, salt, _scrypt(password, salt, cost, block, parallel, _HASH_BYTES))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int, length: int) -> bytes:
    memory = _memory(cost, block) + 128 * block * parallel + _OVERHEAD
    # A lone surrogate, which JSON can carry, is no character of any password; it must not match, and not crash.
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=1 << cost, r=block, p=parallel, maxmem=memory, dklen=length)


def _memory(cost: int, block: int) -> int:
    return 128 * block << cost
