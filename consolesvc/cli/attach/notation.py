"""Keys as people write them, `^Ec` for control and E, then c: as `cat -v` and conserver have it. No I/O."""

from __future__ import annotations

SPACE, DELETE, BIT = 0x20, 0x7F, 0x40
"""ASCII: below SPACE stand the control characters, each BIT below its letter; DELETE is `^?`."""


def caret(keys: bytes) -> str:
    r"""Keys as people write them: `^Ec`, `^]`, `~`; a byte above 127 as `\xff`."""
    return "".join(_caret(byte) for byte in keys)


def _caret(byte: int) -> str:
    if byte < SPACE or byte == DELETE:
        return f"^{chr(byte ^ BIT)}"
    return chr(byte) if byte < DELETE else f"\\x{byte:02x}"


def parse_keys(text: str) -> bytes:
    r"""Keys as people write them, `^E` for control and E: the bytes; raises ValueError for what is no key."""
    found, at = bytearray(), 0
    while at < len(text):
        control = text[at] == "^" and at + 1 < len(text)
        code = ord(text[at + 1].upper()) ^ BIT if control else ord(text[at])
        if code > DELETE or (control and SPACE <= code < DELETE):
            raise ValueError(f"{text!r} has a key that is neither ASCII nor ^ and a letter")
        found.append(code)
        at += 1 + control
    return bytes(found)
