"""The two ways to speak over the websocket (DESIGN 5.4): raw bytes, and `consolesvc.v1`. Items in, messages out.

A message is bytes for a BINARY frame or text for a TEXT frame.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from consolesvc.console.events import Event, Gap
from consolesvc.console.queries import QueryFilter
from consolesvc.console.viewer import Chunk, End, Viewer
from consolesvc.proxy import codes

V1 = "consolesvc.v1"
RAW = "binary"

Message = bytes | str


@dataclass(frozen=True, slots=True)
class Break:
    """A wish for a break of so many seconds."""

    seconds: float


DEFAULT_BREAK, LONGEST_BREAK = 250, 5000
"""Milliseconds."""


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

    def heard(self, text: str) -> bytes | Break:
        """What a TEXT message comes to; b"" for nothing. Raises ValueError for one that breaks the protocol."""
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
        elif self._notices:
            text = item.text if isinstance(item, Event) else str(item)
            yield self._flushed() + notice(text)
        elif isinstance(item, Gap):
            yield End(codes.BYTES_LOST, str(item))

    def heard(self, text: str) -> bytes:
        """TEXT is typed like BINARY is."""
        return text.encode()

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
        """Where the bytes stand, what the line does, and the way back."""
        console = self._viewer.console
        yield _json(
            {
                "type": "hello",
                "stream": console.stream,
                "offset": self._viewer.offset,
                "start": console.oldest,
                "replay": list(self._replay),
                "line": self._line(),
                "may_type": True,
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
        elif item.kind == "refused":
            yield _json({"type": "input", "refused": self._viewer.refused, "text": item.text})
        else:
            yield _json({"type": "event", "event": item.kind, "offset": item.offset, "text": item.text})

    def heard(self, text: str) -> bytes | Break:
        """Control messages; unknown types are ignored."""
        message = json.loads(text)
        if not isinstance(message, dict):
            raise ValueError("expected a JSON object")  # noqa: TRY004 - one kind of error for what breaks the protocol
        if message.get("type") != "break":
            return b""
        ms = message.get("ms", DEFAULT_BREAK)
        if isinstance(ms, bool) or not isinstance(ms, int | float) or not 0 < ms <= LONGEST_BREAK:
            raise ValueError(f"break: expected ms from 1 to {LONGEST_BREAK}")
        return Break(ms / 1000)

    def _line(self) -> dict[str, str]:
        line = self._viewer.console.reconnecting
        return {"state": line.state, "why": line.why}


def notice(text: str) -> bytes:
    """A notice as raw clients see it."""
    return f"\r\n[consolesvc: {text}]\r\n".encode("ascii")


def _json(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
