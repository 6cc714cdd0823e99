"""Passwords that another configuration had in it, in files of their own: ours has no place for any (DESIGN 5.2)."""

from __future__ import annotations

import os
from pathlib import Path

from consolesvc.moving.moved import Entry, Moved


def keep_secrets(moved: Moved, folder: Path | None) -> None:
    """Write the secrets of each entry into a file, which its line names; without a folder, note where they belong.

    Args:
        moved: The entries, their names given.
        folder: Where; made where it is not there. A file that is there is not written over.

    Raises:
        OSError: it cannot be written.
    """
    if folder is not None and any(entry.secrets for entry in moved.entries):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in moved.entries:
        if entry.secrets:
            _keep(entry, moved, folder)


def _keep(entry: Entry, moved: Moved, folder: Path | None) -> None:
    names = " and ".join(f"{variable}=…" for variable in entry.secrets)
    if not all(secret.isprintable() for secret in entry.secrets.values()):
        moved.leave_out(entry.place, entry.name, f"a secret that is no text; {names} go into an env_file of its line")
    elif folder is None:
        cure = f"write {names} into a file of mode 0600, and add env_file: FILE to its line; --env-dir DIR does it"
        moved.leave_out(entry.place, entry.name, f"its password is not in the configuration: {cure}")
    else:
        path = Path(os.path.abspath(folder)) / f"{entry.name}.env"  # noqa: PTH100 - resolve() would follow links
        _write(path, "".join(f'{variable}="{secret}"\n' for variable, secret in entry.secrets.items()))
        entry.line["env_file"] = str(path)


def _write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read; raises FileExistsError where another is there."""
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") == text:
        return
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
