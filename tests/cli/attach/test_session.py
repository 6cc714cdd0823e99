from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.keys import Do
from consolesvc.cli.attach.session import Begun, Heard, Hints, Misspoken, Session, Show, Tell

HELLO: dict[str, Any] = {
    "type": "hello",
    "stream": "s1",
    "offset": 100,
    "start": 0,
    "replay": [100, 110],
    "line": {"state": "connected", "why": ""},
    "may_type": True,
    "resume": "secret",
}
HINTS = Hints("^Eca", "^Ecg", "^Ecn")
LEASE = {
    "session": "me",
    "name": "node3",
    "viewers": [{"session": "me", "user": "alice"}, {"session": "b2", "user": "bob", "who": "10.0.0.4:1"}],
    "input": {"mode": "lease", "holder": "b2"},
}
PLAIN = "needs consolesvc.v1, and this connection is plain"


def told(session: Session, message: dict[str, Any]) -> list[Heard]:
    """What a message comes to."""
    return list(session.heard(json.dumps(message)))


def begun(members: dict[str, Any] | None = None, *, view: bool = False) -> Session:
    """A session that has had its hello."""
    session = Session("node", view=view, hints=HINTS)
    assert list(session.opened("consolesvc.v1")) == []
    assert told(session, HELLO | (members or {})) == [Begun()]
    return session


def test_bytes_after_the_hello_are_output_and_the_first_ones_history() -> None:
    """A connection may be used from its hello on, and goes on where it was cut."""
    session = begun()
    assert session.resume == "secret"
    assert session.line == ("connected", "")
    assert list(session.heard(b"0123456")) == [Show(b"0123456", 7)]
    assert list(session.heard(b"789!")) == [Show(b"789!", 3)]
    assert list(session.heard(b"?")) == [Show(b"?", 0)]
    assert session.position.query() == {"since": "112", "stream": "s1"}
    assert repr(session) == "<Session with node at 112>"


def test_the_next_hello_goes_on() -> None:
    """With another secret and, while a service keeps its word, without a word of gaps."""
    session = begun()
    list(session.heard(b"x" * 20))
    list(session.opened("consolesvc.v1"))
    assert told(session, HELLO | {"offset": 120, "replay": [120, 125], "resume": "next"}) == [Begun()]
    assert session.resume == "next"
    list(session.opened("consolesvc.v1"))
    assert told(session, HELLO | {"offset": 121, "replay": [121, 121]}) == [
        Begun(),
        Tell("bytes 120..121 are missing here (1 byte)", loss=True),
    ]


def test_a_gap_is_told_and_moves_the_place() -> None:
    """With its size, also to who wants quiet; one to another stream in other words."""
    session = begun()
    assert told(session, {"type": "gap", "from": 100, "to": 4196}) == [
        Tell("bytes 100..4196 are missing here (4096 bytes)", loss=True)
    ]
    assert session.position.offset == 4196
    [tell] = told(session, {"type": "gap", "from": 4196, "to": 0})
    assert isinstance(tell, Tell)
    assert tell.loss
    assert tell.text.startswith("this is another stream; ")


def test_the_line_is_told_in_the_services_words() -> None:
    """Where it has none, in ours."""
    session = begun()
    lost = {"type": "line", "state": "waiting", "why": "device unplugged", "offset": 100, "text": "node line lost"}
    assert told(session, lost) == [Tell("node line lost")]
    assert session.line == ("waiting", "device unplugged")
    assert not session.may_be_asleep
    assert told(session, lost | {"text": ""}) == [Tell("node line is waiting: device unplugged")]


def test_events_that_are_not_on_the_screen_are_told() -> None:
    """A break is; a boot has just been seen."""
    session = begun()
    assert told(session, {"type": "event", "event": "break", "offset": 1, "text": "break of 250 ms"}) == [
        Tell("break of 250 ms")
    ]
    assert told(session, {"type": "event", "event": "boot", "offset": 1, "text": "node boots"}) == []
    assert told(session, {"type": "event", "event": "mark", "offset": 1}) == []


def test_unknown_types_are_ignored() -> None:
    """A later service speaks to this client."""
    session = begun()
    assert told(session, {"type": "weather", "text": "fine"}) == told(session, {}) == []


def test_input_that_was_refused_is_a_loss() -> None:
    """Told also to who wants quiet; what else is said of the input is not."""
    session = begun()
    assert told(session, {"type": "input", "refused": 7, "text": "input refused"}) == [Tell("input refused", loss=True)]
    assert session.refused == 7
    assert told(session, {"type": "input", "refused": 7, "text": "bob left"}) == [Tell("bob left")]
    assert told(session, {"type": "input", "text": ""}) == []


def test_refusals_add_up_over_connections() -> None:
    """Each session counts its own from nothing; a line that is not open shuts nobody out."""
    session = begun()
    why = "input refused (7 bytes): node line is not open: unplugged"
    told(session, {"type": "input", "refused": 7, "text": why, "refused_by": "line"})
    assert (session.refused, session.refusal, session.shut_out) == (7, "node line is not open: unplugged", False)
    list(session.opened("consolesvc.v1"))
    told(session, HELLO)
    assert told(session, {"type": "input", "refused": 2, "text": "no"}) == [Tell("no", loss=True)]
    assert (session.refused, session.refusal, session.shut_out) == (9, "no", True)


def test_who_asks_for_the_input_is_told_with_the_keys_that_answer() -> None:
    """To its holder, once for each who asks."""
    session = begun(LEASE | {"input": {"mode": "lease", "holder": "me"}})
    asking = {"type": "input", "mode": "lease", "holder": "me", "requests": ["b2"], "text": ""}
    assert told(session, asking) == [Tell("bob (10.0.0.4:1) asks for the input: ^Ecg grants it, ^Ecn does not")]
    assert told(session, asking) == []
    session.hints = Hints()
    assert told(session, asking | {"requests": ["b2", "c3", "d4"]}) == [Tell("c3 and d4 ask for the input")]


def test_viewers_are_kept_and_not_told() -> None:
    """Scripts come and go many times a second; `~w` tells."""
    session = begun(LEASE)
    assert session.name == "node3"
    assert told(session, {"type": "viewers", "viewers": [{"session": "me"}]}) == []
    assert session.people.others() == ""


def test_what_the_service_says_moves_no_cursor() -> None:
    """Its words are shown on a terminal."""
    session = begun({"name": "no\x1b[2Jde"})
    assert session.name == r"no\x1b[2Jde"
    [tell] = told(session, {"type": "line", "state": "waiting", "why": "", "text": "a\r\nb\x1b]0;x\x07"})
    assert tell == Tell(r"a\r\nb\x1b]0;x\x07")


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (b"login: ", "expected a hello first"),
        ('{"type": "line"}', "expected a hello first"),
        ("no JSON", "its TEXT is no JSON object"),
        ("[1]", "its TEXT is no JSON object"),
        ("[" * 100_000, "its TEXT is no JSON object"),
        (json.dumps(HELLO | {"stream": 7}), "its hello names no stream"),
        (json.dumps(HELLO | {"offset": "x"}), "its hello has no number for offset"),
        (json.dumps(HELLO | {"start": True}), "its hello has no number for start"),
        (json.dumps(HELLO | {"replay": [1, "x"]}), "its hello has no numbers for replay"),
    ],
)
def test_a_service_that_does_not_speak_as_agreed(message: bytes | str, what: str) -> None:
    """Said, rather than shown as output."""
    session = Session("node")
    list(session.opened("consolesvc.v1"))
    with pytest.raises(Misspoken, match=what):
        list(session.heard(message))


def test_a_hello_of_few_words_is_enough() -> None:
    """Without a replay nothing is history; without a line it is not known."""
    session = Session("node")
    list(session.opened("consolesvc.v1"))
    assert told(session, {"type": "hello", "stream": "s", "offset": 5, "start": 0}) == [Begun()]
    assert list(session.heard(b"x")) == [Show(b"x", 0)]
    assert (session.resume, session.line, session.name) == ("", ("", ""), "node")


@pytest.mark.parametrize("protocol", ["binary", None])
def test_a_plain_connection_is_bytes_alone(protocol: str | None) -> None:
    """Begun at once, TEXT is output as well, and there is no place to come back to."""
    session = begun()
    assert list(session.opened(protocol)) == [Begun()]
    assert list(session.heard(b'{"type": "gap"}')) == [Show(b'{"type": "gap"}')]
    assert list(session.heard("žluť")) == [Show("žluť".encode())]
    assert (session.resume, session.position.query()) == ("", {})


@pytest.mark.parametrize(
    ("do", "what"),
    [
        (Do.BREAK, "a break"),
        (Do.TAKE, "taking the input"),
        (Do.GRANT, "granting the input"),
        (Do.DENY, "denying the input"),
    ],
)
def test_wishes_that_a_plain_connection_cannot_fulfil(do: Do, what: str) -> None:
    """Said plainly, and nothing is sent."""
    session = Session("node", hints=HINTS)
    list(session.opened("binary"))
    assert list(session.wish(do)) == [Tell(f"{what} {PLAIN}")]


def test_view_only_and_back_on_a_plain_connection() -> None:
    """That needs no service: what is typed stays here."""
    session = Session("node", hints=HINTS)
    list(session.opened("binary"))
    assert list(session.wish(Do.VIEW)) == [Tell("view only: what you type stays here; ^Eca types again")]
    viewing = [session.viewing]
    assert list(session.wish(Do.REQUEST)) == [Tell("what you type is sent again")]
    assert [*viewing, session.viewing] == [True, False]
    assert list(session.wish(Do.REQUEST)) == [Tell("what you type is sent; nobody has to be asked here")]


def test_a_break() -> None:
    """Sent as the protocol has it; not by who only looks."""
    session = begun()
    assert list(session.wish(Do.BREAK)) == ['{"type":"break","ms":250}']
    list(session.wish(Do.VIEW))
    assert list(session.wish(Do.BREAK)) == [Tell("no break: view only")]


def test_asking_for_the_input_and_taking_it() -> None:
    """What looks free is taken, too: somebody may hold it by now. Who holds it is told so."""
    session = begun(LEASE)
    assert list(session.wish(Do.REQUEST)) == ['{"type":"request"}']
    assert list(session.wish(Do.TAKE)) == ['{"type":"take"}']
    told(session, {"type": "input", "holder": None})
    assert list(session.wish(Do.TAKE)) == ['{"type":"take"}']
    told(session, {"type": "input", "holder": "me"})
    assert list(session.wish(Do.TAKE)) == [Tell("you hold the input")]
    told(session, {"type": "input", "mode": "exclusive", "holder": "b2"})
    assert list(session.wish(Do.TAKE)) == [Tell("bob (10.0.0.4:1) holds the input until they let go of it (exclusive)")]
    assert list(session.wish(Do.REQUEST)) == ['{"type":"request"}']
    assert list(begun().wish(Do.TAKE)) == [Tell("nobody holds the input here: everybody may type")]


def test_view_only_hands_the_input_back() -> None:
    """And asks for it again, where somebody is to be asked."""
    session = begun(LEASE)
    assert list(session.wish(Do.VIEW)) == [
        '{"type":"release"}',
        Tell("view only: what you type stays here; ^Eca types again"),
    ]
    assert not session.may_be_asleep
    assert list(session.wish(Do.REQUEST)) == [Tell("what you type is sent again"), '{"type":"request"}']


def test_granting_and_denying() -> None:
    """The one who has asked first."""
    session = begun(LEASE | {"input": {"mode": "lease", "holder": "me", "requests": ["b2", "c3"]}})
    assert list(session.wish(Do.GRANT)) == ['{"type":"grant","session":"b2"}']
    assert list(session.wish(Do.DENY)) == ['{"type":"deny","session":"b2"}']
    told(session, {"type": "input", "requests": []})
    assert list(session.wish(Do.DENY)) == [Tell("nobody asks for the input")]


@pytest.mark.parametrize("do", [Do.REQUEST, Do.TAKE, Do.BREAK, Do.GRANT])
def test_who_was_started_to_look_only_looks(do: Do) -> None:
    """--view holds from the beginning to the end."""
    session = begun(view=True)
    assert session.viewing
    assert list(session.wish(do)) == [Tell("nothing is sent: this terminal only looks (--view)")]


@given(st.lists(st.binary(max_size=20)))
def test_what_is_shown_is_what_came(pieces: list[bytes]) -> None:
    """In order, each byte once."""
    session = begun()
    shown = [item for piece in pieces for item in session.heard(piece)]
    assert b"".join(item.data for item in shown if isinstance(item, Show)) == b"".join(pieces)
    assert session.position.offset == 100 + len(b"".join(pieces))
