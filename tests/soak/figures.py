"""What a process has in use, in numbers, over time; and what that says."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """A service at one moment.

    Attributes:
        at: Seconds since the run began.
        own: MiB that it has asked for itself (`Anonymous`): what a leak grows in, and nobody else's coming or going.
        pss: The same, with its share of the programs and libraries that others have loaded, too.
        rss: MiB resident.
        fds: Descriptors in use.
        tasks: Tasks of its event loop.
        threads: Threads.
        sessions: Websockets attached.
        tokens: Tokens that are good.
        files: Files of its own, but for the logs of consoles.
        logs: MiB of logs.
    """

    at: float
    own: float
    pss: float
    rss: float
    fds: int
    tasks: int
    threads: int
    sessions: int
    tokens: int
    files: int
    logs: float


def look(at: float, pid: int, metrics: str, folders: Sequence[Path]) -> Sample:
    """A sample of a process, whose metrics are at hand, and whose files lie in these folders."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    status = Path(f"/proc/{pid}/status").read_text()
    found = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    logs = [file for file in found if file.name.endswith((".log", ".index")) and file.name.startswith("node")]
    return Sample(
        at,
        int(_first(r"Anonymous:\s+(\d+)", rollup)) / 1024,
        int(_first(r"Pss:\s+(\d+)", rollup)) / 1024,
        int(_first(r"VmRSS:\s+(\d+)", status)) / 1024,
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        round(_sum("consolesvc_tasks", metrics)),
        int(_first(r"Threads:\s+(\d+)", status)),
        round(_sum("consolesvc_sessions", metrics)),
        round(_sum("consolesvc_tokens", metrics)),
        len(found) - len(logs),
        sum(_size(file) for file in logs) / MIB,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run has shown.

    Attributes:
        grown: By how much memory grew after the first part of the run, of 1.
        failures: What is wrong, a sentence each.
    """

    grown: float
    failures: list[str]


def judge(before: Sample, samples: Sequence[Sample], after: Sample, warm: float, bound: float) -> Verdict:
    """Hold a run against what must not grow.

    Args:
        before: At rest, before anybody came.
        samples: While people came and went.
        after: At rest again, when all have left.
        warm: Seconds of the run after which memory must not grow any more.
        bound: By how much it may at most, of 1.
    """
    late = [sample for sample in samples if sample.at >= warm]
    few = max(1, len(late) // 8)
    first = statistics.median(sample.own for sample in late[:few])
    last = statistics.median(sample.own for sample in late[-few:])
    grown = last / first - 1
    failures = []
    if grown > bound:
        failures.append(f"memory grew by {grown:.1%}, from {first:.1f} to {last:.1f} MiB; the bound is {bound:.0%}")
    for name in ("fds", "tasks", "files", "sessions"):
        was, now = getattr(before, name), getattr(after, name)
        if now > was:
            failures.append(f"{name}: {now} at rest at the end, {was} before anybody came")
    return Verdict(grown, failures)


def table(samples: Sequence[Sample], rows: int = 30) -> str:
    """The samples, some of them, as lines of text."""
    step = max(1, -(-len(samples) // rows))
    shown = [*samples[::step], *([samples[-1]] if (len(samples) - 1) % step else [])]
    head = "".join(f"{field.name:>9}" for field in fields(Sample))
    lines = [
        "".join(f"{value:>9.1f}" if isinstance(value, float) else f"{value:>9}" for value in asdict(sample).values())
        for sample in shown
    ]
    return "\n".join([head, *lines])


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


def _sum(name: str, metrics: str) -> float:
    found = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", metrics, re.MULTILINE)
    assert found, name
    return sum(map(float, found))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # rotated meanwhile
        return 0
