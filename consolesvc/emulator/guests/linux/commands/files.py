"""Commands about files."""

from __future__ import annotations

import fnmatch
import time
from typing import Final

from consolesvc.emulator.guests.linux.filesystem import Device, File, FileError, Folder, Node, join
from consolesvc.emulator.guests.linux.session import Call, UsageProblem
from consolesvc.emulator.guests.program import Program
from consolesvc.emulator.guests.width import COLUMNS, columns

_BLUE, _GREEN, _YELLOW, _PLAIN = "\x1b[1;34m", "\x1b[1;32m", "\x1b[1;33m", "\x1b[0m"
_COLOURS: Final = ("--color", "--color=auto", "--color=always", "--color=never")
_COUNTED: Final = 4096


def pwd(call: Call) -> int:
    """`pwd`: the folder you are in."""
    call.out(call.session.folder + "\n")
    return 0


def cd(call: Call) -> int:
    """`cd [FOLDER]`: go to a folder; `cd -` goes back."""
    session = call.session
    path = call.args[0] if call.args else session.environment["HOME"]
    if path == "-":
        path = session.environment.get("OLDPWD", session.folder)
        call.out(path + "\n")
    if not isinstance(session.files.get(path, session.folder), Folder):
        raise FileError(path, "Not a directory")
    session.environment["OLDPWD"] = session.folder
    session.go(path)
    return 0


def ll(call: Call) -> int:
    """`ll`: ls -la."""
    call.args = ["-la", *call.args]
    return ls(call)


def ls(call: Call) -> int:
    """`ls [-la1dFtSrR] [PATH...]`: what is in a folder."""
    call.args = [arg for arg in call.args if arg not in _COLOURS]  # a terminal has colours anyway
    letters, paths = call.options("la1dFhrtSACR")
    status = 0
    session = call.session
    plain: list[tuple[str, Node]] = []
    folders: list[tuple[str, Folder]] = []
    for path in paths or ["."]:
        node = session.files.find(path, session.folder)
        if node is None:
            status = call.complain(f"cannot access '{path}': No such file or directory", 2)
        elif isinstance(node, Folder) and "d" not in letters:
            folders += _below(call, path) if "R" in letters else [(path, node)]
        else:
            plain.append((path, node))
    _list(call, plain, letters)
    for place, (path, folder) in enumerate(folders):
        if len(folders) + len(plain) > 1 or "R" in letters:
            call.out(("\n" if place or plain else "") + f"{path}:\n")
        entries = _sorted(
            [entry for entry in folder.entries.items() if entry[0][0] != "." or letters & {*"aA"}], letters
        )
        if "a" in letters:
            entries = [(".", folder), ("..", folder), *entries]
        if "l" in letters:
            call.out(f"total {4 * len(entries)}\n")
        _list(call, entries, letters)
    return status


def _below(call: Call, path: str) -> list[tuple[str, Folder]]:
    """A folder and all those in it, each by its path as `path` begins it."""
    base = join(call.session.folder, path)
    nodes = call.session.files.walk(base)
    length = len(base.rstrip("/"))
    return [
        ((path.rstrip("/") + place[length:] if place != base else path), node)
        for place, node in nodes
        if isinstance(node, Folder)
    ]


def _sorted(entries: list[tuple[str, Node]], letters: set[str]) -> list[tuple[str, Node]]:
    """By name, or newest (-t) or largest (-S) first; -r the other way round."""
    entries = sorted(entries, key=lambda entry: entry[0])
    if "t" in letters:
        entries.sort(key=lambda entry: -entry[1].changed)
    elif "S" in letters:
        entries.sort(key=lambda entry: -len(entry[1].content) if isinstance(entry[1], File) else -_COUNTED)
    return entries[::-1] if "r" in letters else entries


def _list(call: Call, entries: list[tuple[str, Node]], letters: set[str]) -> None:
    if "l" in letters:
        for name, node in entries:
            call.out(f"{_details(node)} {_coloured(call, name, node, letters)}\n")
        return
    names = [name + _mark(node, letters) for name, node in entries]
    column = max(map(columns, names), default=0) + 2
    across = 1 if "1" in letters or not call.is_tty else max(1, COLUMNS // column)
    rows = -(-len(entries) // across)
    for row in range(rows):
        line = ""
        for place in range(row, len(entries), rows):
            name, node = entries[place]
            gap = " " * (column - columns(names[place])) if place + rows < len(entries) else ""
            line += _coloured(call, name, node, letters) + gap
        call.out(line + "\n")


def _mark(node: Node, letters: set[str]) -> str:
    return "/" if "F" in letters and isinstance(node, Folder) else ""


def _coloured(call: Call, name: str, node: Node, letters: set[str]) -> str:
    executable = isinstance(node, File) and node.executable
    colour = _BLUE if isinstance(node, Folder) else _YELLOW if isinstance(node, Device) else _GREEN * executable
    shown = f"{colour}{name}{_PLAIN}" if colour and call.is_tty else name
    return shown + _mark(node, letters)


def _details(node: Node) -> str:
    size, mode, links = 0, "-rw-r--r--", 1
    if isinstance(node, Folder):
        size, mode, links = _COUNTED, "drwxr-xr-x", 2
    elif isinstance(node, Device):
        mode = "crw--w----" if node.write else "-r--r--r--"
    else:
        size, mode = len(node.content.encode("utf-8", "surrogateescape")), "-rwxr-xr-x" if node.executable else mode
    changed = time.strftime("%b %e %H:%M", time.gmtime(node.changed))
    return f"{mode} {links} root root {size:8} {changed}"


def cat(call: Call) -> Program[int]:
    """`cat [FILE...]`: what is in files; without any, what you type until ^D."""
    _, paths = call.options("nAev")
    status = 0
    for path in paths or ["-"]:
        contents = yield from call.inputs([path])
        status = status if contents else 1
        yield from call.give("".join(content for _, content in contents))
    return status


def mkdir(call: Call) -> int:
    """`mkdir [-p] FOLDER...`: make folders."""
    letters, paths = call.options("pv")
    session = call.session
    for path in _some(paths):
        if "p" in letters:
            names = path.rstrip("/").split("/")
            for end in range(1, len(names) + 1):
                part = "/".join(names[:end]) or "/"
                if session.files.find(part, session.folder) is None:
                    session.files.make_folder(part, session.folder)
        else:
            session.files.make_folder(path, session.folder)
    return 0


def rmdir(call: Call) -> int:
    """`rmdir FOLDER...`: remove empty folders."""
    for path in _some(call.options()[1]):
        if call.session.files.folder(path, call.session.folder).entries:
            raise FileError(path, "Directory not empty")
        call.session.files.remove(path, call.session.folder)
    return _stay(call)


def touch(call: Call) -> int:
    """`touch FILE...`: make files, or make them newer."""
    session = call.session
    for path in _some(call.options("c")[1]):
        node = session.files.find(path, session.folder)
        if node is None:
            session.files.write(path, "", session.folder)
        else:
            node.changed = session.kernel.wall()
    return 0


def rm(call: Call) -> int:
    """`rm [-rf] PATH...`: remove files, and with -r folders; they are back at the next boot."""
    letters, paths = call.options("rRfv")
    session = call.session
    status = 0
    for path in paths if "f" in letters else _some(paths):
        node = session.files.find(path, session.folder)
        if node is None and "f" in letters:
            continue
        if isinstance(node, Folder) and not letters & {"r", "R"}:
            status = call.complain(f"cannot remove '{path}': Is a directory")
        elif isinstance(node, Folder) and node is session.files.root:
            status = call.complain("it is dangerous to operate recursively on '/'")
        else:
            session.files.remove(path, session.folder)
    return _stay(call) or status


def _stay(call: Call) -> int:
    """Who removes the folder they are in stands in the root."""
    if not isinstance(call.session.files.find(call.session.folder), Folder):
        call.session.go("/")
    return 0


def cp(call: Call) -> int:
    """`cp FILE... TARGET`: copy files."""
    session = call.session
    _, paths = call.options("afpv")
    for source, target in _targets(call, paths):
        session.files.write(target, session.files.read(source, session.folder), session.folder)
    return 0


def mv(call: Call) -> int:
    """`mv FILE... TARGET`: move files."""
    session = call.session
    _, paths = call.options("fv")
    for source, target in _targets(call, paths):
        content = session.files.read(source, session.folder)
        if join(session.folder, source) != join(session.folder, target):
            session.files.write(target, content, session.folder)
            session.files.remove(source, session.folder)
    return 0


def _targets(call: Call, paths: list[str]) -> list[tuple[str, str]]:
    if len(paths) < 2:  # noqa: PLR2004 - from and to
        raise UsageProblem("missing file operand")
    *sources, target = paths
    if isinstance(call.session.files.find(target, call.session.folder), Folder):
        return [(source, f"{target}/{source.rstrip('/').rpartition('/')[2]}") for source in sources]
    if len(sources) > 1:
        raise FileError(target, "Not a directory")
    return [(sources[0], target)]


def find(call: Call) -> int:
    """`find [FOLDER] [-name PATTERN]`: every file below a folder."""
    session = call.session
    args = list(call.args)
    pattern = "*"
    if "-name" in args:
        place = args.index("-name")
        if place + 1 >= len(args):
            raise UsageProblem("missing argument to '-name'")
        pattern = args[place + 1]
        del args[place : place + 2]
    if [arg for arg in args if arg.startswith("-")]:
        raise UsageProblem("only -name is known here")
    for start in args or ["."]:
        base = join(session.folder, start)
        for path, _ in session.files.walk(base):
            if fnmatch.fnmatchcase(path.rpartition("/")[2], pattern):
                call.out((start.rstrip("/") + path[len(base.rstrip("/")) :] if path != base else start) + "\n")
    return 0


def _some(paths: list[str]) -> list[str]:
    if not paths:
        raise UsageProblem("missing operand")
    return paths
