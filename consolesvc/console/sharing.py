"""Who of those at a console may type (DESIGN 5.2 `input`). No I/O; the clock is passed in.

    shared      everybody with a typing token, at any time.
    exclusive   one of them, the holder, who keeps the input until they leave or release it.
    lease       as exclusive; and it can be asked for and taken, and it ends when nothing is typed.

A theory of operation. The input is free, or somebody holds it, and others may have asked the holder for it:

    free    type, request, take                 it is held by who did that
    held    release, leave, `idle` seconds      it is free, and nobody is asked any more: no one is promoted
            take                                lease: it is held by who took it
            request                             lease: asked; the holder hears of it
    asked   grant, `grants_after` seconds       it is held by who asked (with time: first); others go on asking
            deny                                that one asks no more
    held    cut                                 it is kept for who was cut: nobody is granted it by time meanwhile
    kept    succeed                             it is held by who comes back in their place, and so are the requests
            GRACE seconds                       it is free
            take                                lease: it is held by who took it

`grants_after` is GRANTED_AFTER, or `idle` where that is less: who asked has the input when the lease ends, whichever
limit ends it, and nobody who did not ask can be quicker.

Time is counted from the holder's last keystroke, or from when they came to hold the input. A call over HTTP holds it
for its own length: time takes nothing from it, `take` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from consolesvc.config.server import Input

Verb = Literal["request", "release", "take", "grant", "deny"]

GRANTED_AFTER = 30.0
"""Seconds without a keystroke after which the holder is taken to have granted what they were asked for."""


GRACE = 5.0
"""Seconds for which the input is kept for a holder whose connection was cut."""


class Change(NamedTuple):
    """Something that came to be different.

    Attributes:
        what: `held` (it was free), `asked`, `granted`, `denied`, `taken`, `freed`, `withdrawn` (who asked has left), or
            `back` (who held it came back, under another name).
        who: Whom it happened to: who holds it now, who asks, who is denied; who held it, where it is free now.
        other: Who held it before, or is asked; "" for nobody.
        by_time: Whether time did it, and nobody's word.
    """

    what: Literal["held", "asked", "granted", "denied", "taken", "freed", "withdrawn", "back"]
    who: str
    other: str = ""
    by_time: bool = False


@dataclass(slots=True)
class _Party:
    """One at the console, of those who came in this order."""

    may_type: bool
    is_call: bool
    typed: int = 0
    """How many had typed when it typed last; 0 before."""
    away: bool = False
    """Whether it was cut, and the input is kept for it."""


class Sharing:
    """The input of one console. All who are at it have names of the caller's choice, such as session ids.

    Args:
        mode: See above.
        idle: Seconds without a keystroke after which a lease ends; 0 for never.

    Attributes:
        holder: Who holds the input; None while it is free, and always where it is shared.
        requests: Who has asked the holder for it, first come first.
    """

    def __init__(self, mode: Input = "shared", idle: float = 0.0) -> None:
        self.mode = mode
        self.idle = idle
        self.holder: str | None = None
        self.requests: list[str] = []
        self._parties: dict[str, _Party] = {}
        self._typed = 0
        self._active = 0.0
        self._cut = 0.0

    def __repr__(self) -> str:
        return f"<Sharing {self.mode} {len(self._parties)} here, held by {self.holder}>"

    def change(self, mode: Input, idle: float) -> None:
        """Go by another rule: who holds the input keeps it where somebody can, who asked for it where one can ask."""
        self.mode, self.idle = mode, idle
        if mode == "shared":
            before, self.holder = self.holder, None
            self._forget(before)
        if mode != "lease":
            self.requests.clear()

    def attach(self, who: str, *, may_type: bool = True, is_call: bool = False) -> None:
        """Take somebody in. Nothing else changes.

        Args:
            who: Their name.
            may_type: Whether their token types.
            is_call: Whether it is a call over HTTP, which has no terminal.
        """
        self._parties[who] = _Party(may_type, is_call)

    def leave(self, who: str) -> Change | None:
        """Let somebody go; what they hold is free."""
        del self._parties[who]
        if self.holder == who:
            return self._free()
        if who in self.requests:
            self.requests.remove(who)
            return Change("withdrawn", who, self.holder or "")
        return None

    def cut(self, who: str, now: float) -> bool:
        """Somebody's connection was cut; whether they hold the input, which is kept for them. If not, they are here."""
        if self.holder != who:
            return False
        self._parties[who].away = True
        self._cut = now
        return True

    def succeed(self, before: str, who: str) -> Change | None:
        """Somebody comes back, and holds what they held by the name that they had before."""
        if before == who or self.holder != before or not self._parties[who].may_type:
            return None
        self._parties[who].typed = self._parties[before].typed
        self._forget(before)
        self.holder = who
        return Change("back", who, before)

    # Who may

    def may_type(self, who: str) -> bool:
        """Whether what they typed now would be taken."""
        return self._parties[who].may_type and (self.mode == "shared" or self.holder in (None, who))

    @property
    def grants_after(self) -> float:
        """Seconds without a keystroke after which the holder has granted what they were asked for."""
        return min(GRANTED_AFTER, self.idle) if self.idle else GRANTED_AFTER

    @property
    def answerer(self) -> str | None:
        """Whose terminal answers the machine: of those who may type, the last who did, else the first who came."""
        may = [who for who, party in self._parties.items() if self._has_terminal(party) and self.may_type(who)]
        return max(may, key=lambda who: self._parties[who].typed, default=None)  # the first of equals

    # What they do

    def type(self, who: str, now: float) -> Change | None:
        """Somebody types who may."""
        self._typed += 1
        self._parties[who].typed = self._typed
        if self.mode == "shared":
            return None
        if self.holder is None:
            return self._hold("held", who, now)
        self._active = now
        return None

    def still_typing(self, now: float) -> None:
        """What the holder has typed is still on its way to the machine: that is no time without a keystroke."""
        self._active = now

    def request(self, who: str, now: float) -> Change | None:
        """Ask for the input."""
        if self.mode == "shared" or self.holder == who or who in self.requests or not self._parties[who].may_type:
            return None
        if self.holder is None:
            return self._hold("held", who, now)
        if self.mode == "exclusive":
            return None
        self.requests.append(who)
        return self.tick(now) or Change("asked", who, self.holder)

    def take(self, who: str, now: float) -> Change | None:
        """Have the input now."""
        if self.mode == "shared" or self.holder == who or not self._parties[who].may_type:
            return None
        if self.holder is None:
            return self._hold("held", who, now)
        return self._hold("taken", who, now) if self.mode == "lease" else None

    def grant(self, who: str, to: str, now: float) -> Change | None:
        """Give the input that one holds to one who asked."""
        return self._hold("granted", to, now) if self.holder == who and to in self.requests else None

    def deny(self, who: str, to: str) -> Change | None:
        """Keep the input from one who asked."""
        if self.holder != who or to not in self.requests:
            return None
        self.requests.remove(to)
        return Change("denied", to, who)

    def release(self, who: str) -> Change | None:
        """Hand back what one holds."""
        return self._free() if self.holder == who else None

    # What time does

    @property
    def due(self) -> float | None:
        """When `tick` has something to do, if nobody does anything before; None for never."""
        if self.holder is not None and self._parties[self.holder].away:
            return self._cut + GRACE
        if self.mode != "lease" or self.holder is None or self._parties[self.holder].is_call:
            return None
        if self.requests:
            return self._active + self.grants_after
        return self._active + self.idle if self.idle else None

    def tick(self, now: float) -> Change | None:
        """Do what is due."""
        if self.due is None or now < self.due:
            return None
        if self.holder is not None and self._parties[self.holder].away:
            return self._free()
        if self.requests:
            return self._hold("granted", self.requests[0], now, by_time=True)
        return self._free(by_time=True)

    def _hold(
        self, what: Literal["held", "granted", "taken"], who: str, now: float, *, by_time: bool = False
    ) -> Change:
        before, self.holder, self._active = self.holder, who, now
        self._forget(before)
        if who in self.requests:
            self.requests.remove(who)
        return Change(what, who, before or "", by_time)

    def _free(self, *, by_time: bool = False) -> Change:
        before, self.holder = self.holder or "", None
        self._forget(before)
        self.requests.clear()
        return Change("freed", before, by_time=by_time)

    def _forget(self, who: str | None) -> None:
        """Let go of somebody, if they are away."""
        if who in self._parties and self._parties[who].away:
            del self._parties[who]

    @staticmethod
    def _has_terminal(party: _Party) -> bool:
        return not party.is_call and not party.away
