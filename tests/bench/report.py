"""What the figures come to: medians, and the ratios that are promised, as text and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.bench.workloads import NO_LOG, OURS, QUICK, Figures


@dataclass
class Row:
    """A peer under a workload, all its runs.

    Attributes:
        runs: The figures of those that were whole.
        errors: What was wrong with the others; one is enough, and the row counts for nothing.
    """

    workload: str
    peer: str
    runs: list[Figures] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def median(self, figure: str) -> float | None:
        """The median of a figure; None for a row that counts for nothing."""
        if self.errors or not self.runs or figure not in self.runs[0]:
            return None
        return statistics.median(run[figure] for run in self.runs)

    def text(self) -> str:
        """One line of the table: each figure's median, and its least and most."""
        if self.errors:
            return f"  {self.peer:22} BROKEN: {self.errors[0]}"
        figures = []
        for figure in self.runs[0] if self.runs else ():
            values = [run[figure] for run in self.runs]
            spread = f" [{min(values):.4g}..{max(values):.4g}]" if len(values) > 1 else ""
            figures.append(f"{figure} {statistics.median(values):.4g}{spread}")
        return f"  {self.peer:22} " + "   ".join(figures)

    def document(self) -> dict[str, Any]:
        medians = {figure: self.median(figure) for figure in (self.runs[0] if self.runs else ())}
        return {
            "workload": self.workload, "peer": self.peer, "median": medians, "runs": self.runs, "errors": self.errors,
        }  # fmt: skip


@dataclass(frozen=True)
class Goal:
    """A promised figure.

    Attributes:
        what: In words.
        workload: Where it is measured.
        figure: Which of its figures.
        peer: Ours.
        of: The peer that it is a ratio of; None for a figure that is promised as it is.
        least: What must be reached.
        aim: What we are after.
        better: Whether more is better, or less.
    """

    what: str
    workload: str
    figure: str
    least: float
    aim: float
    better: Literal["more", "less"]
    of: str | None = None
    peer: str = OURS

    def value(self, rows: Sequence[Row]) -> float | None:
        """The figure, or the ratio of medians; None where it could not be measured."""
        found = {row.peer: row.median(self.figure) for row in rows if row.workload == self.workload}
        ours = found.get(self.peer)
        if self.of is None or ours is None:
            return ours
        theirs = found.get(self.of)
        return ours / theirs if theirs else None

    def reached(self, value: float, bound: float) -> bool:
        return value >= bound if self.better == "more" else value <= bound


BEHIND = "websockify + ser2net"
GOALS = (
    Goal("bulk, CPU, log off", "bulk", "CPU s/GiB", 1.0, 0.8, "less", "websockify", NO_LOG),
    Goal("bulk, CPU, log on", "bulk", "CPU s/GiB", 1.4, 1.1, "less", "websockify"),
    Goal("bulk through a PTY, MB/s", "pty", "MB/s", 1.3, 1.3, "more", BEHIND),
    Goal("bulk through a PTY, of the bound", "pty", "MB/s", 0, 0.9, "more", "pty copy"),
    Goal("echo alone, p50", "echo", "p50 us", 1.1, 1.0, "less", "websockify"),
    Goal("echo beside a flood, p50", "flooded", "p50 us", 2.0, 1.3, "less", "websockify"),
    Goal("echo beside a flood, p50, uvloop", "flooded", "p50 us", 2.0, 1.3, "less", "websockify", QUICK),
    Goal("many consoles, KiB a session", "many", "KiB/session", 30, 20, "less"),
    Goal("many consoles, p99 ms", "many", "p99 ms", 20, 8, "less"),
    Goal("fan-out, MB/s in all", "fan", "MB/s, all", 3, 4, "more", "conserver"),
    Goal("one viewer stalls, s later", "stalled", "later s", 0.5, 0.25, "less"),
    Goal("connect, first byte, close; per s", "comings", "per s", 10, 15, "more", "websockify"),
    Goal("tokens minted per s", "minting", "per s", 0.5, 0.75, "more", "bare aiohttp"),
    Goal("start to ready", "start", "ready s", 2, 1.5, "less", "bare aiohttp", "consolesvc, demo"),
    Goal("memory at rest, PSS", "start", "PSS MiB", 1.35, 1.25, "less", "bare aiohttp", "consolesvc, demo"),
)


def goals_text(rows: Sequence[Row]) -> str:
    """The promises, what was measured of them, and whether it holds."""
    lines = [f"{'':36}{'least':>8}{'aim':>8}{'measured':>10}"]
    for goal in GOALS:
        if goal.workload not in {row.workload for row in rows}:
            continue
        value = goal.value(rows)
        if value is None:
            said = f"{'-':>10}  NOT MEASURED"
        else:
            verdict = "aim" if goal.reached(value, goal.aim) else "ok" if goal.reached(value, goal.least) else "MISSED"
            said = f"{value:10.2f}  {verdict}"
        sign, of = ("≥" if goal.better == "more" else "≤"), f" x {goal.of}" if goal.of else ""
        lines.append(f"{goal.what:36}{sign}{goal.least:>7g}{goal.aim:>8g}{said}{of}")
    return "\n".join(lines)


def goals_document(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {
            "what": goal.what, "of": goal.of, "least": goal.least, "aim": goal.aim, "better": goal.better,
            "value": goal.value(rows),
        }
        for goal in GOALS
    ]  # fmt: skip
