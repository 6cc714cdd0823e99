"""What another consolesvc says over `consolesvc.v1`, and what we say to it (proxy/PROTOCOL.md). No I/O.

`Remote.heard` takes a message and gives what it means for a line here: bytes, a gap, the machine's line lost or open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

PROTOCOL: Final = "consolesvc.v1"


@dataclass(frozen=True, slots=True)
class Hello:
    """The session has begun.

    Attributes:
        stream: Names the numbering of the console's bytes there.
        offset: Of the first byte that will come.
        open: Whether the machine's line is open there.
        why: Why it is not.
        may_type: Whether we may type there.
        resume: The secret that brings us back; "" for none.
    """

    stream: str
    offset: int
    open: bool
    why: str
    may_type: bool
    resume: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The next byte is at `end`: those before it cannot be had."""

    end: int


@dataclass(frozen=True, slots=True)
class LineState:
    """The machine's line there is open, or is not, and why."""

    open: bool
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What we typed was not taken; a sentence says why."""

    text: str


Word = Hello | Gap | LineState | Refused


class Misspoken(Exception):
    """It is not what `consolesvc.v1` has; perhaps another version's."""


def heard(text: str) -> Word | None:
    """What a TEXT message means; None for what is nobody's business here, and for what a later version may say.

    Raises:
        Misspoken: it is no message of this protocol, or lacks what its type has.
    """
    try:
        message = json.loads(text)
        kind = message["type"]
        if kind == "hello":
            return _hello(message)
        if kind == "gap":
            return Gap(_number(message["to"]))
        if kind == "line":
            return LineState(message["state"] == "connected", str(message["why"]))
        if kind == "input" and message.get("refused") and message.get("text"):
            return Refused(str(message["text"]))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Misspoken(f"{type(error).__name__}: {error}") from None
    return None


def greeting(text: str) -> Hello:
    """The first message, which is a hello; raises Misspoken."""
    word = heard(text)
    if not isinstance(word, Hello):
        raise Misspoken("no hello comes first")
    return word


def _hello(message: dict[str, Any]) -> Hello:
    line = message["line"]
    return Hello(
        str(message["stream"]),
        _number(message["offset"]),
        line["state"] == "connected",
        str(line["why"]),
        message["may_type"] is True,
        str(message.get("resume") or ""),
    )


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no offset")
    return value


def break_message(seconds: float) -> str:
    """The wish for a break; what is longer than a service takes is cut to that."""
    return json.dumps({"type": "break", "ms": min(5000, max(1, round(seconds * 1000)))})


AHEAD: Final = 16 * 1024 * 1024
"""Numbers left out where a console there begins anew: more than anybody can have been told of bytes that are gone."""


class Numbering:
    """How the bytes of a console here are counted, beside those of the console that they come from.

    Where the two streams are one, so are the numbers: whoever comes here from there, or goes there from here, goes on
    at its byte. Should the other one begin anew, ours goes on above all that it has counted: no number means two bytes.

    Args:
        stream: Ours.

    Attributes:
        theirs: The stream there.
        ahead: By how much our numbers are above theirs.
    """

    def __init__(self, stream: str) -> None:
        self.theirs = stream
        self.ahead = 0

    def wish(self, end: int) -> dict[str, str]:
        """The query parameters that have it go on at our `end`."""
        return {"since": str(max(0, end - self.ahead)), "stream": self.theirs}

    def greeted(self, hello: Hello, end: int) -> int:
        """The number here of the first byte that will come, where we have all before `end`."""
        if hello.stream != self.theirs:
            self.theirs, self.ahead = hello.stream, end + AHEAD - hello.offset
        return hello.offset + self.ahead
