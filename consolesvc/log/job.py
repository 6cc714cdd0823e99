"""A piece of work for the log's thread."""

from __future__ import annotations


class Job:
    """A piece of work.

    Attributes:
        error: What `work` raised; None where it raised nothing.
    """

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    def work(self) -> None:
        """Do it, in the thread."""
        raise NotImplementedError

    def done(self) -> None:
        """Hear of it, in the loop."""
