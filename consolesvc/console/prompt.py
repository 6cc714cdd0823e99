"""Where the output of a command ends: at the machine's next prompt (DESIGN 5.3 `run`). No I/O.

Whoever knows the prompt says so by a pattern. Without one it is the line on which the command was typed, as it stood
before, or one that differs from it in its path only. Where that was no prompt, it is any line that ends as prompts do
and is followed by nothing for a good while, since a command's own output may look like that while there is more of it
to come. A kernel may say something behind the prompt before we look.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from consolesvc.console.patterns import Pattern, is_plain, search

LONGEST_PROMPT = 200
"""Bytes of a line that may be one."""
TAIL = 64 * 1024
"""Bytes of text, at its end, in which a prompt is looked for after each piece that comes."""
_ENDS = (b"#", b"$", b">", b"%")
"""What a prompt ends with, before a space or none."""
AT_ONCE, BRIEF, LIKE, GUESS, LONG = 0.0, 0.1, 0.3, 1.0, 3.0
"""Seconds for which nothing must follow a prompt: one that is known to be whole; the expected line or pattern, at the
end of what has come (on a slow line more is needed: looking.py); a line of the same shape; anything that ends so,
where no prompt is known; the same where one is, such as that of another user's or host's shell, and a single character
with which the known line ends as well."""

_PRINTK = rb"\[ *[0-9]+\.[0-9]{6}\] "
_ENDING = re.compile(rb"[#$>%][ \t]?\Z")
_ANOTHER = re.compile(rb"[^#$>%\s][#$>][ \t]\Z")
"""The end of a prompt of another shape: a character and a blank, which no bar of progress ends with."""
_PERCENTAGE = re.compile(rb"[0-9]%[ \t]?\Z")
_USER = re.compile(rb"[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+")
_PATH = re.compile(rb"[~/][^\s#$>%\])}]*")
_TYPED_ENTER = re.compile(rb"[ \t]*\n")


class At(NamedTuple):
    """A prompt that was found.

    Attributes:
        start: Index of the first character that is no output.
        end: Index behind it.
        quiet: Seconds for which nothing must follow, or it is none.
    """

    start: int
    end: int
    quiet: float


class Prompt:
    """Finds the prompt behind a command's output.

    Args:
        line: The line on which the command is typed, before it is.
        pattern: What the caller says it looks like; None where they do not say.
    """

    def __init__(self, line: bytes, pattern: Pattern | None) -> None:
        self._line = line if len(line) <= LONGEST_PROMPT else b""
        self._pattern = pattern
        self._like = like(self._line)
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
        quiet = AT_ONCE if end < len(text) or is_plain(self._pattern) else BRIEF
        return At(self._cut(text, position, start, end), end, quiet)

    def _guess(self, text: bytes, position: int) -> At | None:
        begin = text.rfind(b"\n", position) + 1
        line = text[begin:]
        if not begin:
            return None
        if self._line and line == self._line:
            return At(begin, len(text), BRIEF)
        if self._spoken_over is not None and (found := self._spoken_over.search(text, max(position, len(text) - TAIL))):
            return At(found.start(1), found.end(1), AT_ONCE)
        if self._like is not None and self._like.fullmatch(line):
            return At(begin, len(text), LIKE)
        quiet = self._behind(line)
        if quiet is None:
            return None
        return At(self._cut(text, position, len(text) - 1, len(text)), len(text), quiet)

    def _behind(self, line: bytes) -> float | None:
        """How quiet it must be for a line that does not begin as the known one does; None where it is no prompt."""
        if self._line and line.endswith(self._line):  # behind output that has no end of its own
            return LIKE if len(self._line.strip()) > 1 else GUESS
        if self._like is not None and line and self._line.endswith(line) and _ENDING.search(line):
            # The known line began with the end of other output, which had no line's end.
            return LIKE if len(line.strip()) > 1 else LONG
        if len(line) > LONGEST_PROMPT or _PERCENTAGE.search(line):
            return None
        if self._like is not None:
            return LONG if _ANOTHER.search(line) else None
        return GUESS if _ENDING.search(line) else None

    def _cut(self, text: bytes, position: int, start: int, end: int) -> int:
        """Where the output ends: before the prompt's line; where that begins with output, before the prompt itself."""
        own = end - len(self._line)
        if self._line and position <= own <= start and text[own:end] == self._line:
            return own
        return max(position, text.rfind(b"\n", position, start) + 1)


def like(line: bytes) -> re.Pattern[bytes] | None:
    """What looks like a prompt: it may differ in its path; None for a line that is no prompt."""
    ending = _ENDING.search(line)
    if ending is None or _PERCENTAGE.search(line):
        return None
    user = _USER.search(line)
    if user is not None:
        return re.compile(re.escape(line[: user.end()]) + rb"[^\n]{0,200}" + re.escape(ending[0]))
    path = _PATH.search(line, 0, ending.start())
    if path is None:
        return re.compile(re.escape(line))
    before, behind = re.escape(line[: path.start()]), re.escape(line[path.end() :])
    return re.compile(before + rb"[~/][^\n]{0,200}" + behind)


def output_start(text: bytes, position: int) -> int:
    """Where output begins behind a command's echo: on the next line, if the Enter key made one."""
    enter = _TYPED_ENTER.match(text, position)
    return position if enter is None else enter.end()
