"""What `attach` says itself: the first lines, its keys, and what there is to know about a connection. No I/O."""

from __future__ import annotations

from datetime import datetime

from consolesvc.cli.attach.notation import caret
from consolesvc.cli.attach.session import Session
from consolesvc.cli.table import display_width
from consolesvc.config.units import format_size

_ROWS = (
    (".", ".", "leave; the console stays open"),
    ("?", "?", "this text"),
    ("b", "l0", "send a break"),
    ("w", "w", "who is here, and who may type"),
    ("t", "t", "type `stty rows R cols C`: a serial line cannot know this window's size"),
    ("^Z", "z", "suspend; fg comes back"),
    ("", "a", "type, after s; ask for the input where somebody else holds it"),
    ("", "f", "take the input"),
    ("", "s", "view only: hand the input back, what is typed stays here"),
    ("", "g", "grant the input to who asks for it; n: do not"),
    ("", "r", "show the last 20 lines again; p: 60"),
    ("", "i", "about this connection"),
    ("", "e", "other keys in place of {sequence}: the next two"),
    ("", "\\015", "send the character with this octal code, such as the first key of {sequence}"),
)
"""What follows the escape, what follows the sequence, and what it does."""


class Words:
    """The words for the keys that there are.

    Args:
        escape: The key that begins an escape at the start of a line; None for none.
        sequence: The two keys that begin one anywhere; None for none.
    """

    def __init__(self, escape: int | None, sequence: bytes | None) -> None:
        self._escape = "" if escape is None else caret(bytes((escape,)))
        self._sequence = "" if sequence is None else caret(sequence)

    def key(self, follows: str) -> str:
        """The keys of a command after the sequence; "" where there is no sequence."""
        return self._sequence and self._sequence + follows

    @property
    def leave(self) -> str:
        """The keys that leave; "" where there are none."""
        return f"{self._escape}." if self._escape else self.key(".")

    def connected(self, name: str) -> str:
        """The first line at a terminal."""
        if self._escape:
            return f"Connected to {name}. Escape is {self._escape}. (after Enter); {self._escape}? for help."
        if self._sequence:
            return f"Connected to {name}. Escape is {self.key('.')}; {self.key('?')} for help."
        return f"Connected to {name}. There is no escape: end this process to leave."

    def help(self) -> str:
        """All keys, a line each."""
        lines = []
        if self._escape:
            lines.append(
                f"Keys: {self._escape} at the start of a line (after Enter)"
                + f", {self._sequence} anywhere" * bool(self._sequence)
            )
        else:
            lines.append(f"Keys: {self._sequence} anywhere")
        for tilde, command, does in _ROWS:
            first = self._escape + tilde if self._escape and tilde else ""
            second = self.key(command)
            if first or second:
                columns = (_pad(first, 4) if self._escape else "") + (_pad(second, 8) if self._sequence else "")
                lines.append(f" {columns}{does.format(sequence=self._sequence)}")
        if self._escape:
            lines.append(f" {_pad(self._escape * 2, 4)}{_pad('', 8) if self._sequence else ''}send one {self._escape}")
        return "\n".join(lines)


def _pad(text: str, width: int) -> str:
    return text + " " * max(1, width - display_width(text))


def about(session: Session, where: str, since: datetime, connections: int, log: str) -> str:
    """What there is to know about a connection.

    Args:
        session: The session.
        where: The service: scheme, host and port.
        since: When it began.
        connections: How many there were, this one included.
        log: The file that gets a copy; "" for none.
    """
    place, people = session.position, session.people
    speaks = "consolesvc.v1" if session.v1 else "plain bytes: no offsets, no break, nobody is seen"
    lines = [f"{session.name} at {where}: {speaks}"]
    if session.v1:
        state, why = session.line
        lines.append(f" line: {state}{f': {why}' if why else ''}")
        lines.append(f" next byte: {place.offset} of stream {place.stream}; the oldest at attach: {place.oldest}")
        if people.mode:
            lines.append(f" input: {people.mode}; {people.name(people.holder)} holds it")
    missing = f", {place.missing} missing" if place.missing else ""
    refused = f"; {session.refused} typed bytes refused" if session.refused else ""
    lines.append(f" received: {format_size(place.received)}{missing}{refused}")
    lines.append(f" since {since:%Y-%m-%d %H:%M:%S}, connection {connections}")
    if log:
        lines.append(f" log: {log}")
    return "\n".join(lines)
