"""The last bytes of a console's output, addressed by absolute offset (DESIGN decision 1).

A reader is an offset and nothing else: it costs the ring nothing, cannot slow it down, and what it missed is a
subtraction. The bytes lie in one bytearray whose front is cut off in steps: deleting from the front of a bytearray
moves a pointer, so an append at capacity stays under a microsecond.
"""

from __future__ import annotations


class Ring:
    """A byte stream's tail, `data[start:end]` of all bytes since offset 0.

    Args:
        capacity: Bytes kept. Nothing is allocated before the first append (DESIGN decision 10).
        base: The offset of the first byte that will be appended.
    """

    __slots__ = ("_data", "capacity", "end")

    def __init__(self, capacity: int, base: int = 0) -> None:
        self.capacity = capacity
        self.end = base
        self._data = bytearray()

    def __repr__(self) -> str:
        return f"<Ring {self.start}..{self.end} of {self.capacity}>"

    @property
    def start(self) -> int:
        """The offset of the oldest byte still held."""
        return self.end - len(self._data)

    def append(self, data: bytes | memoryview) -> None:
        """Add bytes at the end; the oldest go where there is no room."""
        self._data += data
        self.end += len(data)
        over = len(self._data) - self.capacity
        if over > 0:
            del self._data[:over]

    def read(self, offset: int, limit: int) -> bytes:
        """A copy of up to `limit` bytes from `offset`, which lies in `start..end`.

        A copy, because a live memoryview would make the next append fail (measured: style.md section 6).

        Raises:
            ValueError: `offset` is outside: the caller has not looked for its gap.
        """
        begin = offset - self.start
        if begin < 0 or offset > self.end:
            raise ValueError(f"offset {offset} is outside {self.start}..{self.end}")
        return bytes(memoryview(self._data)[begin : begin + limit])

    def line_start(self, offset: int) -> int:
        """The first start of a line at or after `offset`, or `offset` itself where none follows.

        A line starts behind LF, and at offset 0.
        """
        begin = offset - self.start
        if offset == 0 or (begin > 0 and self._data[begin - 1] == ord("\n")):
            return offset
        found = self._data.find(b"\n", max(begin, 0))
        return offset if found < 0 or found + 1 == len(self._data) else self.start + found + 1
