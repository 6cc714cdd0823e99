"""Where the output of a command ends: at the machine's next prompt (DESIGN 5.3 `run`). No I/O.

Whoever knows the prompt says so by a pattern. Without one it is the line on which the command was typed, as it stood
before; or else any line that ends as prompts do and is followed by nothing for a moment, since a command's own output
may look like that while there is more of it to come. A kernel may say something behind the prompt before we look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consolesvc.console.patterns import Pattern, search

LONGEST_PROMPT = 200
"""Bytes of a line that may be one."""
TAIL = 64 * 1024
"""Bytes of text, at its end, in which a prompt is looked for after each piece that comes."""
_ENDS = (b"#", b"$", b">", b"%")
"""What a prompt ends with, before a space or none."""

_PRINTK = rb"\[ *[0-9]+\.[0-9]{6}\] "
_TYPED_ENTER = re.compile(rb"[ \t]*\n")


@dataclass(frozen=True, slots=True)
class At:
    """A prompt that was found.

    Attributes:
        start: Index of the first character that is no output.
        end: Index behind it.
        certain: Whether it is one even if more follows at once.
    """

    start: int
    end: int
    certain: bool


class Prompt:
    """Finds the prompt behind a command's output.

    Args:
        line: The line on which the command is typed, before it is.
        pattern: What the caller says it looks like; None where they do not say.
    """

    def __init__(self, line: bytes, pattern: Pattern | None) -> None:
        self._line = line if len(line) <= LONGEST_PROMPT else b""
        self._pattern = pattern
        over = rb"\n(" + re.escape(self._line) + rb")" + _PRINTK
        self._spoken_over = re.compile(over) if self._line else None

    def __repr__(self) -> str:
        return f"<Prompt {self._line!r}>"

    async def find(self, text: bytes, position: int) -> At | None:
        """Look for it in the output so far, behind the command's echo at `position`."""
        if self._pattern is None:
            return self._guess(text, position)
        match = await search(self._pattern, text, max(position, len(text) - TAIL))
        if match is None:
            return None
        start, end = match.span()
        return At(self._cut(text, position, start, end), end, certain=True)

    def _guess(self, text: bytes, position: int) -> At | None:
        begin = text.rfind(b"\n", position) + 1
        line = text[begin:]
        if not begin:
            return None
        if self._line and line == self._line:
            return At(begin, len(text), certain=True)
        if self._spoken_over is not None and (found := self._spoken_over.search(text, max(position, len(text) - TAIL))):
            return At(found.start(1), found.end(1), certain=True)
        like = len(line) <= LONGEST_PROMPT and line.removesuffix(b" ")[-1:] in _ENDS
        if like or (self._line and line.endswith(self._line)):
            return At(self._cut(text, position, len(text) - 1, len(text)), len(text), certain=False)
        return None

    def _cut(self, text: bytes, position: int, start: int, end: int) -> int:
        """Where the output ends: before the prompt's line; where that begins with output, before the prompt itself."""
        own = end - len(self._line)
        if self._line and position <= own <= start and text[own:end] == self._line:
            return own
        return max(position, text.rfind(b"\n", position, start) + 1)


def output_start(text: bytes, position: int) -> int:
    """Where output begins behind a command's echo: on the next line, if the Enter key made one."""
    enter = _TYPED_ENTER.match(text, position)
    return position if enter is None else enter.end()
