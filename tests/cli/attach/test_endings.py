from __future__ import annotations

import re
from pathlib import Path

import pytest

from consolesvc.cli.attach import endings
from consolesvc.cli.attach.endings import Ending, closed, refused

PROTOCOL = Path(__file__).parents[3] / "consolesvc/proxy/PROTOCOL.md"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, Ending(0, "the service closed it")),
        (1001, Ending(1, "the service is stopping", again=True)),
        (1008, Ending(4, "refused")),
        (1013, Ending(4, "a limit of the service is reached", again=True)),
        (4000, Ending(4, "kicked")),
        (4001, Ending(4, "the session has expired; get a fresh URL", again=True, fresh=True)),
        (4002, Ending(3, "the server was removed")),
        (4003, Ending(4, "the right to this console was withdrawn")),
        (4008, Ending(1, "bytes were lost")),
        (4999, Ending(1, "close code 4999")),
        (None, Ending(1, "the service went away", again=True)),
        (1005, Ending(1, "the service went away", again=True)),
        (1006, Ending(1, "the service went away", again=True)),
    ],
)
def test_a_close_code_in_words(code: int | None, expected: Ending) -> None:
    """Each with its exit code (DESIGN 5.1), and whether to come back."""
    assert closed(code, "") == expected


def test_every_close_code_of_the_protocol_has_words() -> None:
    """What PROTOCOL.md promises is known here."""
    ends = PROTOCOL.read_text().partition("## How it ends")[2]
    codes = {int(code) for code in re.findall(r"\b([14]0[01][0-9])\b", ends)}
    assert len(codes) > 8
    assert codes <= endings._CLOSES.keys()


def test_the_services_own_words_come_first() -> None:
    """It knows who kicked and why; what it says moves no cursor."""
    assert closed(4000, "kicked by alice: \x1b[2Jlunch") == Ending(4, r"kicked by alice: \x1b[2Jlunch")


def test_a_plain_connection_that_is_closed_at_once_was_refused() -> None:
    """Nova says no by a handshake and silence; one that had brought something, or lasted, has just broken."""
    ending = closed(1006, "", plain=True, seconds=0.1)
    assert (ending.code, ending.again) == (4, False)
    assert "as nova does with a token that is unknown or expired" in ending.words
    broken = closed(None, "")
    assert closed(1006, "", plain=True) == closed(1006, "", plain=True, seconds=3600.0) == broken
    assert closed(1006, "", plain=False, seconds=0.1) == broken


@pytest.mark.parametrize(
    ("status", "code", "passing", "words"),
    [
        (401, 4, False, "the token is unknown, expired or used; get a fresh URL"),
        (403, 4, False, "the service does not answer to this host name"),
        (404, 3, False, "the server is gone"),
        (429, 4, True, "a limit of the service is reached"),
        (503, 1, True, "HTTP 503: is it a console URL?"),
        (200, 1, False, "HTTP 200: is it a console URL?"),
    ],
)
def test_a_refusal_in_words(status: int, code: int, passing: bool, words: str) -> None:
    """By its status, which is all that a websocket client sees."""
    error = refused("ws://lab:6083", status)
    assert str(error) == f"refused by ws://lab:6083: {words}"
    assert (error.exit_code, error.status, error.passing) == (code, status, passing)
