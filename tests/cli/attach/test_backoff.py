from __future__ import annotations

from consolesvc.cli.attach.backoff import LASTED, Backoff


def test_pauses_double_up_to_a_second() -> None:
    """The first try comes at once."""
    pauses = Backoff()
    assert [pauses.next() for _ in range(8)] == [0.0, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0]


def test_a_connection_that_lasted_begins_anew() -> None:
    """One that was over at once does not: a service that accepts and hangs up is not run into."""
    pauses = Backoff()
    for _ in range(4):
        pauses.next()
    pauses.lasted(LASTED / 2)
    assert pauses.next() == 1.0
    pauses.lasted(LASTED)
    assert pauses.next() == 0.0
