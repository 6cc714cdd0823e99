from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.escape import Escape, Keys

typed = st.lists(st.sampled_from([b"~", b".", b"?", b"\r", b"\n", b"a", b"\xff"])).map(b"".join)


def feed(pieces: Sequence[bytes]) -> Keys:
    """What the pieces come to together."""
    escapes, total = Escape(), Keys()
    for piece in pieces:
        keys = escapes.feed(piece)
        total.send += keys.send
        total.help |= keys.help
        total.leave |= keys.leave
        if total.leave:
            break
    return total


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"~.", Keys(leave=True)),
        (b"ls\r~.rm", Keys(bytearray(b"ls\r"), leave=True)),
        (b"ls\n~.", Keys(bytearray(b"ls\n"), leave=True)),
        (b"ls~.", Keys(bytearray(b"ls~."))),
        (b"~~.", Keys(bytearray(b"~."))),
        (b"~?~.", Keys(leave=True, help=True)),
        (b"~x~.", Keys(bytearray(b"~x~."))),
        (b"~\r~.", Keys(bytearray(b"~\r"), leave=True)),
        (b"\r~", Keys(bytearray(b"\r"))),
    ],
)
def test_what_typed_bytes_come_to(data: bytes, expected: Keys) -> None:
    """Escapes as ssh has them: at the start of a line, ~~ for one ~, and ~x for both bytes."""
    assert feed([data]) == expected


@given(st.lists(typed))
def test_the_split_makes_no_difference(pieces: list[bytes]) -> None:
    """However typed bytes arrive, they come to the same."""
    assert feed(pieces) == feed([b"".join(pieces)])


@given(st.lists(st.binary()))
def test_bytes_without_an_escape_pass_unchanged(pieces: list[bytes]) -> None:
    """Any bytes with no ~ at the start of a line are the console's, all of them."""
    data = re.sub(rb"(?:^|(?<=[\r\n]))~+", b"", b"".join(pieces))
    assert feed([data[at : at + 3] for at in range(0, len(data), 3)]) == Keys(bytearray(data))


@given(typed)
def test_doubled_at_the_start_of_a_line_every_byte_can_be_sent(data: bytes) -> None:
    """Doubling the ~ that begins a line sends exactly what was meant."""
    assert feed([re.sub(rb"(?:^|(?<=[\r\n]))~", b"~~", data)]) == Keys(bytearray(data))
