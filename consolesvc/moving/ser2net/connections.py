"""A configuration of ser2net's as servers of ours: what it connects to. Who connects to it is said."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consolesvc.moving.moved import Moved, Nonsense, Place
from consolesvc.moving.ser2net.accepters import tell_accepter
from consolesvc.moving.ser2net.connectors import Connection, Unfit, entry
from consolesvc.moving.ser2net.keywords import HERE_ANYHOW, OPTIONS
from consolesvc.moving.ser2net.lines import looks_like_lines, read_lines
from consolesvc.moving.ser2net.serialdev import Uart
from consolesvc.moving.ser2net.tree import Node, expand, read_tree
from consolesvc.moving.source import MOST_FILES, read

_DEPTH: Final = 10
_SECTIONS: Final = {
    "admin": "`consolesvc list`, `down` and `up` take its place",
    "led": "no LED is lit",
    "rotator": "a console has a URL of its own; there is none for the first that is free",
}
_KNOWN: Final = ("define", "default", "delete_default", "connection", "include", *_SECTIONS)
_OFF: Final = frozenset({"off", "false", "no"})


def read_ser2net(path: Path) -> Moved:
    """What a configuration of ser2net's comes to: YAML by its name or its first line, else lines as of old.

    Raises:
        Nonsense: it is neither.
        OSError: it cannot be read.
    """
    text = read(path)
    moved = Moved()
    is_yaml = path.suffix.lower() in (".yaml", ".yml") or text.lstrip().startswith("%YAML")
    if is_yaml or not looks_like_lines(text):
        _Document(moved).read(path, text)
    else:
        read_lines(text, str(path), moved)
    return moved


class _Document:
    """A YAML configuration, read in the order of its files: a definition counts from where it stands."""

    def __init__(self, moved: Moved) -> None:
        self._moved = moved
        self._names: dict[str, str] = {}
        self._defaults: dict[tuple[str, str], str] = {}
        self._files = 0
        self._depth = 0

    def read(self, path: Path, text: str) -> None:
        """Read a file; raises Nonsense where it is none of ser2net's."""
        self._files += 1
        file = str(path)
        document = read_tree(text, file)
        if document.pairs is None or not any(key.text in _KNOWN for key, _ in document.pairs):
            raise Nonsense(
                f"{file}:{document.line}: is no configuration of ser2net; expected keys such as `connection`"
            )
        for key, value in document.pairs:
            self._take(key.text or "", value, Place(file, key.line))

    def _take(self, key: str, value: Node, place: Place) -> None:
        if key == "define":
            self._define(value, place)
        elif key in ("default", "delete_default"):
            self._default(key, value, place)
        elif key == "include":
            self._include(value, place)
        elif key == "connection":
            self._connection(value, place)
        else:
            what = f"{key} {value.name}".strip()[:80]
            self._moved.leave_out(place, what, _SECTIONS.get(key, f"expected one of {', '.join(_KNOWN)}"))

    def _text(self, node: Node, what: str, file: str) -> str:
        """A text with names put in; a name that is not known is noted."""
        text, missing = expand(node, self._names)
        for name in missing:
            self._moved.leave_out(Place(file, node.line), what, f"nothing before it defines {name[:40]}")
        return text

    def _define(self, value: Node, place: Place) -> None:
        if not value.name:
            self._moved.leave_out(place, "define", "has no name, such as &banner")
        else:
            self._names[value.name] = self._text(value, "define", place.file)

    def _default(self, key: str, value: Node, place: Place) -> None:
        keys = {name.text: self._text(each, key, place.file) for name, each in value.pairs or ()}
        name, kind = keys.get("name", ""), keys.get("class", "")
        if key == "delete_default":
            self._defaults.pop((kind, name), None)
        elif Uart().set(name, keys.get("value", "")):
            self._defaults[kind, name] = keys.get("value", "")
        elif name not in HERE_ANYHOW and kind in ("", "serialdev", "sdev", "ser2net"):
            self._moved.leave_out(place, f"default {name[:40]}", OPTIONS.get(name, "is nothing that a line has here"))

    def _serial_defaults(self) -> dict[str, str]:
        """Those of serial devices: their own come before those of all."""
        of_all = {name: value for (kind, name), value in self._defaults.items() if not kind}
        own = {name: value for (kind, name), value in self._defaults.items() if kind in ("serialdev", "sdev")}
        return {**of_all, **own}

    def _include(self, value: Node, place: Place) -> None:
        pattern = self._text(value, "include", place.file)
        found = list(_matches(pattern, place.file))
        if not found:
            self._moved.leave_out(place, f"include {pattern[:80]}", "there is no such file")
        for path in found:
            if self._files >= MOST_FILES or self._depth >= _DEPTH:
                text = f"files that include files are read {_DEPTH} deep, and {MOST_FILES} in all"
                self._moved.leave_out(place, f"include {path}", text)
                return
            self._depth += 1
            try:
                self.read(path, read(path))
            except Nonsense as error:
                self._moved.leave_out(place, f"include {path}", str(error))
            except OSError as error:
                self._moved.leave_out(place, f"include {path}", f"cannot be read: {error.strerror}")
            finally:
                self._depth -= 1

    def _connection(self, value: Node, place: Place) -> None:
        name = value.name
        if not name or value.pairs is None:
            expected = "has no name, such as &node3" if not name else "expected keys such as accepter and connector"
            self._moved.leave_out(place, f"connection {name}".strip(), f"{expected}; ser2net refuses it, too")
            return
        keys = {key.text or "": each for key, each in value.pairs}
        texts = {
            key: self._text(each, f"{name}: {key}", place.file) for key, each in keys.items() if each.pairs is None
        }
        self._tell(name, keys, texts, place.file)
        connector = texts.get("connector", "")
        at = Place(place.file, keys["connector"].line) if "connector" in keys else place
        connection = Connection(name, place, connector, at, self._serial_defaults())
        try:
            _check(texts)
            made = entry(connection, self._moved)
        except Unfit as why:
            self._moved.leave_out(at, name, str(why))
            return
        self._moved.entries.append(made)
        if "accepter" in keys:
            tell_accepter(name, texts.get("accepter", ""), Place(place.file, keys["accepter"].line), self._moved)

    def _tell(self, name: str, keys: dict[str, Node], texts: dict[str, str], file: str) -> None:
        """Note what of a connection has no place here."""
        for key, each in keys.items():
            place = Place(file, each.line)
            if key == "timeout" and texts.get(key, "0").strip("0 "):
                self._moved.leave_out(place, f"{name}: timeout", "nobody is sent away for silence")
            elif key == "options":
                self._options(name, each, file)
            elif key not in ("accepter", "connector", "enable", "timeout"):
                self._moved.leave_out(place, f"{name}: {key[:40]}", "is no key of a connection")

    def _options(self, name: str, options: Node, file: str) -> None:
        for key, _ in options.pairs or ():
            option = key.text or ""
            if option not in HERE_ANYHOW:
                text = OPTIONS.get(option, "is no option of a connection")
                self._moved.leave_out(Place(file, key.line), f"{name}: {option[:40]}", text)


def _check(texts: dict[str, str]) -> None:
    """Raise Unfit for a connection that ser2net does not serve."""
    if texts.get("enable", "on").strip().lower() in _OFF:
        raise Unfit("is not enabled; a server that is here is always on")
    if not texts.get("connector"):
        raise Unfit("has no connector; ser2net refuses it, too")


def _matches(pattern: str, file: str) -> Iterator[Path]:
    """The files that a pattern means: beside the file that has it, or as it says."""
    try:
        near = sorted(glob.glob(pattern, root_dir=Path(file).parent))  # noqa: PTH207 - Path.glob refuses an absolute pattern
        yield from (Path(file).parent / match for match in near) if near else map(Path, sorted(glob.glob(pattern)))  # noqa: PTH207 - likewise
    except (OSError, ValueError):
        return
