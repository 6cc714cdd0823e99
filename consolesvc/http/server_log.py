"""What aiohttp's own server log may say (DESIGN decision 6).

A request that is no HTTP never reaches a middleware: aiohttp answers 400 by itself and logs a traceback that quotes the
request line, its query and the token in it. Here that becomes one line without a quotation.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

SERVER_LOGGER = "aiohttp.server"


class MalformedRequests(logging.Filter):
    """Rewrites the records of malformed requests; every other record passes as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass; one about a malformed request without its traceback and its text."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            # aiohttp passes the peer's address, or nothing where it found the rest of a body broken.
            peer = record.args[0] if isinstance(record.args, tuple) and record.args else None
            record.msg, record.args = "malformed request from %s: %s", (peer or "a client", type(error).__name__)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return True


def keep_requests_out_of_the_log() -> None:
    """Put the filter on aiohttp's server logger. Safe to call again."""
    logger = logging.getLogger(SERVER_LOGGER)
    if not any(isinstance(each, MalformedRequests) for each in logger.filters):
        logger.addFilter(MalformedRequests())
