"""Waiting until a console has said something: race-free, since it is told from which byte on (DESIGN 5.3 `wait`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.listening import Listener, transcript_from
from consolesvc.console.patterns import Match, Pattern, search
from consolesvc.console.transcript import Transcript

LONGEST = 64 * 1024
"""Bytes of text that a match may have: as many are kept while more is waited for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A match.

    Attributes:
        index: Of the pattern that matched.
        text: What it matched, without escape sequences.
        start: Offset of its first byte.
        end: Offset behind its last byte.
        groups: What the pattern's groups matched; None for one that took no part.
        named: Likewise, of those that have a name.
    """

    index: int
    text: str
    start: int
    end: int
    groups: tuple[str | None, ...]
    named: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Waited:
    """What a wait came to.

    Attributes:
        found: The match; None where there was none in time.
        next: The offset to go on from: behind the match; without one, where one could still begin.
        gap: Bytes that could not be looked at.
    """

    found: Found | None
    next: int
    gap: Gap | None


async def wait_for(console: Console, patterns: Sequence[Pattern], listener: Listener, seconds: float) -> Waited:
    """Wait until one of the patterns matches.

    Of several matches the one that begins first counts, and of those the pattern that comes first. A pattern matches as
    soon as it can; one that reaches the end of what has been said is not held back for what may follow.

    Args:
        console: Whose output.
        patterns: What is waited for; one at least.
        listener: At the offset where the text begins; `^` matches there.
        seconds: How long to wait for output; what is there is looked at in any case.
    """
    until = asyncio.get_running_loop().time() + seconds
    transcript = await transcript_from(console, listener.offset)
    found: Found | None = None
    while (piece := await listener.piece(until)) is not None:
        transcript.add(piece.offset, piece.data)
        found = await _first(patterns, transcript)
        # A match that ends with a piece may be cut by it: then the next one decides, if there is one.
        if found is not None and (found.end < piece.end or listener.has_all or len(transcript.text) > LONGEST):
            break
        transcript.keep(LONGEST)
    return Waited(found, transcript.start if found is None else found.end, listener.gap)


async def _first(patterns: Sequence[Pattern], transcript: Transcript) -> Found | None:
    text = bytes(transcript.text)
    first: tuple[int, Match] | None = None
    for index, pattern in enumerate(patterns):
        match = await search(pattern, text, transcript.context)
        if match is not None and (first is None or match.span()[0] < first[1].span()[0]):
            first = (index, match)
    return None if first is None else _found(*first, transcript)


def _found(index: int, match: Match, transcript: Transcript) -> Found:
    begin, end = match.span()
    start = transcript.offset(begin)
    return Found(
        index,
        transcript.text[begin:end].decode("utf-8", "replace"),
        start,
        transcript.behind(end) if end > begin else start,
        tuple(map(_text, match.groups())),
        {name: _text(value) for name, value in match.groupdict().items()},
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
