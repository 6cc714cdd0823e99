"""What a server takes of this host: CPU and memory of its processes, and the CPUs that everybody is kept on."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpus() -> tuple[set[int] | None, set[int] | None]:
    """The CPUs of the server and of all else; None and None where there is one for both."""
    usable = sorted(os.sched_getaffinity(0))
    return ({usable[0]}, set(usable[1:])) if len(usable) > 1 else (None, None)


def describe() -> dict[str, str]:
    """This host, for whoever reads the figures later."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine())
    return {
        "cpu": f"{len(os.sched_getaffinity(0))} x {model}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


class Stolen:
    """How much of this host's CPUs another host above it took, since this was made: what a virtual machine suffers."""

    def __init__(self) -> None:
        self._before = self._ticks()

    @property
    def percent(self) -> float:
        """Of all CPU time, idle too."""
        stolen, total = (now - before for now, before in zip(self._ticks(), self._before, strict=True))
        return 100 * stolen / total if total else 0.0

    @staticmethod
    def _ticks() -> tuple[int, int]:
        """Ticks stolen, and all: proc(5), /proc/stat; what guests took is counted in user's already."""
        ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return ticks[7], sum(ticks)


def have_memory(folder: Path, size: int) -> None:
    """Have so many bytes of memory at hand for files in a folder.

    A virtual machine's host may take back what is free: the first write to such a page then costs ten times what
    writing costs (measured: 3.0 s of CPU for 1 GiB, and 0.25 s the next time), and whose log it is has no part in it.
    """
    file = folder / "memory"
    with file.open("wb", buffering=0) as scratch:
        for _ in range(size >> 20):
            scratch.write(bytes(1 << 20))
    file.unlink()


def tree(pids: Iterable[int]) -> list[int]:
    """These processes and all that they started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    left = list(pids)
    while left:
        found.append(left.pop())
        left += children.get(found[-1], ())
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU that the processes have used, in seconds, with that of the children they have waited for."""
    total = 0.0
    for pid in tree(pids):
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[13]) + int(fields[14])) / _TICKS
    return total


def memory(pids: Iterable[int]) -> dict[str, float]:
    """MiB resident (`rss`) and by proportional share (`pss`) of the processes together."""
    sizes = {"rss": 0.0, "pss": 0.0}
    for pid in tree(pids):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name = line.partition(":")[0].lower()
                if name in sizes:
                    sizes[name] += int(line.split()[1]) / 1024
    return sizes
