"""What a command runs with: our own environment, and the secrets of its `env_file`.

Never an argument: `ps` shows those to every user.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from consolesvc.errors import LineUnavailable

_PAIR: Final = re.compile(r"(?:export\s+)?(?P<key>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")
_OURS: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
"""What systemd tells us and nobody else."""


def environment(env_file: str | None) -> dict[str, str]:
    """The environment of a command. Reads the file anew, so that a changed password needs no restart.

    Raises:
        LineUnavailable: the file cannot be read; never with what is in it.
    """
    found = {key: value for key, value in os.environ.items() if key not in _OURS}
    found.setdefault("TERM", "vt220")
    return found | (read_env_file(env_file) if env_file is not None else {})


def read_env_file(path: str) -> dict[str, str]:
    """KEY=VALUE lines; empty lines and those that begin with # mean nothing, quotes around a value are taken off."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LineUnavailable(f"env_file {path} cannot be read", os.strerror(error.errno or 0)) from error
    except UnicodeDecodeError:
        raise LineUnavailable(f"env_file {path} is not UTF-8", "save it as UTF-8") from None
    found = {}
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _PAIR.fullmatch(bare)
        if match is None or "\0" in bare:
            raise LineUnavailable(f"env_file {path}, line {number}", "expected KEY=VALUE")
        value = match["value"].strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[match["key"]] = value[1:-1] if quoted else value
    return found


def open_to_all(path: str) -> bool:
    """Whether every user of this host may read a file."""
    try:
        return bool(Path(path).stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
