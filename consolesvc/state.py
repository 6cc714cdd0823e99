"""The state folder: where it is (DESIGN 5.1), and the lock against a second process."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

from consolesvc.errors import StartError


class StateFolder:
    """A locked folder; the lock goes with the process, however that ends.

    Raises:
        StartError: it cannot be made or written, or another process holds it, which is named.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartError(f"state folder {path}: {error.strerror}; choose another with --state-dir") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            who = f"consolesvc with pid {holder}" if holder.isdigit() else "another consolesvc"
            raise StartError(
                f"state folder {path} is in use by {who}; stop it, or choose another with --state-dir"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Unlock. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def default_path(environ: dict[str, str] | os._Environ[str] = os.environ) -> Path | None:
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


def temporary_path() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with the process."""
    return tempfile.TemporaryDirectory(prefix="consolesvc-")
