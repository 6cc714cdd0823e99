"""The process in numbers, by the names that every Prometheus client library gives them."""

from __future__ import annotations

import functools
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from consolesvc.metrics.text import Family

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
TICKS: Final = os.sysconf("SC_CLK_TCK")

_RESIDENT = Family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.")
_VIRTUAL = Family("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.")
_CPU = Family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.")
_OPEN = Family("process_open_fds", "gauge", "Number of open file descriptors.")
_MOST = Family("process_max_fds", "gauge", "Maximum number of open file descriptors.")
_START = Family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")


def texts() -> Iterator[str]:
    """A family at a time."""
    virtual, resident = (int(pages) * PAGE for pages in Path("/proc/self/statm").read_text().split()[:2])
    yield _RESIDENT.text(("", resident))
    yield _VIRTUAL.text(("", virtual))
    times = os.times()
    yield _CPU.text(("", round(times.user + times.system, 2)))
    yield _OPEN.text(("", descriptors()))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most != resource.RLIM_INFINITY:
        yield _MOST.text(("", most))
    yield _START.text(("", started()))


def descriptors() -> int:
    """How many descriptors are open."""
    # Linux tells it as the folder's size since 6.2; before, they have to be counted, and there may be many.
    return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd"))  # noqa: PTH116, PTH208 - the fastest way


@functools.cache
def started() -> float:
    """When this process was started, unix seconds."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    # Field 22 of proc(5), of which three come before: ticks after the host's start.
    return round(time.time() - uptime + int(fields[19]) / TICKS, 2)
