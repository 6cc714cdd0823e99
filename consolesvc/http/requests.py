"""What names a request in answers and logs: its id, and a path that is safe to print (nova-contract 1.6)."""

from __future__ import annotations

import codecs
import os
import re
from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request being answered, set by the access middleware; for anyone who logs on its behalf."""

# Loaded now: a codec is a file, and a process without a descriptor left must still answer.
codecs.lookup("unicode_escape")

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_GLOBAL_ID = re.compile(f"req-{_UUID}")
_SECRET = re.compile(r"(token(?:=|%3d)|resume(?:=|%3d)|os-console-auth-tokens/)[^/&;?]+", re.IGNORECASE)
_MAX_PATH = 200


def new_request_id() -> str:
    """A fresh id, `req-<uuid4>`."""
    # Written out: it takes a third of the time of uuid.uuid4, and every request pays it.
    digits = os.urandom(16).hex()
    return f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def global_id(header: str | None) -> str | None:
    """The caller's own id from `X-OpenStack-Request-ID`; None where it is absent or is no `req-<uuid>`."""
    return header if header is not None and _GLOBAL_ID.fullmatch(header) else None


def loggable(raw_path: str) -> str:
    """A path as it may stand in a log: no secret, no control character, one line, of bearable length.

    Secrets belong into queries, which are never logged; but a client may put one where it does not belong, and
    Compute's token look-up has it in the path.
    """
    path = raw_path
    if "token" in path.lower() or "resume" in path.lower():
        path = _SECRET.sub(r"\1***", path)
    path = path if len(path) <= _MAX_PATH else f"{path[:_MAX_PATH]}..."
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain else path.encode("unicode_escape").decode("ascii")
