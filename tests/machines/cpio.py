"""Archives of the kind a Linux kernel unpacks as its first file system: cpio, "newc" (the kernel's buffer-format.rst).

Written here because it takes no root this way, device nodes included, and no program that a machine may lack.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

_END = "TRAILER!!!"


class Archive:
    """A tree of files for a machine, all of root's; a file's folders come with it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[PurePosixPath] = {PurePosixPath(".")}

    def folder(self, path: str) -> None:
        """A folder and those above it."""
        self._parents(PurePosixPath(path) / "x")

    def file(self, path: str, data: bytes | str, mode: int = 0o644) -> None:
        """A file with what is in it."""
        self._add(path, stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def copy(self, source: Path, path: str) -> None:
        """A file of this host's, with its mode."""
        self.file(path, source.read_bytes(), source.stat().st_mode & 0o777)

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path: str, major: int, minor: int) -> None:
        """A character device."""
        self._add(path, stat.S_IFCHR | 0o600, number=os.makedev(major, minor))

    def packed(self) -> bytes:
        """The archive as the kernel reads it; uncompressed, for an emulated processor copies faster than it unpacks."""
        return b"".join([*self._parts, _entry(0, _END, 0, b"", 0)])

    def _parents(self, path: PurePosixPath) -> None:
        for folder in reversed(path.parents):
            if folder not in self._folders:
                self._folders.add(folder)
                self._append(str(folder), stat.S_IFDIR | 0o755, b"", 0)

    def _add(self, path: str, mode: int, data: bytes = b"", number: int = 0) -> None:
        self._parents(PurePosixPath(path))
        self._append(path, mode, data, number)

    def _append(self, path: str, mode: int, data: bytes, number: int) -> None:
        self._parts.append(_entry(len(self._parts) + 1, path, mode, data, number))


def _entry(inode: int, path: str, mode: int, data: bytes, number: int) -> bytes:
    name = path.encode() + b"\0"
    # inode, mode, uid, gid, links, mtime, size, the file system's device (2), a device's own (2), name size, checksum
    major, minor = os.major(number), os.minor(number)
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
