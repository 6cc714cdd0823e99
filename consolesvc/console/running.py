"""Running one command on a machine, and having what it said (DESIGN 5.3 `run`)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

from consolesvc.console.call import Call
from consolesvc.console.console import Console
from consolesvc.console.echo import Echo
from consolesvc.console.events import Gap
from consolesvc.console.listening import Listener, transcript_from
from consolesvc.console.looking import quiet_at
from consolesvc.console.patterns import Pattern
from consolesvc.console.prompt import LONGEST_PROMPT, TAIL, At, Prompt, output_start
from consolesvc.console.reading import read_last
from consolesvc.console.transcript import Transcript

ENTER = b"\r"
MOST_OUTPUT = 1024 * 1024
"""Bytes of text that one run gives; of more, the last ones."""
ECHO_WAIT = 1.0
"""Seconds after which a command that is not echoed is taken for one on a line without echo."""


class Ran(NamedTuple):
    """What came of a command.

    Attributes:
        output: Its text, without the echo and the prompt; all there is so far, where no prompt came in time.
        start: The stream's end before the command was typed.
        next: Offset behind the prompt; behind the output, where none came.
        matched: Whether the prompt came.
        truncated: Whether `output` is only the end of what was said: MOST_OUTPUT, or what came after a gap.
        gap: Bytes that could not be looked at.
    """

    output: str
    start: int
    next: int
    matched: bool
    truncated: bool
    gap: Gap | None


async def run(call: Call, command: bytes, pattern: Pattern | None, seconds: float) -> Ran:
    """Type a command with Enter, and wait for the prompt behind what it says.

    Args:
        call: By which.
        command: One line, without its end.
        pattern: The prompt; None to know it by the line on which the command is typed.
        seconds: How long all of it may take.

    Raises:
        InputHeld: somebody took the input meanwhile.
        LineError: the line is not open, or was lost before it had the command.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    console = call.console
    output = _Output(console, Prompt(await _last_line(console), pattern), await _begin(console), Echo(command))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await call.type(command + ENTER)
    patience = loop.time() + ECHO_WAIT
    prompt: At | None = None
    while not console.closed:
        wake = until if prompt is None else min(until, _settled(console, prompt))
        came = await output.more(wake if output.echoed else min(wake, patience))
        if loop.time() >= patience:
            output.echoed = True
        if came and not output.listener.has_all:
            continue
        prompt = await output.prompt()
        if prompt is not None and loop.time() >= min(until, _settled(console, prompt)):
            return output.result(prompt)
        if not came and loop.time() >= until:
            break
    return output.result(None)


class _Output:
    """A command's output as it comes.

    Attributes:
        echoed: Whether the output's beginning is known: the echo was seen, or is not waited for any more.
    """

    def __init__(self, console: Console, prompt: Prompt, transcript: Transcript, echo: Echo) -> None:
        self.start = transcript.end
        self.listener = Listener(console, self.start)
        self.echoed = echo.silent
        self._prompt = prompt
        self._transcript = transcript
        self._echo = echo

    async def more(self, until: float) -> bool:
        """Take what comes next; whether something came in time."""
        piece = await self.listener.piece(until)
        if piece is None:
            return False
        self._transcript.add(piece.offset, piece.data)
        self._transcript.keep(MOST_OUTPUT)
        self.echoed = self._echo.feed(piece.offset, piece.data) or self.echoed
        return True

    async def prompt(self) -> At | None:
        """The prompt, where the output's beginning is known and the prompt has come."""
        if not self.echoed:
            return None
        text = self._transcript.text
        cut = max(0, len(text) - TAIL - LONGEST_PROMPT)
        found = await self._prompt.find(bytes(text[cut:]), max(0, self._position - cut))
        return None if found is None else At(found.start + cut, found.end + cut, found.quiet)

    def result(self, prompt: At | None) -> Ran:
        """What it came to."""
        transcript = self._transcript
        begin = output_start(bytes(transcript.text), self._position)
        end = len(transcript.text) if prompt is None else prompt.start
        text = transcript.text[begin:end].decode("utf-8", "replace")
        behind = self.listener.offset if prompt is None else transcript.behind(prompt.end)
        truncated = transcript.context > 0 or self.listener.gap is not None
        return Ran(text, self.start, behind, prompt is not None, truncated, self.listener.gap)

    @property
    def _position(self) -> int:
        """Index behind the echo."""
        seen = self._echo.seen
        return self._transcript.context if seen is None else self._transcript.index(seen)


async def _begin(console: Console) -> Transcript:
    return await transcript_from(console, console.ring.end)


async def _last_line(console: Console) -> bytes:
    """What stands on the console's last line: the prompt, if the machine waits for a command."""
    piece = await read_last(console, 8 * LONGEST_PROMPT)
    transcript = Transcript(piece.offset)
    transcript.add(piece.offset, piece.data)
    return bytes(transcript.text[transcript.text.rfind(b"\n") + 1 :])


def _settled(console: Console, prompt: At) -> float:
    """When nothing will have followed a prompt for as long as it needs, in the loop's time."""
    if not prompt.quiet or console.last_output is None:
        return 0.0
    return max(quiet_at(console), console.last_output + prompt.quiet)
