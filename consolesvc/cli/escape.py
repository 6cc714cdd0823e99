"""The escapes of `attach`, as ssh has them: `~` at the start of a line. No I/O: keys in, what to do out."""

from __future__ import annotations

from dataclasses import dataclass, field

HELP = """\
Escapes, at the start of a line (after Enter):
 ~.  leave; the console stays open
 ~?  this text
 ~~  send one ~"""

ESCAPE = ord("~")
LEAVE, ASK = ord("."), ord("?")
LINE_ENDS = b"\r\n"


@dataclass(slots=True)
class Keys:
    """What typed bytes come to.

    Attributes:
        send: Bytes for the console.
        leave: Whether `~.` was typed; what follows it is dropped.
        help: Whether `~?` was typed.
    """

    send: bytearray = field(default_factory=bytearray)
    leave: bool = False
    help: bool = False


class Escape:
    """Finds escapes in what is typed, however it is split."""

    def __init__(self) -> None:
        self._line_start = True
        self._escaped = False

    def feed(self, data: bytes) -> Keys:
        """Take typed bytes."""
        keys = Keys()
        for byte in data:
            if self._escaped:
                self._after_escape(byte, keys)
                if keys.leave:
                    break
            elif byte == ESCAPE and self._line_start:
                self._escaped = True
            else:
                self._plain(byte, keys)
        return keys

    def _after_escape(self, byte: int, keys: Keys) -> None:
        self._escaped = False
        if byte == LEAVE:
            keys.leave = True
        elif byte == ASK:
            keys.help = True
        elif byte == ESCAPE:
            self._plain(byte, keys)
        else:  # no escape after all: both bytes are meant for the console
            self._plain(ESCAPE, keys)
            self._plain(byte, keys)

    def _plain(self, byte: int, keys: Keys) -> None:
        keys.send.append(byte)
        self._line_start = byte in LINE_ENDS
