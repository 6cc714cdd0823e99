"""A port lent to another program: to whom, since when and until when (DESIGN 5.1 `down`)."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from consolesvc.lines.reconnecting import ReconnectingLine


class Loan(NamedTuple):
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


class Lending:
    """Lends a line's port and takes it back.

    Args:
        line: Whose port.
    """

    def __init__(self, line: ReconnectingLine) -> None:
        self._line = line
        self._loan: Loan | None = None
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Lending of {self._line.name}: {self.loan}>"

    @property
    def loan(self) -> Loan | None:
        """Who has the port while it is lent; None while it is not."""
        return self._loan if self._line.state == "lent" else None

    async def lend(self, loan: Loan) -> None:
        """Close the line and leave its port to another program; lent already, the new loan counts."""
        async with self._lock:  # of two at once, each must find the other's work done
            self._loan = loan
            await self._line.lend(None if loan.until is None else max(0.0, loan.until - loan.since))

    def take_back(self) -> bool:
        """End a loan now; whether there was one."""
        lent = self.loan is not None
        self._line.take_back()
        return lent
