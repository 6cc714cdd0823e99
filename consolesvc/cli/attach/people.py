"""Who is at a console and who may type, as `consolesvc.v1` tells it: its `viewers` and `input`. No I/O.

What comes is checked: a service may be of another version, and what it sends is shown on somebody's terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consolesvc.cli.table import format_table

SHARED, EXCLUSIVE, LEASE = "shared", "exclusive", "lease"


@dataclass(frozen=True, slots=True)
class Person:
    """One attached session.

    Attributes:
        session: Its id.
        who: Where it comes from.
        user: Whose it is; "" where nobody has a name.
        may_type: Whether it has the right to.
        holds: Whether it held the input when the list was made, which is when somebody last came or went.
        since: When it came, ISO 8601; "" where that is not told.
    """

    session: str
    who: str = ""
    user: str = ""
    may_type: bool = True
    holds: bool = False
    since: str = ""

    def __str__(self) -> str:
        return f"{self.user} ({self.who})" if self.user and self.who else self.user or self.who or self.session


@dataclass(slots=True)
class People:
    """Everybody at a console.

    Attributes:
        me: This session's id; "" where the service does not say.
        viewers: Who is here, this session too; None where the service does not say.
        mode: Who may type: `shared`, `exclusive`, `lease`; "" where the service does not say.
        holder: The session that holds the input; None for nobody.
        requests: Sessions that ask this one for the input.
        allowed: Whether this session has the right to type at all.
    """

    me: str = ""
    viewers: list[Person] | None = None
    mode: str = ""
    holder: str | None = None
    requests: list[str] = field(default_factory=list)
    allowed: bool = True

    def hello(self, message: dict[str, Any]) -> None:
        """Take what the first message says."""
        self.me = _text(message.get("session"))
        self.viewers = _people(message.get("viewers"))
        self.mode, self.holder, self.requests = "", None, []
        # Among the viewers it is the right; alone it may be what this session may at the moment.
        rights = [person.may_type for person in self.viewers or () if person.session == self.me]
        self.allowed = rights[0] if rights else message.get("may_type") is not False
        if isinstance(message.get("input"), dict):
            self.input(message["input"])

    def came(self, viewers: object) -> None:
        """Take a list of viewers."""
        found = _people(viewers)
        if found is not None:
            self.viewers = found

    def input(self, message: dict[str, Any]) -> list[str]:
        """Take what is told of the input; the sessions that ask for it only now."""
        self.mode = _text(message.get("mode")) or self.mode
        if "holder" in message:
            self.holder = _text(message["holder"]) or None
        before = self.requests
        if isinstance(message.get("requests"), list):
            self.requests = [_text(each) for each in message["requests"] if _text(each)]
        return [each for each in self.requests if each not in before]

    @property
    def holds(self) -> bool:
        """Whether this session holds the input."""
        return self.holder is not None and self.holder == self.me

    def name(self, session: str | None) -> str:
        """A session as people know it."""
        return next((str(person) for person in self.viewers or () if person.session == session), session or "nobody")

    def others(self) -> str:
        """A sentence about who else is here; "" where there is nobody, or nobody knows."""
        others = [str(person) for person in self.viewers or () if person.session != self.me]
        return f"Also here: {', '.join(others)}." if others else ""

    def rights(self, ask: str, take: str) -> str:
        """A sentence about who may type; "" where everybody may.

        Args:
            ask: The keys that ask for the input; "" for none.
            take: The keys that take it.
        """
        if not self.allowed:
            return "This session may only look."
        if self.mode not in (EXCLUSIVE, LEASE):
            return ""
        if self.holder is None:
            return f"Nobody types now: who types first holds the input ({self.mode})."
        if self.holds:
            return f"You hold the input ({self.mode})."
        how = f"; {ask} asks for it" if ask else ""
        how += f", {take} takes it" if ask and self.mode == LEASE else ""
        return f"{self.name(self.holder)} holds the input ({self.mode}){how}."

    def table(self) -> str:
        """Everybody, a line each; what the service does not tell is said."""
        if self.viewers is None:
            return "This service does not tell who is here."
        header = ("SESSION", "FROM", "USER", "TYPES", "SINCE")
        return format_table(header, [self._row(person) for person in self.viewers])

    def _row(self, person: Person) -> tuple[str, ...]:
        session = f"{person.session} (you)" if person.session == self.me else person.session
        # `input` tells of the holder as it changes; the list alone counts where there is none of it.
        holds = person.session == self.holder if self.mode else person.holds
        types = "holds the input" if holds else "may" if person.may_type else "looks only"
        return session, person.who or "-", person.user or "-", types, _clock(person.since)


def _people(viewers: object) -> list[Person] | None:
    """The viewers of a list; None for what is none."""
    if not isinstance(viewers, list):
        return None
    return [_person(each) for each in viewers if isinstance(each, dict)]


def _person(item: dict[str, Any]) -> Person:
    return Person(
        _text(item.get("session")),
        _text(item.get("who")),
        _text(item.get("user")),
        item.get("may_type") is not False,
        item.get("holds") is True,
        _text(item.get("since")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _clock(since: str) -> str:
    """A moment as this host's time of day; with its date where that is another than today's."""
    try:
        moment = datetime.fromisoformat(since).astimezone()
    except (ValueError, OverflowError):
        return since or "-"
    today = moment.date() == datetime.now(moment.tzinfo).date()
    return f"{moment:%H:%M:%S}" if today else f"{moment:%Y-%m-%d %H:%M}"
