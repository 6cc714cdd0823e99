"""The lines of the service's own log, on stderr: text, or JSON for who gathers logs (`service.log_format`)."""

from __future__ import annotations

import json
import logging
import time

from consolesvc.http.requests import REQUEST_ID
from consolesvc.log.index import timestamp
from consolesvc.subject import CONSOLE, SESSION


class LineFormatter(logging.Formatter):
    """Formats as logging does, but makes a second's text once: that is a third of an access line's time."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._second = -1
        self._text = ""

    def format(self, record: logging.LogRecord) -> str:
        """A record's line, and what hangs on it."""
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        return f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """The local time with milliseconds, `2026-11-23 18:04:05,678`."""
        second = int(record.created)
        if second != self._second:
            self._second, self._text = second, time.strftime(datefmt or "%Y-%m-%d %H:%M:%S", time.localtime(second))
        return f"{self._text},{int(record.msecs):03d}"


class JsonFormatter(logging.Formatter):
    """One object a line.

    Shape: `time` ISO 8601 in UTC, `level`, `logger` and `message` text. Where it is known: `request`, the id of the
    request that is being answered; `console`, a name; `session`, an id; `exception`, a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """A record's object; what is thrown in it stands on its one line too."""
        # Whoever works for many says in the record which one it is about.
        known = {
            "request": REQUEST_ID.get().strip("-"),
            "console": getattr(record, "console", "") or CONSOLE.get(),
            "session": SESSION.get(),
        }
        found = {
            "time": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in known.items() if value},
        }
        if record.exc_info:
            record.exc_text = record.exc_text or self.formatException(record.exc_info)
        if record.exc_text:
            found["exception"] = record.exc_text
        if record.stack_info:
            found["stack"] = self.formatStack(record.stack_info)
        return json.dumps(found)


FORMATTERS = {"text": LineFormatter, "json": JsonFormatter}
"""By what `service.log_format` says."""
