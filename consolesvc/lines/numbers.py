"""A console's numbering, as a line knows it whose bytes are counted elsewhere."""

from __future__ import annotations

from typing import Protocol


class Numbers(Protocol):
    """See the module; the console is one."""

    @property
    def end(self) -> int:
        """Offset behind the last byte there is; 0 where there has never been one."""
        ...

    @property
    def stream(self) -> str:
        """Names the numbering."""
        ...

    @property
    def memory(self) -> int:
        """Bytes of history worth asking for at first."""
        ...

    async def adopt(self, stream: str, offset: int) -> None:
        """Begin there: nothing has come yet."""
        ...

    async def skip(self, offset: int) -> None:
        """Go on at `offset`: the bytes before it cannot be had."""
        ...

    def tell(self, text: str) -> None:
        """Tell every viewer."""
        ...
