"""The local socket: where a service listens on it, and where a client looks for it (DESIGN 5.1 and 5.3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from consolesvc.client.endpoints import SCHEME
from consolesvc.state import default_path

__all__ = ["NAME", "SCHEME", "SYSTEM", "find_socket", "own_socket"]

NAME: Final = "api.sock"

SYSTEM: Final = (Path("/run/consolesvc") / NAME, Path("/var/lib/consolesvc") / NAME)
"""Where the system's own service has it: under a unit with `RuntimeDirectory=consolesvc`, and without."""
_PATIENCE: Final = 1.0
"""Seconds for which a socket whose program is busy may keep us waiting."""


def own_socket(state: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where this process is to listen: in the runtime folder that systemd gives it, else in the state folder."""
    runtime = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return (Path(runtime) if runtime else state) / NAME


def find_socket(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The socket of a service that runs here and lets us in; the user's own comes before the system's. None: none."""
    return next((path for path in _sockets(environ) if _answers(path)), None)


def _sockets(environ: Mapping[str, str]) -> Iterator[Path]:
    state = default_path(environ)
    if state is not None:
        yield own_socket(state, environ)
    yield from SYSTEM


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(str(path))
        except (TimeoutError, BlockingIOError):  # somebody listens, and is busy
            return True
        except (OSError, ValueError):  # none there, left behind, not for us, no path
            return False
    return True
