"""What people at a console are told of its input, in words (PROTOCOL.md `input`). No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consolesvc.config.server import Input
from consolesvc.console.events import duration
from consolesvc.console.sharing import Change, Sharing, Verb

ONLY_LOOKS = "this session may only look"
"""Why what a session types is refused that came by a share link."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one change, to whom.

    Attributes:
        each: To some, by name.
        waiting: To those who have typed in vain or asked, where they are none of these.
        everybody: To all others.
    """

    each: Mapping[str, str] = field(default_factory=dict)
    waiting: str = ""
    everybody: str = ""

    def to(self, who: str, *, waits: bool) -> str:
        """What is said to somebody; "" for nothing."""
        return self.each.get(who) or (self.waiting if waits else "") or self.everybody


def words(change: Change, console: str, who: str, other: str, sharing: Sharing) -> Words:
    """What is said of a change.

    Args:
        change: What happened.
        console: The console's name.
        who: The name of `change.who`.
        other: The name of `change.other`.
        sharing: The rule of the console's input: after how long it grants, and ends a lease.
    """
    grants, idle = _seconds(sharing.grants_after), _seconds(sharing.idle)
    if change.what == "asked":
        ask = f"{who} asks for the input of {console}; it is theirs once you have typed nothing for {grants}"
        return Words({change.other: ask, change.who: f"{other} was asked for the input of {console}"})
    if change.what == "granted":
        silent = f"you typed nothing for {grants}: " if change.by_time else ""
        lost = f"{silent}{who} has the input of {console} now"
        return Words({change.who: f"the input of {console} is yours", change.other: lost})
    if change.what == "denied":
        return Words({change.who: f"{other} keeps the input of {console}"})
    if change.what == "taken":
        return Words(everybody=f"{who} took the input of {console} from {other}")
    if change.what == "freed":
        free = f"the input of {console} is free"
        silent = f"you typed nothing for {idle}: {free}"
        return Words({change.who: silent} if change.by_time else {}, waiting=free)
    return Words()


def _seconds(time: float) -> str:
    return duration(time) if time >= 1 else f"{time:g} s"


def mode_words(mode: Input, console: str) -> str:
    """What is said where another rule holds from now on."""
    if mode == "shared":
        return f"everybody may type into {console} now"
    asked = "; the input can be asked for and taken" if mode == "lease" else ""
    return f"one at a time types into {console} now{asked}"


def refusal(console: str, holder: str) -> str:
    """Why what somebody types is refused, on a line that is open."""
    return f"{holder} holds the input of {console}"


def why_not(verb: Verb, sharing: Sharing, console: str, *, holder: str, session: str) -> str:
    """Why nothing came of what somebody asked for who may type.

    Args:
        verb: What for.
        sharing: The rule of the console's input.
        console: The console's name.
        holder: The name of who holds the input; "" where they do who asked.
        session: The name of whom it was about, or the name that was given for one.
    """
    if sharing.mode == "shared":
        return f"everybody may type into {console}"
    if verb in ("release", "grant", "deny"):
        mine = sharing.holder is not None and not holder
        return f"{session} has not asked for the input" if mine else f"you do not hold the input of {console}"
    if not holder:
        return f"the input of {console} is yours"
    held = refusal(console, holder)
    return f"{held}, until they leave or release it" if sharing.mode == "exclusive" else f"{held}, and was asked"
