"""Where a terminal stands in a console's output, over all its connections (DESIGN 5.4). No I/O.

Nothing is shown twice and nothing is missing without a word: bytes count on from the hello's offset, a gap moves the
place, and the next connection asks for the very next byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Position:
    """A place in one stream.

    Attributes:
        stream: The stream that offsets are of; "" before the first hello, and where a service has none.
        offset: The next byte's.
        oldest: The oldest byte that the service still had at the last hello.
        history: End of what was said before this connection: bytes before it are history.
        received: Bytes that have come, over all connections.
        missing: Bytes that were told to be missing.
    """

    stream: str = ""
    offset: int = 0
    oldest: int = 0
    history: int = field(default=0, repr=False)
    received: int = 0
    missing: int = 0

    @property
    def known(self) -> bool:
        """Whether there is a place to come back to."""
        return bool(self.stream)

    def forget(self) -> None:
        """A connection begins whose bytes have no numbers."""
        self.stream, self.history = "", 0

    def hello(self, stream: str, offset: int, oldest: int, history: int) -> tuple[int, int] | None:
        """A connection begins.

        Returns:
            Bytes from and to that are missing and that no gap will tell of; None where there are none. A service
            begins where it was asked to and tells the gap, so this is for one that does not.
        """
        before, same = self.offset, self.known and self.stream == stream
        self.stream, self.offset, self.oldest, self.history = stream, offset, oldest, history
        if not same or offset <= before:
            return None
        self.missing += offset - before
        return before, offset

    def take(self, size: int) -> int:
        """So many bytes come; how many of them, from the first on, are history."""
        history = min(size, max(0, self.history - self.offset))
        self.offset += size
        self.received += size
        return history

    def gap(self, begin: int, end: int) -> int:
        """The next byte is `end`; how many are missing, 0 where `begin` is of another stream."""
        missing = max(0, end - begin)
        self.offset = end
        self.missing += missing
        return missing

    def query(self) -> dict[str, str]:
        """What asks for the very next byte; nothing where there is no place to come back to."""
        return {"since": str(self.offset), "stream": self.stream} if self.known else {}
