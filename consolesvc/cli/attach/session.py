"""A session with a console, over all its connections: messages in, what to show and say out. No I/O.

`opened` begins a connection, `heard` takes what comes by it, `wish` turns a key of the user's into what is sent and
said. With `consolesvc.v1` (DESIGN 5.4) everything is told apart from the bytes. With another service, nova's or one
behind a relay that knows no subprotocol, there are only bytes, and each wish that needs more says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consolesvc.cli.attach.keys import Do
from consolesvc.cli.attach.people import EXCLUSIVE, SHARED, People
from consolesvc.cli.attach.position import Position
from consolesvc.cli.table import escape

V1, BINARY = "consolesvc.v1", "binary"
BREAK_MS = 250
SHOWN_EVENTS = ("attach", "break", "mark", "marks", "reset-loop")
"""Events whose text is shown: what happens beside the bytes. A boot or a panic is on the screen already."""


@dataclass(frozen=True, slots=True)
class Show:
    """Output.

    Attributes:
        data: The bytes.
        history: How many of them, from the first on, were said before this connection.
    """

    data: bytes
    history: int = 0


@dataclass(frozen=True, slots=True)
class Tell:
    """Something to say to the user.

    Attributes:
        text: A sentence, on one line.
        loss: Whether bytes are missing, of output or of input: that is said to those, too, who want quiet.
    """

    text: str
    loss: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A connection is there and may be used."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Keys that a sentence may name; "" for none.

    Attributes:
        ask: Those that ask for the input.
        grant: Those that grant it to who asks.
        deny: Those that do not.
    """

    ask: str = ""
    grant: str = ""
    deny: str = ""


class Misspoken(Exception):
    """What came is not the protocol that was agreed on; its text says what."""


Heard = Show | Tell | Begun
NO_HINTS = Hints()


class Session:
    """See the module.

    Args:
        name: What the console is called, until a hello says better.
        view: Whether this terminal is only to look, from the beginning to the end.
        hints: The keys that there are.

    Attributes:
        hints: See above.
        position: Where it stands in the output.
        people: Who else is here.
        v1: Whether the connection speaks consolesvc.v1.
        resume: The secret that brings it back; "" for none.
        line: State of the machine's line, and why it is not open: `("waiting", "device unplugged")`.
        viewing: Whether what is typed stays here.
        refused: Typed bytes that the service has refused, over all connections, as far as it has told.
        refusal: Why it did so last; "" where it has not.
        shut_out: Whether it did so for somebody's right to type, and not for a line that is not open.
    """

    def __init__(self, name: str, *, view: bool = False, hints: Hints = NO_HINTS) -> None:
        self.hints = hints
        self.name = name
        self.position = Position()
        self.people = People()
        self.v1 = False
        self.resume = ""
        self.line = ("", "")
        self.viewing = view
        self.refused = 0
        self.refusal = ""
        self.shut_out = False
        self._refused_before = 0
        self._view = view
        self._greeted = False

    def __repr__(self) -> str:
        return f"<Session with {self.name} at {self.position.offset}>"

    @property
    def may_be_asleep(self) -> bool:
        """Whether a machine that says nothing may wait for somebody to press Enter here."""
        return not self.viewing and self.people.allowed and self.line[0] in ("", "connected")

    def opened(self, protocol: str | None) -> Iterator[Heard]:
        """A connection is there; it begins at once where it is plain, and with its hello where it is not."""
        self.v1 = protocol == V1
        self._greeted = not self.v1
        if self._greeted:
            self.resume = ""
            self.position.forget()
            yield Begun()

    def heard(self, message: bytes | str) -> Iterator[Heard]:
        """Take a message. Raises Misspoken."""
        if not self._greeted:
            yield from self._hello(message)
        elif isinstance(message, str) and self.v1:
            yield from self._told(_object(message))
        else:
            data = message.encode() if isinstance(message, str) else message
            yield Show(data, self.position.take(len(data)))

    def _hello(self, message: bytes | str) -> Iterator[Heard]:
        said = _object(message) if isinstance(message, str) else {}
        if said.get("type") != "hello":
            raise Misspoken("expected a hello first")
        stream, replay = said.get("stream"), said.get("replay")
        offset, oldest = _number(said, "offset"), _number(said, "start")
        if not isinstance(stream, str) or not stream:
            raise Misspoken("its hello names no stream")
        history = replay[1] if isinstance(replay, list) and len(replay) == 2 else offset  # noqa: PLR2004 - a range
        if not isinstance(history, int):
            raise Misspoken("its hello has no numbers for replay")
        missing = self.position.hello(stream, offset, oldest, history)
        self._greeted = True
        self.resume = _line(said.get("resume"))
        self.name = _line(said.get("name")) or self.name
        self._set_line(said.get("line"))
        self.people.hello(said)
        self._refused_before = self.refused  # each session counts its own
        yield Begun()
        if missing:
            yield _missing(*missing)

    def _told(self, said: dict[str, Any]) -> Iterator[Heard]:
        kind, text = said.get("type"), _line(said.get("text"))
        if kind == "gap":
            begin, end = _number(said, "from"), _number(said, "to")
            yield _missing(begin, end, self.position.gap(begin, end))
        elif kind == "line":
            self._set_line(said)
            yield Tell(text or f"{self.name} line is {self.line[0]}: {self.line[1]}")
        elif kind == "viewers":
            self.people.came(said.get("viewers"))
        elif kind == "input":
            yield from self._input(said, text)
        elif kind == "event" and said.get("event") in SHOWN_EVENTS and text:
            yield Tell(text)

    def _input(self, said: dict[str, Any], text: str) -> Iterator[Heard]:
        refused = said.get("refused")
        total = self._refused_before + refused if isinstance(refused, int) else 0
        more = total > self.refused
        if more:
            self.refused, self.refusal = total, text.partition("): ")[2] or text or "no reason is given"
            self.shut_out = self.shut_out or said.get("refused_by") != "line"
        asking = self.people.input(said)
        if text:
            yield Tell(text, loss=more)
        if asking:
            names = " and ".join(self.people.name(each) for each in asking)
            how = f": {self.hints.grant} grants it, {self.hints.deny} does not" if self.hints.grant else ""
            yield Tell(_line(f"{names} {'ask' if len(asking) > 1 else 'asks'} for the input{how}"))

    def _set_line(self, line: object) -> None:
        if isinstance(line, dict):
            self.line = (_line(line.get("state")), _line(line.get("why")))

    def wish(self, do: Do) -> Iterator[str | Tell]:
        """What a key comes to: messages to send, as text, and what to say about it."""
        if do is Do.VIEW:
            self.viewing = True
            if self.v1:
                yield _message(type="release")
            yield self.not_sent()
        elif self._view:
            yield self.not_sent()
        elif do is Do.REQUEST:
            yield from self._request()
        elif not self.v1:
            yield Tell(f"{_NEEDS_V1[do]} needs consolesvc.v1, and this connection is plain")
        elif do is Do.BREAK:
            yield from self._break()
        elif do is Do.TAKE:
            yield from self._want("take")
        else:
            yield from self._answered(do)

    def not_sent(self) -> Tell:
        """What somebody is told who types and only looks."""
        if self._view:
            return Tell("nothing is sent: this terminal only looks (--view)")
        return Tell("view only: what you type stays here" + f"; {self.hints.ask} types again" * bool(self.hints.ask))

    def _request(self) -> Iterator[str | Tell]:
        was, self.viewing = self.viewing, False
        if was:
            yield Tell("what you type is sent again")
        if self.v1 and self.people.mode not in ("", SHARED):
            yield from self._want("request")
        elif not was:
            yield Tell("what you type is sent; nobody has to be asked here")

    def _want(self, how: str) -> Iterator[str | Tell]:
        people = self.people
        self.viewing = False
        if people.mode in ("", SHARED):
            yield Tell("nobody holds the input here: everybody may type")
        elif people.holds:
            yield Tell("you hold the input")
        elif how == "take" and people.mode == EXCLUSIVE and people.holder is not None:
            yield Tell(_line(f"{people.name(people.holder)} holds the input until they let go of it (exclusive)"))
        else:
            yield _message(type=how)  # a free input is held by either, and who holds it may be news on its way

    def _break(self) -> Iterator[str | Tell]:
        if self.viewing:
            yield Tell("no break: view only")
        else:
            yield _message(type="break", ms=BREAK_MS)

    def _answered(self, do: Do) -> Iterator[str | Tell]:
        if not self.people.requests:
            yield Tell("nobody asks for the input")
            return
        yield _message(type="grant" if do is Do.GRANT else "deny", session=self.people.requests[0])


_NEEDS_V1 = {
    Do.BREAK: "a break",
    Do.TAKE: "taking the input",
    Do.GRANT: "granting the input",
    Do.DENY: "denying the input",
}


def _missing(begin: int, end: int, count: int | None = None) -> Tell:
    if end < begin:  # another stream: its numbers begin anew
        return Tell(
            f"this is another stream; what was said from byte {begin} on of the one before is missing", loss=True
        )
    size = end - begin if count is None else count
    return Tell(f"bytes {begin}..{end} are missing here ({size} byte{'s' * (size != 1)})", loss=True)


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Misspoken("its TEXT is no JSON object")
    return said


def _number(said: dict[str, Any], key: str) -> int:
    value = said.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misspoken(f"its {said.get('type')} has no number for {key}")
    return value


def _line(value: object) -> str:
    """Text of the service's as one line that moves no cursor; "" for what is no text."""
    return escape(value) if isinstance(value, str) else ""


def _message(**members: object) -> str:
    return json.dumps(members, separators=(",", ":"))
