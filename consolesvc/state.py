"""Our folders: where they are (DESIGN 5.1), and the lock against a second process."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from consolesvc.errors import StartError


class LockedFolder:
    """A folder of ours; its lock goes with the process, however that ends.

    Args:
        what: What it is, for the error: "state folder".
        path: Where; made if it is not there.
        cure: What to do where it cannot be had.

    Raises:
        StartError: another process holds it, which is named.
        OSError: it cannot be made or written.
    """

    def __init__(self, what: str, path: Path, cure: str, mode: int = 0o700) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=mode)
        self._lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            who = f"consolesvc with pid {holder}" if holder.isdigit() else "another consolesvc"
            raise StartError(f"{what} {path} is in use by {who}; stop it, or {cure}") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Unlock. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def state_folder(path: Path) -> LockedFolder:
    """The state folder at `path`, locked; raises StartError."""
    cure = "choose another with --state-dir"
    try:
        return LockedFolder("state folder", path, cure)
    except OSError as error:
        raise StartError(f"state folder {path}: {error.strerror}; {cure}") from error


def default_path(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where state lives when nothing is said: `$STATE_DIRECTORY`, `/var/lib/consolesvc` for root, else the XDG folder.

    None for a user without a home.
    """
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    if os.geteuid() == 0:
        return Path("/var/lib/consolesvc")
    if given := environ.get("XDG_STATE_HOME"):
        return Path(given) / "consolesvc"
    home = Path(environ.get("HOME", "/nonexistent"))
    return home / ".local/state/consolesvc" if os.access(home, os.W_OK) else None


def default_log_path(state: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where logs live when nothing is said: `$LOGS_DIRECTORY`, root's `/var/log/consoles`, else in the state folder."""
    if given := environ.get("LOGS_DIRECTORY"):
        return Path(given.split(":")[0])
    return Path("/var/log/consoles") if os.geteuid() == 0 else state / "logs"


def temporary_path() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with the process."""
    return tempfile.TemporaryDirectory(prefix="consolesvc-")
