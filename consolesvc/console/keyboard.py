"""A console's input as its viewers share it: who types, whose terminal answers, and who is told what of it.

What is taken goes to the line by the input path (input.py), which knows nothing of this. The rules stand in sharing.py
and answerer.py; here they meet the clock, the line and the viewers. A raw client is told in words, where something
concerns it; one of `consolesvc.v1` is shown each change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from consolesvc.config.server import Input
from consolesvc.console.answerer import Answerer
from consolesvc.console.answers import HELD, Answer, Typed
from consolesvc.console.input import Typist
from consolesvc.console.loop import InLoop
from consolesvc.console.seat import Absent, Person, Place, Seat
from consolesvc.console.sharing import Change, Sharing, Verb
from consolesvc.console.wording import ONLY_LOOKS, mode_words, refusal, why_not, words
from consolesvc.errors import InputHeld

AGAIN = 10.0
"""Seconds after which somebody who goes on typing in vain is told so again."""
LOOKED_AT = 1024
"""Bytes of a message of a session that only looks, which are all that is looked through for answers: such a session is
anybody's who has the link, and must not cost the others anything."""


class Keyboard(InLoop):
    """The input of one console.

    Args:
        console: Whose.
        sharing: Its rule; nobody is at it yet.
    """

    def __init__(self, console: Place, sharing: Sharing) -> None:
        self.sharing = sharing
        self._console = console
        self._answerer = Answerer()
        self._seats: dict[str, Seat] = {}
        self._calls: dict[str, tuple[str, Typist]] = {}
        """The calls over HTTP that type at the moment, by id: what others know each by, and its input."""
        self._absent: Absent | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Keyboard of {self._console.name} {self.sharing!r}>"

    def attach(self, viewer: Person) -> None:
        """A viewer comes."""
        self._seats[viewer.id] = Seat(viewer)
        self.sharing.attach(viewer.id, may_type=viewer.may_type)
        self._answerer.attach(viewer.id)
        if self._answerer.chosen is None:
            self._changed(None)

    def detach(self, viewer: Person, *, cut: bool = False) -> None:
        """A viewer goes; what is held of it was typed. Where it was `cut`, what it holds is kept for it for a while."""
        seat = self._seats[viewer.id]
        self._take(seat, seat.answers.flush())
        del self._seats[viewer.id]
        self._answerer.leave(viewer.id)
        kept = cut and self.sharing.cut(viewer.id, self.loop.time())
        if kept:
            self._absent = Absent(viewer.id, viewer.name, viewer.typist)
        self._changed(None if kept else self.sharing.leave(viewer.id))

    def succeed(self, before: str, viewer: Person) -> None:
        """A viewer has come back: what it held in the session before, cut or still here, it holds now."""
        if (change := self.sharing.succeed(before, viewer.id)) is not None:
            self._changed(change)

    def expel(self, viewer: Person) -> None:
        """A viewer is being ended for good: what waits of it is dropped, and nothing more is taken; all is counted."""
        if (seat := self._seats.get(viewer.id)) is not None and not seat.expelled:
            seat.expelled = True
            held = sum(len(piece.data) for piece in seat.answers.flush() if isinstance(piece, Typed))
            self._refuse(seat, held + self._console.input.drop_one(viewer.typist))

    def change(self, mode: Input, idle: float) -> None:
        """Go by another rule from now on; everybody is told of it."""
        told = mode_words(mode, self._console.name) if mode != self.sharing.mode else ""
        self.sharing.change(mode, idle)
        for seat in self._seats.values():
            seat.waits, seat.refusal = False, ""
            seat.viewer.tell_input(told)
        self._changed(None)

    def close(self) -> None:
        """Do nothing by time any more. Idempotent."""
        self._closed = True
        for timer in (self._timer, *(seat.timer for seat in self._seats.values())):
            if timer is not None:
                timer.cancel()

    # What viewers send

    def write(self, viewer: Person, data: bytes) -> None:
        """Take what a viewer's client sent: to the line, or refused, counted and told, but for a terminal's answers."""
        seat = self._seats[viewer.id]
        look, rest = (data, b"") if viewer.may_type else (data[:LOOKED_AT], data[LOOKED_AT:])
        self._take(seat, [*seat.answers.feed(look), *([Typed(rest)] if rest else [])])

    def strike(self, viewer: Person) -> str:
        """Count as a keystroke what is none, such as a break; why it is refused, "" where it is not."""
        if self._seats[viewer.id].expelled:
            return "this session is ended"
        if not self._console.connected:
            return f"{self._console.name} line is not open: {self._console.reconnecting.why}"
        return "" if self._may_go_on(viewer.id) else self._refusal(viewer)

    def ask(self, viewer: Person, verb: Verb, session: str = "") -> None:
        """Do what a viewer asks for; where nothing comes of it, tell it why.

        Args:
            viewer: Who asks.
            verb: What for.
            session: Whom `grant` and `deny` are about.
        """
        if self._seats[viewer.id].expelled:
            return
        self._tick()
        sharing, now = self.sharing, self.loop.time()
        match verb:
            case "request":
                change = sharing.request(viewer.id, now)
            case "take":
                change = sharing.take(viewer.id, now)
            case "release":
                change = sharing.release(viewer.id)
            case "grant":
                change = sharing.grant(viewer.id, session, now)
            case "deny":
                change = sharing.deny(viewer.id, session)
        if change is None:
            viewer.tell_input(self._why_not(viewer, verb, session))
        else:
            self._changed(change)

    # What calls over HTTP send (call.py)

    def enter(self, call: str, name: str, typist: Typist) -> None:
        """A call comes that will type; others know it by this name."""
        self._calls[call] = name, typist
        self.sharing.attach(call, is_call=True)
        self._tick()

    def leave(self, call: str) -> None:
        """A call ends."""
        del self._calls[call]
        self._changed(self.sharing.leave(call))

    def check(self, call: str) -> None:
        """Count a keystroke of a call; raises InputHeld where somebody else holds the input."""
        if not self._may_go_on(call):
            raise InputHeld(self._console.name, self.name(self.sharing.holder))

    # What is shown

    def view(self, viewer: Person, text: str = "") -> dict[str, Any]:
        """How the input stands for a viewer, as JSON (PROTOCOL.md `input`), with words to it."""
        sharing = self.sharing
        view = {
            "mode": sharing.mode,
            "holder": sharing.holder,
            "may_type": viewer.id in self._seats and sharing.may_type(viewer.id),
            "requests": list(sharing.requests) if sharing.holder == viewer.id else [],
            "refused": viewer.refused,
            "text": text,
        }
        return view | {"grants_after": sharing.grants_after} if sharing.mode == "lease" else view

    def name(self, who: str | None) -> str:
        """Somebody at it as others are told; "" for nobody who is there."""
        if who in self._seats:
            return self._seats[who].viewer.name
        if self._absent is not None and who == self._absent.id:
            return self._absent.name
        return self._calls[who][0] if who in self._calls else ""

    # The inside

    def _take(self, seat: Seat, pieces: Iterable[Typed | Answer]) -> None:
        console, viewer, now = self._console, seat.viewer, self.loop.time()
        self._hold(seat)
        taken: list[bytes] = []
        refused = 0
        for piece in pieces:
            if isinstance(piece, Typed):
                if not seat.expelled and console.connected and self._may_go_on(viewer.id):
                    taken.append(piece.data)
                else:
                    refused += len(piece.data)
            elif not seat.expelled:
                may = console.connected and self.sharing.may_type(viewer.id)
                if self._answerer.passes(viewer.id, piece.kind, now, may_type=may):
                    taken.append(piece.data)
        if taken:
            console.send(viewer.typist, b"".join(taken))
        if refused:
            self._refuse(seat, refused)

    def _hold(self, seat: Seat) -> None:
        """Wait for more of what may be an answer, for so long and no longer."""
        if seat.timer is not None:
            seat.timer.cancel()
            seat.timer = None
        if seat.answers.holds:
            seat.timer = self.loop.call_later(HELD, lambda: self._take(seat, seat.answers.flush()))

    def _may_go_on(self, who: str) -> bool:
        """Whether somebody may type now; if so, they have."""
        if not self.sharing.may_type(who):
            return False
        change = self.sharing.type(who, self.loop.time())
        if change is not None or self._answerer.chosen != who:
            self._changed(change)
        return True

    def _refuse(self, seat: Seat, size: int) -> None:
        console, viewer, now = self._console, seat.viewer, self.loop.time()
        console.refused += size
        if seat.expelled:
            viewer.refused += size
            return
        if not console.connected:
            viewer.tell_refused(size, console.reconnecting.why)
            return
        viewer.refused += size
        seat.waits = viewer.may_type
        why = self._refusal(viewer)
        if why != seat.refusal or now - seat.told_at >= AGAIN:
            seat.refusal, seat.told_at = why, now
            viewer.tell_input(f"input refused ({size} byte{'s' * (size != 1)}): {why}")

    def _refusal(self, viewer: Person) -> str:
        return refusal(self._console.name, self.name(self.sharing.holder)) if viewer.may_type else ONLY_LOOKS

    def _why_not(self, viewer: Person, verb: Verb, session: str) -> str:
        if not viewer.may_type:
            return ONLY_LOOKS
        sharing, about = self.sharing, self.name(session) or session[:20]
        holder = "" if sharing.holder == viewer.id else self.name(sharing.holder)
        return why_not(verb, sharing, self._console.name, holder=holder, session=about)

    def _changed(self, change: Change | None) -> None:
        """Have everything follow from what the rule says now, and tell of it."""
        self._answerer.choose(self.sharing.answerer, self.loop.time())
        if change is not None:
            self._tell(change)
        if self._absent is not None and self.sharing.holder != self._absent.id:
            self._absent = None
        self._arm()

    def _tell(self, change: Change) -> None:
        said = words(change, self._console.name, self.name(change.who), self.name(change.other), self.sharing)
        if change.what == "taken":
            self._cut(change.other)
        if change.what in ("taken", "granted"):
            self._console.note("input", session=change.who, how=change.what, before=change.other)
        if change.what == "asked":
            self._seats[change.who].waits = True
        for who, seat in self._seats.items():
            seat.viewer.tell_input(said.to(who, waits=seat.waits))
            if change.what == "freed" or who == self.sharing.holder:
                seat.waits, seat.refusal = False, ""

    def _cut(self, loser: str) -> None:
        """What somebody had typed who has lost the input, and what has not reached the line, does not go on."""
        if loser in self._calls:
            self._console.refused += self._console.input.drop_one(self._calls[loser][1])
        elif self._absent is not None and loser == self._absent.id:
            self._console.refused += self._console.input.drop_one(self._absent.typist)
        elif size := self._console.input.drop_one(self._seats[loser].viewer.typist):
            self._refuse(self._seats[loser], size)

    def _arm(self) -> None:
        """Have a timer for what time does next. One that is too early finds nothing due: keys come faster than that."""
        due = None if self._closed else self.sharing.due
        if self._timer is not None and (due is None or self._timer.when() > due):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and due is not None:
            self._timer = self.loop.call_at(due, self._fired)

    def _fired(self) -> None:
        self._timer = None
        self._tick()
        self._arm()

    def _tick(self) -> None:
        seat = self._seats.get(self.sharing.holder or "")
        now = self.loop.time()
        if seat is not None and seat.viewer.typist.pending:
            self.sharing.still_typing(now)
        if (change := self.sharing.tick(now)) is not None:
            self._changed(change)
