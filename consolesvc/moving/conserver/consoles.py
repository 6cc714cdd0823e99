"""A conserver.cf as servers of ours: its blocks in their order, and what becomes of its logs."""

from __future__ import annotations

import ipaddress
import re
import shlex
import socket
from collections import Counter
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Final

from consolesvc.config.units import LARGEST_SIZE
from consolesvc.moving.conserver.blocks import Block, Blocks
from consolesvc.moving.conserver.keywords import KEYWORDS
from consolesvc.moving.conserver.lines import Console, Unfit, entry
from consolesvc.moving.conserver.settings import Settings, apply
from consolesvc.moving.moved import Entry, Moved, Nonsense, Place

EXPECTED: Final = "a conserver.cf has blocks such as: console node3 { master localhost; type exec; }"
_ALL: Final = "*"
_NOWHERE: Final = "/dev/null"
_OURS: Final = PurePosixPath("/var/log/consoles")
"""What our unit may write (config/consolesvc.service)."""
_PLAIN_BREAK = re.compile(r"(?:\\d)*\\z(?:\\d)*")
_SIZE = re.compile(r"([0-9]{1,12})([kKmM]?)")
_UNITS: Final = {"": 1, "k": 1024, "m": 1024**2}
_SMALLEST_SEGMENT: Final = 4096


def read_conserver(path: Path, masters: Collection[str] = ()) -> Moved:
    """What a conserver.cf comes to.

    Args:
        path: The file.
        masters: Names of the conserver host whose consoles are wanted, besides this host's own.

    Raises:
        Nonsense: there is no block in it.
        OSError: it cannot be read.
    """
    moved = Moved()
    defaults: dict[str, Settings] = {}
    consoles: dict[str, Console] = {}
    found = 0
    for block in Blocks(path, moved):
        found += 1
        if block.kind == "default":
            settings = Settings()
            apply(block, settings, defaults, moved)
            defaults[block.name.lower()] = settings
        elif block.kind == "console":
            _add(block, consoles, defaults, moved)
        else:
            _tell(block, moved)
    if not found:
        first = next((f"{place}: {what}: {text}" for place, what, text, _ in moved.notes), f"{path}: no block is in it")
        raise Nonsense(f"{first}; {EXPECTED}")
    for console in consoles.values():
        _move(console, _own_names() | {name.lower() for name in masters}, moved)
    _move_logs([consoles[each.name.lower()] for each in moved.entries], moved)
    return moved


def _add(block: Block, consoles: dict[str, Console], defaults: dict[str, Settings], moved: Moved) -> None:
    """Take in a console that is whole; one of the same name, in any case, gives way to it."""
    settings = Settings()
    if _ALL in defaults:
        settings.include(defaults[_ALL])
    apply(block, settings, defaults, moved)
    console = Console(block.name, block.place, settings)
    try:
        console.check()
    except Unfit as why:
        moved.leave_out(block.place, f"console {block.name}", str(why))
        return
    before = consoles.pop(block.name.lower(), None)
    if before is not None:
        moved.leave_out(before.place, f"console {before.name}", f"is defined once more in {block.place}, which counts")
    consoles[block.name.lower()] = console


def _tell(block: Block, moved: Moved) -> None:
    """Note what a block says that is neither a console's nor a default's."""
    for keyword, value, place in block.statements:
        text = KEYWORDS[block.kind][keyword]
        plain = block.kind == "break" and _PLAIN_BREAK.fullmatch(value) is not None
        loopback = block.kind == "access" and keyword in ("allowed", "trusted") and _is_this_host(value)
        if text and value and not plain and not loopback:
            moved.leave_out(place, f"{block.title}: {keyword}", text)


def _is_this_host(hosts: str) -> bool:
    """Whether a list of hosts is this one alone: where we listen where nothing else is said."""
    return all(_is_loopback(host) for host in re.split(r"[\s,]+", hosts) if host)


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, name.partition(".")[0]}


def _move(console: Console, own: Collection[str], moved: Moved) -> None:
    """Add a console's entry, or note why there is none."""
    what, master = f"console {console.name}", console.settings.text("master")
    if master.lower() not in own and not _is_loopback(master):
        cure = f"import it there, or here with --master {master}"
        moved.leave_out(console.place, what, f"its master is {master}: {cure}")
        return
    try:
        moved.entries.append(entry(console, moved))
    except Unfit as why:
        moved.leave_out(console.place, what, str(why))


def _move_logs(consoles: list[Console], moved: Moved) -> None:
    """One folder has all our logs, and each is called after its console: say where that is another than before."""
    logs = {console.name: _log_of(console) for console in consoles}
    kept = [log for log in logs.values() if log is not None and _is_known(log)]
    folders = Counter(str(log.parent) for log in kept)
    folder = folders.most_common(1)[0][0] if folders else ""
    if folder:
        moved.log["directory"] = folder
        first = next(name for name, log in logs.items() if log is not None and str(log.parent) == folder)
        said = next(console.settings.values["logfile"].place for console in consoles if console.name == first)
        _tell_folder(folder, said, moved)
    for console, each in zip(consoles, moved.entries, strict=True):
        log, logfile = logs[console.name], console.settings.values.get("logfile")
        each.logged = logfile is None or logfile.value not in ("", _NOWHERE)
        if log is not None and logfile is not None and each.logged and not _fits(log, folder, each):
            place = f"{folder or 'the log folder'}/{each.name}.log"
            moved.mention(logfile.place, f"console {console.name}: logfile", f"its log is {place} from now on")
    _move_sizes(consoles, moved)


def _tell_folder(folder: str, place: Place, moved: Moved) -> None:
    """Say what a folder of conserver's has to become; our own is made by the unit."""
    if _OURS not in (PurePosixPath(folder), *PurePosixPath(folder).parents):
        quoted = shlex.quote(folder)
        cure = f"`chown consolesvc {quoted}`, and `systemctl edit consolesvc` with ReadWritePaths={folder}"
        moved.mention(place, f"logs in {folder}", f"as a service, consolesvc writes in {_OURS} alone: {cure}")


def _log_of(console: Console) -> PurePosixPath | None:
    """Where a console was logged; None for nowhere, and where nothing was said."""
    text = console.settings.text("logfile")
    return PurePosixPath(text.replace("&", console.name)) if text else None


def _is_known(log: PurePosixPath) -> bool:
    """Whether it is a file in a folder that our configuration can name."""
    return log.is_absolute() and str(log.parent).isprintable() and str(log) != _NOWHERE


def _fits(log: PurePosixPath, folder: str, each: Entry) -> bool:
    return str(log.parent) == folder and log.name in (each.name, f"{each.name}.log")


def _move_sizes(consoles: list[Console], moved: Moved) -> None:
    """The size at which a log is rotated is one for all here."""
    asked = [each for console in consoles if (each := console.settings.values.get("logfilemax")) and each.value]
    sizes = {statement.value: _size(statement.value) for statement in asked}
    if len(set(sizes.values())) == 1 and _SMALLEST_SEGMENT <= (size := next(iter(sizes.values()))) <= LARGEST_SIZE:
        moved.log["segment_size"] = size
        return
    for statement in asked:
        moved.leave_out(statement.place, "logfilemax", "all logs are rotated at log.segment_size, 8 MiB by default")


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    return 0 if match is None else int(match[1]) * _UNITS[match[2].lower()]
