"""Tokens and resume secrets over an upgrade: their hashes are written at TERM and read back once (DESIGN 5.4)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.resume import MemoryResumeStore
from consolesvc.whole import write_whole

log = logging.getLogger(__name__)

FILE = "tokens.json"


def keep(
    folder: Path, tokens: MemoryTokenStore, resumes: MemoryResumeStore, wall: Callable[[], float] = time.time
) -> None:
    """Write what lives to the state folder, readable by us alone. An error is logged: stopping goes on."""
    document = {"time": wall(), "tokens": tokens.dump(), "resume": resumes.dump()}
    try:
        write_whole(folder / FILE, json.dumps(document).encode(), 0o600)
    except OSError as error:
        log.error("tokens were not kept for the next start: %s", error)  # noqa: TRY400 - an operator's matter


def restore(
    folder: Path, tokens: MemoryTokenStore, resumes: MemoryResumeStore, wall: Callable[[], float] = time.time
) -> int:
    """Read back what the last run kept, and remove it; how many secrets are good again.

    A file that cannot be read, or was not written by us, restores nothing.
    """
    path = folder / FILE
    try:
        document = json.loads(path.read_text())
        path.unlink()
        # A clock that was set back must not make anything good for longer.
        gone = max(0.0, wall() - float(document["time"]))
        count = 0
        for store, entries in ((tokens, document["tokens"]), (resumes, document["resume"])):
            for entry in entries:
                count += store.restore(entry, gone)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, LookupError, TypeError) as error:
        log.warning("tokens of the last run could not be read: %s", error)
        return 0
    return count
