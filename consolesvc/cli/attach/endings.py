"""How a session ends, in words and as an exit code: every close code, every refusal (DESIGN 5.1, 5.4). No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from consolesvc.cli.client import NOT_FOUND, REFUSED
from consolesvc.cli.table import escape
from consolesvc.errors import ClientError

DONE, FAILED, TIMED_OUT = 0, 1, 124
"""Exit codes of DESIGN 5.1; the others are `cli.client`'s."""
NORMAL = 1000
ABNORMAL = (None, 1005, 1006)
"""Close codes that stand for no close frame at all."""
AT_ONCE = 2.0
"""Seconds after which a connection was not closed at once."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A session's end, or a connection's.

    Attributes:
        code: The exit code, if this is all.
        words: Why, for a sentence that says what ended; "" where the user knows.
        again: Whether another connection is worth a try.
        fresh: Whether that takes a token of its own: this one and its secrets are good for nothing any more.
    """

    code: int
    words: str = ""
    again: bool = False
    fresh: bool = False


_CLOSES = {
    1000: Ending(DONE, "the service closed it"),
    1001: Ending(FAILED, "the service is stopping", again=True),
    1002: Ending(FAILED, "the service did not understand this client"),
    1003: Ending(FAILED, "the service takes no such frames"),
    1007: Ending(FAILED, "the service did not understand this client"),
    1008: Ending(REFUSED, "refused"),
    1009: Ending(FAILED, "a message was too long for the service"),
    1011: Ending(FAILED, "the service had an error", again=True),
    1012: Ending(FAILED, "the service starts again", again=True),
    1013: Ending(REFUSED, "a limit of the service is reached", again=True),
    1014: Ending(FAILED, "a proxy in between had an error", again=True),
    4000: Ending(REFUSED, "kicked"),
    4001: Ending(REFUSED, "the session has expired; get a fresh URL", again=True, fresh=True),
    4002: Ending(NOT_FOUND, "the server was removed"),
    4003: Ending(REFUSED, "the right to this console was withdrawn"),
    4008: Ending(FAILED, "bytes were lost"),
}
_BROKEN = Ending(FAILED, "the service went away", again=True)
_NOVA_REFUSED = Ending(
    REFUSED,
    "it was closed at once and without a word, as nova does with a token that is unknown or expired; get a fresh URL",
)

_REFUSALS = {
    401: (REFUSED, "the token is unknown, expired or used; get a fresh URL"),
    403: (REFUSED, "the service does not answer to this host name"),
    404: (NOT_FOUND, "the server is gone"),
    429: (REFUSED, "a limit of the service is reached"),
}
"""Exit codes and words for DESIGN 5.4's refusals, whose own words a websocket client never sees."""
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may be others after a while."""


def closed(code: int | None, reason: str, *, plain: bool = False, seconds: float | None = None) -> Ending:
    """What a close means.

    Args:
        code: The close code; None where the connection just broke.
        reason: The service's own words, which say more than ours.
        plain: Whether nothing but bytes was agreed on.
        seconds: How long after its beginning the connection was closed without having brought anything; None where
            it has brought something.
    """
    if code in ABNORMAL:
        return _NOVA_REFUSED if plain and seconds is not None and seconds < AT_ONCE else _BROKEN
    known = _CLOSES.get(code or 0, Ending(FAILED, f"close code {code}"))
    return Ending(known.code, escape(reason) or known.words, known.again, known.fresh)


def refused(where: str, status: int) -> ClientError:
    """The error for a handshake that was answered by HTTP.

    Args:
        where: Whose answer it is: scheme, host and port.
        status: Its status.
    """
    code, words = _REFUSALS.get(status, (FAILED, f"HTTP {status}: is it a console URL?"))
    return ClientError(f"refused by {where}: {words}", code, status=status, passing=status in _PASSING)
