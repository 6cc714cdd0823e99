"""What is being dealt with, for whoever writes it down: the log's lines know by it which console they are about.

A context variable goes where the work goes, into each task that it begins, so that nothing has to be handed along.
"""

from __future__ import annotations

from contextvars import ContextVar

CONSOLE: ContextVar[str] = ContextVar("console", default="")
"""The name of the console that this task works for; "" for none, or for many."""
SESSION: ContextVar[str] = ContextVar("session", default="")
"""The id of the session that this task serves; "" for none."""
