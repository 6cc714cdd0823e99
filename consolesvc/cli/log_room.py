"""The logs of a configuration against the disk under them: what they may come to, and whether they have a place there.

Nothing is made or written: a folder that is not there yet is judged by the nearest one above it that is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from consolesvc.config.model import Config
from consolesvc.config.units import format_size
from consolesvc.log.names import LOG
from consolesvc.ownership import ourselves
from consolesvc.state import default_log_path, default_path


@dataclass(frozen=True, slots=True)
class LogRoom:
    """What is wanted, and what there is; bytes.

    Attributes:
        path: The folder of the logs.
        above: It, or the nearest folder above it that is there.
        most: What all logs come to at most; None without a bound.
        there: What they come to now.
        free: What the disk has left for this user; 0 where there is no disk, as below /proc.
    """

    path: Path
    above: Path
    most: int | None
    there: int
    free: int


def log_room(config: Config, environ: Mapping[str, str] = os.environ) -> LogRoom | None:
    """Look at the disk; None where nothing is logged, or where there is no folder before `serve` is told one."""
    path = config.log.directory
    if path is None and (state := default_path(environ)) is not None:
        path = default_log_path(state, environ)
    count = sum(server.log for server in config.servers)
    if path is None or not config.log.enabled or not count:
        return None
    # Not Path.exists, which raises for what may not be looked at.
    above = next(folder for folder in (path, *path.parents) if os.path.exists(folder))  # noqa: PTH110 - see above
    disk = os.statvfs(above)
    return LogRoom(path, above, _most(config, count), _there(path), disk.f_bavail * disk.f_frsize)


def told(room: LogRoom) -> str:
    """What goes into the summary."""
    most = "without a bound" if room.most is None else f"at most {format_size(room.most)}"
    return f"{room.path}: {most}, {format_size(room.free)} free"


def warnings(room: LogRoom, min_free: int) -> Iterator[str]:
    """What will not go well, a sentence each."""
    if not room.above.is_dir():
        yield f"no log is kept: {room.above} is no folder"
        return
    if not os.access(room.above, os.W_OK | os.X_OK, effective_ids=True):
        yield f"no log is kept: {room.path} cannot be {_verb(room)}; {ourselves()}, and {room.above} does not let it"
    if room.most is None:
        yield "the logs have no bound but the disk: `log.max_total` or `log.keep` sets one"
    room_for = max(0, room.free - min_free)
    more = 0 if room.most is None else max(0, room.most - room.there)
    if room.free <= min_free:
        yield (
            f"no log is kept: {format_size(room.free)} are free at {room.above}, "
            f"and `log.min_free` leaves {format_size(min_free)} to others"
        )
    elif more > room_for:
        yield (
            f"the logs may grow by {format_size(more)}, and {format_size(room_for)} are left for that at {room.above} "
            f"beside `log.min_free`: the oldest will be removed before their time"
        )


def _verb(room: LogRoom) -> str:
    return "written" if room.above == room.path else "made"


def _most(config: Config, count: int) -> int | None:
    """So many segments a console, and all of them no more than `max_total`; what is being written is never removed."""
    log = config.log
    bounds = [max(log.max_total, count * log.segment_size)] if log.max_total else []
    if log.keep:
        bounds.append(count * log.segment_size * (log.keep + 1))
    return min(bounds, default=None)


def _there(path: Path) -> int:
    size = 0
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            if entry.name.endswith(LOG):
                with suppress(OSError):
                    size += entry.stat().st_size
    return size
