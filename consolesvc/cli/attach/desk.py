"""What is at hand of one attached terminal, and what its keys do with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from consolesvc.cli.attach.connecting import Connector
from consolesvc.cli.attach.keys import Do, Keys, Wish
from consolesvc.cli.attach.options import Options
from consolesvc.cli.attach.outbox import Outbox
from consolesvc.cli.attach.output import Output
from consolesvc.cli.attach.session import BREAK_MS, Hints, Session, Tell
from consolesvc.cli.attach.terminal import Terminal, Voice
from consolesvc.cli.attach.words import Words, about

LINES = {Do.LAST_LINE: 1, Do.LINES_20: 20, Do.LINES_60: 60}
ELSEWHERE = {"d": "`consolesvc down NAME` lends the port", "u": "`consolesvc list` does", "x": "`consolesvc list` does"}
"""Keys of conserver's whose work a command does here."""


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(slots=True)
class Desk:
    """See the module.

    Attributes:
        options: What was asked for.
        terminal: The user's.
        voice: Says what we say ourselves.
        output: Takes what the console says.
        session: What is known of the console.
        connector: Gets connections.
        outbox: Takes what goes to the console.
        keys: Finds escapes; None where input is no terminal.
        connected: Whether there is a connection that may be used.
        unsent: Typed bytes that there was none for.
        doubtful: Typed bytes that a cut connection may not have brought there, over all cuts.
        since: When it all began.
    """

    options: Options
    terminal: Terminal
    voice: Voice
    output: Output
    session: Session
    connector: Connector
    outbox: Outbox = field(default_factory=Outbox)
    keys: Keys | None = field(default=None, init=False)
    connected: bool = False
    unsent: int = 0
    doubtful: int = 0
    since: datetime = field(default_factory=_now)
    _told_viewing: bool = False

    def set_keys(self, keys: Keys | None) -> None:
        """Find escapes with these from now on."""
        self.keys = keys
        words = self.words
        self.session.hints = Hints(words.key("a"), words.key("g"), words.key("n"))

    @property
    def words(self) -> Words:
        """The words for the keys that there are now."""
        return Words(None, None) if self.keys is None else Words(self.keys.escape, self.keys.sequence)

    def type(self, data: bytes) -> None:
        """Send what was typed, unless this terminal only looks, or nobody is there to send it to."""
        if self.session.viewing:
            if not self._told_viewing:
                self._told_viewing = True
                self._tell(self.session.not_sent())
        elif self.connected:
            self.outbox.put(data)
        else:
            self.unsent += len(data)
            self.connector.now()  # somebody waits for it

    def do(self, wish: Wish) -> None:
        """Carry out a wish; all but to leave, which is for who runs this."""
        do = wish.do
        if do in LINES:
            self.voice.show(self.output.lines(LINES[do]))
        elif do is Do.SUSPEND:
            if not self.terminal.suspend():
                self._note("not suspended: there is no shell here that could continue it")
        elif do is Do.SIZE:
            self._type_size()
        elif do in _SAID:
            self.voice.say(_SAID[do](self), always=True, below=True)
        elif do is Do.CHANGED:
            self.set_keys(self.keys)
            self._note(f"{wish.text} is the sequence now")
        elif do is Do.BREAKS:
            self._note(f"{self.words.key('l0')} is a break of {BREAK_MS} ms; there are no others")
        elif do is Do.UNKNOWN:
            how = ELSEWHERE.get(wish.text, f"{self.words.key('?')} lists the keys")
            self._note(f"no such key: {self.words.key(wish.text)}; {how}")
        elif not self.connected:
            self._note("not connected")
        else:
            self._told_viewing = False
            self._tell(*self.session.wish(do))

    def _tell(self, *items: str | Tell) -> None:
        for item in items:
            if isinstance(item, Tell):
                self._note(item.text)
            else:
                self.outbox.put(item)

    def _type_size(self) -> None:
        size = self.terminal.size()
        if size is None:
            self._note("this terminal does not tell its size")
        else:
            self.type(b"stty rows %d cols %d\r" % size)

    def _note(self, text: str) -> None:
        """An answer to a key: it is for those, too, who want quiet."""
        self.voice.note(text, always=True)

    def who(self) -> str:
        """Who is here, and who may type."""
        session, words = self.session, self.words
        if not session.v1:
            return "Who is here needs consolesvc.v1, and this connection is plain."
        rights = session.people.rights(words.key("a"), words.key("f"))
        return "\n".join(filter(None, (session.people.table(), rights)))

    def about(self) -> str:
        """What there is to know about the connection."""
        log, trouble = str(self.options.log or ""), self.connector.trouble
        now = "" if self.connected else f"Not connected now{f': {trouble}' if trouble else ''}\n"
        return now + about(self.session, self.connector.where, self.since, self.connector.count, log)

    def welcome(self) -> Iterator[str]:
        """The first lines: what was attached to, how to leave, who else is here and who may type."""
        session, words, people = self.session, self.words, self.session.people
        yield words.connected(session.name) if self.keys is not None else f"Connected to {session.name}."
        if others := people.others():
            yield others
        if rights := people.rights(words.key("a"), words.key("f")):
            yield rights
        start = self.options.start
        if not session.v1 and start not in ({}, {"replay": "0"}):
            needs = "needs consolesvc.v1, and this connection is plain: it begins where the service has it."
            yield f"--{next(iter(start))} {needs}"


_SAID = {
    Do.HELP: lambda desk: desk.words.help(),
    Do.WHO: Desk.who,
    Do.INFO: Desk.about,
}
"""What is said on demand, also to those who want quiet."""
