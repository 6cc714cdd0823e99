"""The last bytes of a console's output, addressed by absolute offset (DESIGN decision 1).

A reader is an offset and nothing else: it costs the ring nothing, cannot slow it down, and what it missed is a
subtraction. The bytes lie in one bytearray, which grows with what it holds up to the ring's capacity and is then
written round and round. (Cutting the front off instead looks free and is not: Python then moves the whole array for
every eighth of it that is appended.)

Copies are what a fast relay's time goes into, so a full ring saves both of its own: a line may read straight into
`space`, and the log's thread is lent the memory that it writes to disk.
"""

from __future__ import annotations

from collections.abc import Sequence


class Ring:
    """A byte stream's tail, `data[start:end]` of all bytes since offset 0.

    Args:
        capacity: Bytes kept. Nothing is allocated before the first append (DESIGN decision 10).
        base: The offset of the first byte that will be appended.
    """

    __slots__ = ("_base", "_data", "_lent", "capacity", "end")

    def __init__(self, capacity: int, base: int = 0) -> None:
        self.capacity = capacity
        self.end = base
        self._base = base
        self._data = bytearray()
        self._lent: int | None = None
        """Offset of the first byte that is lent."""

    def __repr__(self) -> str:
        return f"<Ring {self.start}..{self.end} of {self.capacity}>"

    @property
    def start(self) -> int:
        """The offset of the oldest byte still held."""
        return self.end - len(self._data)

    @property
    def full(self) -> bool:
        """Whether it holds as much as it can: from then on the oldest bytes go."""
        return len(self._data) == self.capacity

    # Bytes in

    def append(self, data: bytes | memoryview) -> None:
        """Add bytes at the end; the oldest go where there is no room."""
        room = self.capacity - len(self._data)
        if room:
            self._data += data[:room]
        size = len(data)
        if size > room:
            self._overwrite(self.end + max(room, size - self.capacity), data[max(room, size - self.capacity) :])
        self.end += size

    def space(self, most: int) -> memoryview:
        """Where the next bytes of a full ring belong, up to `most` of them: to be filled at once, and then `commit`ted.

        Until then what was there, the oldest bytes, may be spoiled, but is still counted as held.
        """
        self._spare_the_lent(most)
        at = (self.end - self._base) % self.capacity
        return memoryview(self._data)[at : at + most]

    def commit(self, size: int) -> memoryview:
        """Count in the first `size` bytes of `space`, and give them, valid until the next bytes come."""
        at = (self.end - self._base) % self.capacity
        self.end += size
        return memoryview(self._data)[at : at + size]

    def skip(self, offset: int) -> None:
        """Go on at `offset`, above the end: what is held is forgotten, and the bytes between are nobody's."""
        self._data = bytearray()
        self._base = self.end = offset
        self._lent = None

    def resize(self, capacity: int) -> None:
        """Hold so many bytes from now on; the oldest go where that is less."""
        kept = bytearray(self.read(max(self.start, self.end - capacity), capacity))
        self._data, self._base, self.capacity = kept, self.end - len(kept), capacity
        self._lent = None  # what is lent is the old memory, which stays as it is

    # Bytes out

    def read(self, offset: int, limit: int) -> bytes:
        """A copy of up to `limit` bytes from `offset`, which lies in `start..end`.

        A copy, because what lies there is overwritten sooner or later.

        Raises:
            ValueError: `offset` is outside: the caller has not looked for its gap.
        """
        parts = self._parts(offset, limit)
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def lend(self, offset: int, limit: int) -> Sequence[bytes | memoryview]:
        """As `read`, in at most two parts, which stay as they are until `give_back`. One loan at a time.

        The memory itself is lent: should new bytes come round to it while it is out, the ring moves to other memory.
        """
        if not self.full:
            # It may have to grow, which it cannot while its memory is out.
            return (self.read(offset, limit),)
        parts = self._parts(offset, limit)
        self._lent = offset
        return parts

    def give_back(self) -> None:
        """End the loan. Idempotent."""
        self._lent = None

    def line_start(self, offset: int) -> int:
        """The first start of a line at or after `offset`, or `offset` itself where none follows.

        A line starts behind LF, and at offset 0.
        """
        if offset == 0 or (offset > self.start and self.read(offset - 1, 1) == b"\n"):
            return offset
        begin = max(offset, self.start)
        found = self.read(begin, self.capacity).find(b"\n")
        return offset if found < 0 or begin + found + 1 == self.end else begin + found + 1

    def _parts(self, offset: int, limit: int) -> list[memoryview]:
        if not self.start <= offset <= self.end:
            raise ValueError(f"offset {offset} is outside {self.start}..{self.end}")
        at = (offset - self._base) % self.capacity
        size = min(limit, self.end - offset)
        over = at + size - self.capacity
        view = memoryview(self._data)
        return [view[at : at + size]] if over <= 0 else [view[at:], view[:over]]

    def _overwrite(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes, of which there are no more than the capacity, where those of `offset` belong."""
        size = len(data)
        self._spare_the_lent(offset - self.end + size)
        at = (offset - self._base) % self.capacity
        first = self.capacity - at
        if size <= first:
            self._data[at : at + size] = data
        else:
            self._data[at:] = data[:first]
            self._data[: size - first] = data[first:]

    def _spare_the_lent(self, coming: int) -> None:
        if self._lent is not None and self.end + coming > self._lent + self.capacity:
            self._data = bytearray(self._data)
            self._lent = None
