"""The files of a fake server, in memory: a tree of folders, files, and things that only look like files."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

CAPACITY: Final = 1 << 20
"""Characters that all files together can hold."""

MOST_FILES: Final = 2000
MOST_MATCHES: Final = 200
DEEPEST_PATTERN: Final = 16
"""Names in a pattern; a longer one fits nothing."""


class FileError(Exception):
    """A path could not be used; the words are the C library's."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@dataclass(slots=True)
class File:
    """An ordinary file. `changed` is a time of day, in seconds since 1970."""

    content: str = ""
    changed: float = 0
    executable: bool = False

    def read(self) -> str:
        """All of it."""
        return self.content


@dataclass(slots=True)
class Device:
    """A file whose content is made when it is read, and whose writing does something."""

    read: Callable[[], str] = str
    write: Callable[[str], None] | None = None
    changed: float = 0


@dataclass(slots=True)
class Folder:
    """A folder and what is in it, by name."""

    entries: dict[str, Node] = field(default_factory=dict)
    changed: float = 0


Node = File | Device | Folder


class FileSystem:
    """One tree. Paths are texts, absolute or relative to the folder given with them.

    Args:
        wall: Gives the time of day, for the files' times.
    """

    def __init__(self, wall: Callable[[], float]) -> None:
        self.wall = wall
        self.root = Folder(changed=wall())

    def __repr__(self) -> str:
        return f"<FileSystem {self.used()} characters in files>"

    def used(self) -> int:
        """Characters in all files."""
        return sum(len(node.content) for _, node in self.walk() if isinstance(node, File))

    def walk(self, path: str = "/") -> Iterator[tuple[str, Node]]:
        """Every node at and below `path`, with its absolute path."""
        waiting = [(path, self.get(path))]
        while waiting:
            path, node = waiting.pop()
            yield path, node
            if isinstance(node, Folder):
                waiting += [(join(path, name), child) for name, child in sorted(node.entries.items(), reverse=True)]

    def find(self, path: str, folder: str = "/") -> Node | None:
        """The node at `path`, or None."""
        node: Node = self.root
        for name in parts(path, folder):
            child = node.entries.get(name) if isinstance(node, Folder) else None
            if child is None:
                return None
            node = child
        return node if isinstance(node, Folder) or not path.endswith("/") else None

    def get(self, path: str, folder: str = "/") -> Node:
        """The node at `path`; raises FileError."""
        node = self.find(path, folder)
        if node is None:
            raise FileError(path, "No such file or directory")
        return node

    def folder(self, path: str, folder: str = "/") -> Folder:
        """The folder at `path`; raises FileError."""
        node = self.get(path, folder)
        if not isinstance(node, Folder):
            raise FileError(path, "Not a directory")
        return node

    def read(self, path: str, folder: str = "/") -> str:
        """What a file holds; raises FileError."""
        node = self.get(path, folder)
        if isinstance(node, Folder):
            raise FileError(path, "Is a directory")
        return node.read()

    def write(self, path: str, text: str, folder: str = "/", *, append: bool = False) -> None:
        """Make or change a file; raises FileError."""
        node = self.find(path, folder)
        if isinstance(node, Folder):
            raise FileError(path, "Is a directory")
        if isinstance(node, Device):
            if node.write is None:
                raise FileError(path, "Permission denied")
            if text:
                node.write(text)
            return
        before = node.content if node else ""
        if self.used() + len(text) - (0 if append else len(before)) > CAPACITY:
            raise FileError(path, "No space left on device")
        if node is None:
            node = File()
            self._add(path, folder, node)
        node.content, node.changed = (before + text if append else text), self.wall()

    def make_folder(self, path: str, folder: str = "/") -> None:
        """Make a folder; raises FileError."""
        if self.find(path, folder) is not None:
            raise FileError(path, "File exists")
        self._add(path.rstrip("/"), folder, Folder())

    def remove(self, path: str, folder: str = "/") -> None:
        """Take a node out with all below it; raises FileError."""
        self.get(path, folder)
        names = parts(path, folder)
        if not names:
            raise FileError(path, "Device or resource busy")
        parent = self.folder("/" + "/".join(names[:-1]))
        del parent.entries[names[-1]]
        parent.changed = self.wall()

    def _add(self, path: str, folder: str, node: File | Folder) -> None:
        names = parts(path, folder)
        if not names or path.endswith("/"):
            raise FileError(path, "Is a directory")
        parent = self.find("/" + "/".join(names[:-1]))
        if not isinstance(parent, Folder):
            raise FileError(path, "No such file or directory" if parent is None else "Not a directory")
        if sum(1 for _ in self.walk()) >= MOST_FILES:
            raise FileError(path, "No space left on device")
        parent.entries[names[-1]] = node
        node.changed = parent.changed = self.wall()

    def match(self, pattern: str, folder: str = "/") -> list[str]:
        """Paths that fit a pattern of `*`, `?` and `[…]`, as written there; sorted, at most MOST_MATCHES."""
        found = ["/" if pattern.startswith("/") else ""]
        names = pattern.strip("/").split("/")
        if len(names) > DEEPEST_PATTERN:
            return []
        for wanted in names:
            # Each `*/..` multiplies what is found: it must stay bounded on the way too.
            found = list(islice((path for base in found for path in self._below(base, wanted, folder)), MOST_MATCHES))
        return sorted(found)

    def _below(self, base: str, wanted: str, folder: str) -> Iterator[str]:
        node = self.find(base or ".", folder)
        for name in node.entries if isinstance(node, Folder) else ():
            if fnmatch.fnmatchcase(name, wanted) and name.startswith(".") <= wanted.startswith("."):
                yield base.rstrip("/") + "/" + name if base else name
        if isinstance(node, Folder) and wanted in (".", ".."):
            yield base.rstrip("/") + "/" + wanted if base else wanted


def parts(path: str, folder: str = "/") -> list[str]:
    """The names on the way to `path` from the root, with `.` and `..` followed."""
    names: list[str] = []
    for name in (path if path.startswith("/") else f"{folder}/{path}").split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return names


def join(folder: str, name: str) -> str:
    """The absolute path of `name`, which is absolute or in `folder`."""
    return "/" + "/".join(parts(name, folder))
