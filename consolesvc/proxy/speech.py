"""The two ways to speak over the websocket (DESIGN 5.4): raw bytes, and `consolesvc.v1`. Items in, messages out.

A message is bytes for a BINARY frame or text for a TEXT frame.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from consolesvc.console.breaks import DEFAULT_MS, LONGEST_MS
from consolesvc.console.events import Event, Gap, printable
from consolesvc.console.queries import QueryFilter
from consolesvc.console.sharing import Verb
from consolesvc.console.viewer import Chunk, End, Viewer
from consolesvc.proxy import codes

V1 = "consolesvc.v1"
RAW = "binary"

Message = bytes | str


class Break(NamedTuple):
    """A wish for a break of so many seconds."""

    seconds: float


class Ask(NamedTuple):
    """A wish about who types; `session` is whom `grant` and `deny` are about."""

    verb: Verb
    session: str = ""


Heard = bytes | Break | Ask
"""What a client's TEXT comes to: input, or a wish."""


class Speech(Protocol):
    """One way to speak.

    Attributes:
        plain: Whether output is, from now on, BINARY messages of the very bytes.
    """

    @property
    def plain(self) -> bool:
        """See above."""
        ...

    def hello(self) -> Iterator[Message]:
        """What is said before all else."""
        ...

    def say(self, item: Chunk | Event | Gap) -> Iterator[Message | End]:
        """An item as messages; an End where the session cannot go on."""
        ...

    def heard(self, text: str) -> Heard:
        """What a TEXT message comes to; b"" for nothing. Raises ValueError for one that breaks the protocol."""
        ...

    def goodbye(self, end: End) -> Iterator[Message]:
        """What is said before the close frame."""
        ...


class Raw:
    """Subprotocol `binary`, or none: raw bytes, with notices between them where they are wanted.

    Args:
        notices: Whether events and gaps are told; without, a gap ends the session: silence is not an option.
        offset: Where output begins.
        replay_end: Offset up to which it is history, and terminal queries are removed from it.
    """

    def __init__(self, *, notices: bool, offset: int, replay_end: int) -> None:
        self._notices = notices
        self._replay_end = replay_end
        self._queries = QueryFilter() if offset < replay_end else None

    @property
    def plain(self) -> bool:
        """Once the history has passed, from which queries are removed."""
        return self._queries is None

    def hello(self) -> Iterator[Message]:
        """Nothing: the first byte is the machine's."""
        yield from ()

    def say(self, item: Chunk | Event | Gap) -> Iterator[Message | End]:
        """Bytes as they are, events and gaps as notices."""
        if isinstance(item, Chunk):
            if data := self._shown(item):
                yield data
        elif isinstance(item, Event) and item.quiet:
            return
        elif self._notices:
            text = item.text if isinstance(item, Event) else str(item)
            yield self._flushed() + notice(text)
        elif isinstance(item, Gap):
            yield End(codes.BYTES_LOST, str(item))

    def heard(self, text: str) -> Heard:
        """TEXT is typed like BINARY is."""
        return text.encode()

    def goodbye(self, end: End) -> Iterator[Message]:
        """Why it is cut for good, as a notice: most raw clients show no close frame's reason."""
        if self._notices and end.code in codes.FOR_GOOD:
            yield self._flushed() + notice(printable(end.reason))

    def _shown(self, chunk: Chunk) -> bytes:
        if self._queries is None:
            return chunk.data
        history = self._replay_end - chunk.offset
        if history > len(chunk.data):
            return self._queries.feed(chunk.data)
        shown = self._queries.feed(chunk.data[: max(0, history)]) + self._flushed()
        self._queries = None
        return shown + chunk.data[max(0, history) :]

    def _flushed(self) -> bytes:
        return b"" if self._queries is None else self._queries.flush()


class Version1:
    """Subprotocol `consolesvc.v1`: BINARY is output and nothing else, TEXT is JSON.

    Args:
        viewer: Whose session it is.
        replay: Offsets of the history that is shown first.
        resume: The secret that brings this client back.
    """

    def __init__(self, viewer: Viewer, *, replay: tuple[int, int], resume: str) -> None:
        self._viewer = viewer
        self._replay = replay
        self._resume = resume

    plain = True

    def hello(self) -> Iterator[Message]:
        """Where the bytes stand, what the line does, who is here, who types, and the way back."""
        viewer, console = self._viewer, self._viewer.console
        viewer.inform()
        yield _json(
            {
                "type": "hello",
                "session": viewer.id,
                "name": console.name,
                "stream": console.stream,
                "offset": viewer.offset,
                "start": console.oldest,
                "replay": list(self._replay),
                "line": self._line(),
                "may_type": viewer.may_type,
                "input": console.keyboard.view(viewer),
                "viewers": console.roster.view(),
                "resume": self._resume,
            }
        )

    def say(self, item: Chunk | Event | Gap) -> Iterator[Message | End]:
        """Bytes as BINARY, all else as an object of its type."""
        if isinstance(item, Chunk):
            yield item.data
        elif isinstance(item, Gap):
            yield _json({"type": "gap", "from": item.start, "to": item.end})
        elif item.kind in ("lost", "back", "down"):
            yield _json({"type": "line", "offset": item.offset, "text": item.text, **self._line()})
        elif item.kind in ("refused", "input"):
            by_line = {"refused_by": "line"} if item.kind == "refused" else {}
            yield _json({"type": "input", **self._viewer.console.keyboard.view(self._viewer, item.text), **by_line})
        elif item.kind == "viewers":
            roster = self._viewer.console.roster
            self._viewer.shown = roster.changes
            yield _json({"type": "viewers", "viewers": roster.view()})
        else:
            yield _json({"type": "event", "event": item.kind, "offset": item.offset, "text": item.text})

    def heard(self, text: str) -> Heard:
        """Control messages; unknown types are ignored."""
        try:
            message = json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if not isinstance(message, dict):
            raise ValueError("expected a JSON object")  # noqa: TRY004 - one kind of error for what breaks the protocol
        kind = message.get("type")
        if kind == "break":
            return Break(_milliseconds(message.get("ms", DEFAULT_MS)) / 1000)
        if kind in ("request", "release", "take"):
            return Ask(kind)
        if kind in ("grant", "deny"):
            session = message.get("session")
            if not isinstance(session, str):
                raise ValueError(f"{kind}: expected session, the id of one")
            return Ask(kind, session)
        return b""

    def goodbye(self, end: End) -> Iterator[Message]:  # noqa: ARG002 - the close frame says it
        """Nothing: the close frame's reason is shown."""
        yield from ()

    def _line(self) -> dict[str, str]:
        line = self._viewer.console.reconnecting
        return {"state": line.state, "why": line.why}


def _milliseconds(ms: object) -> float:
    if isinstance(ms, bool) or not isinstance(ms, int | float) or not 0 < ms <= LONGEST_MS:
        raise ValueError(f"break: expected ms from 1 to {LONGEST_MS}")
    return ms


def notice(text: str) -> bytes:
    """A notice as raw clients see it."""
    return f"\r\n[consolesvc: {text}]\r\n".encode("ascii")


def _json(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
