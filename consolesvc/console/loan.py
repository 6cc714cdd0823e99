"""A port lent to another program: to whom, since when and until when (DESIGN 5.1 `down`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loan:
    """Who has the port of a console meanwhile.

    Attributes:
        user: Who asked, as identity names them.
        who: How the borrower wishes to be known, such as `alice@laptop`; "" for no other way.
        since: Unix time.
        until: Unix time when it is taken back; None for not before somebody does.
    """

    user: str
    who: str
    since: float
    until: float | None
