"""Where a message may be cut, so that none ends inside a UTF-8 character (DESIGN 5.4).

Horizon's page and novaconsole decode each message alone (nova-contract section 4): a character cut in two reaches
their users as rubbish, or ends the client.
"""

from __future__ import annotations

UNFINISHED_WAIT = 0.1
"""Seconds for which an unfinished character is held (DESIGN 5.4)."""
LONGEST_UNFINISHED = 3
"""Bytes of one at most."""

_LENGTHS = ((0xC2, 0xDF, 2), (0xE0, 0xEF, 3), (0xF0, 0xF4, 4))
"""First byte's range and the length of its character (RFC 3629 section 4)."""

_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}
"""First bytes whose second byte is bounded more tightly than 80..BF (RFC 3629 section 4)."""


def unfinished(data: bytes) -> int:
    """How many bytes at the end of `data`, 0 to 3, are a valid UTF-8 character that needs more bytes.

    Bytes that no further byte could make valid are not held: they are no UTF-8, and go out as they came.
    """
    for held in range(1, min(LONGEST_UNFINISHED, len(data)) + 1):
        first = data[-held]
        if first & 0xC0 == 0x80:  # noqa: PLR2004 - RFC 3629 section 3; a continuation byte: its first byte is further left
            continue
        for low, high, length in _LENGTHS:
            if low <= first <= high:
                return held if held < length and _second_is_valid(first, data[-held:]) else 0
        return 0
    return 0


def _second_is_valid(first: int, tail: bytes) -> bool:
    if len(tail) == 1:
        return True
    low, high = _SECOND.get(first, (0x80, 0xBF))
    return low <= tail[1] <= high
