"""The consoles in numbers. One reading of each, then a family at a time, as the text format wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

from consolesvc.inventory import Server
from consolesvc.lines.base import LineCounters
from consolesvc.metrics.text import Family, Number, Sample, labels

ERRORS: Final = {
    "frame": "frame",
    "overrun": "overrun",
    "parity": "parity",
    "brk": "break",
    "buf_overrun": "buffer_overrun",
}
"""Fields of LineCounters that are errors of the wire, and what `kind` calls them."""
MADE: Final = "made over the API"
"""The one console that all fakes made over the API are counted as: their names are anybody's, and without end."""
SERIES: Final = 21
"""Series of one console at most; README says it, and a test holds it."""


@dataclass(slots=True)
class Reading:
    """What one console does at a moment, or several together. Bytes and counts are since the start.

    Attributes:
        out: Bytes that its machine said.
        typed: Bytes of input taken for the line.
        refused: Bytes of input refused.
        age: Seconds since the last output; None before the first.
        states: How many lines are in which state.
        reopened: How often the line came back.
        viewers: How many are attached.
        lag: Bytes by which the slowest is behind.
        gaps: How often a viewer was told of bytes it could not have.
        missed: How many bytes those were.
        skipped: Bytes that were not looked through for events.
        held: Bytes of output in memory.
        logged: Bytes on disk; None where there is no log, here and in the next two.
        unlogged: Bytes that never reached the disk.
        log_failing: Whether the disk fails.
        errors: Errors of the wire by kind; empty where the line counts none.
    """

    out: int = 0
    typed: int = 0
    refused: int = 0
    age: float | None = None
    states: Counter[str] = field(default_factory=Counter)
    reopened: int = 0
    viewers: int = 0
    lag: int = 0
    gaps: int = 0
    missed: int = 0
    skipped: int = 0
    held: int = 0
    logged: int | None = None
    unlogged: int | None = None
    log_failing: bool | None = None
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: Reading) -> None:
        """Count another console with this one: sums; the youngest output, the slowest viewer, any failing disk."""
        ages = [age for age in (self.age, other.age) if age is not None]
        lag, failing = max(self.lag, other.lag), self.log_failing or other.log_failing
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if theirs is not None:
                setattr(self, each.name, theirs if mine is None else mine + theirs)
        self.age, self.lag, self.log_failing = min(ages, default=None), lag, failing

    def past(self) -> Reading:
        """What stays of it when its console is gone: what was counted, so that no sum goes down."""
        counted = ("out", "typed", "refused", "reopened", "gaps", "missed", "skipped", "logged", "unlogged")
        return Reading(**{name: getattr(self, name) for name in counted})


def read(server: Server, now: float) -> Reading:
    """A console at this moment; `now` is the loop's time."""
    console = server.console
    ring, line, log = console.ring, console.reconnecting, console.log
    counters = None if line.line is None else line.line.counters()
    return Reading(
        out=ring.end - console.began,
        typed=console.typed,
        refused=console.refused,
        age=None if console.last_output is None else now - console.last_output,
        states=Counter({line.state: 1}),
        reopened=max(0, line.opened - 1),
        viewers=len(console.viewers),
        lag=max((ring.end - viewer.offset for viewer in console.viewers), default=0),
        gaps=console.gaps,
        missed=console.missed,
        skipped=console.watch.skipped,
        held=ring.end - ring.start,
        logged=None if log is None else max(0, log.offset - console.began - log.lost),
        unlogged=None if log is None else log.lost,
        log_failing=None if log is None else bool(log.failing),
        errors=_errors(counters),
    )


def _errors(counters: LineCounters | None) -> Counter[str]:
    found: Counter[str] = Counter()
    if counters is not None:
        for name, kind in ERRORS.items():
            value = getattr(counters, name)
            if value is not None:
                found[kind] = value
    return found


One = Callable[[Reading], Number | None]

FAMILIES: Final[Sequence[tuple[Family, One]]] = (
    (
        Family("consolesvc_output_bytes_total", "counter", "Bytes that the console's machine said."),
        lambda reading: reading.out,
    ),
    (
        Family("consolesvc_output_age_seconds", "gauge", "Seconds since its last output; absent before the first."),
        lambda reading: reading.age,
    ),
    (
        Family("consolesvc_input_bytes_total", "counter", "Bytes of input taken for its line."),
        lambda reading: reading.typed,
    ),
    (
        Family("consolesvc_input_refused_bytes_total", "counter", "Bytes of input refused."),
        lambda reading: reading.refused,
    ),
    (
        Family("consolesvc_line_reopens_total", "counter", "How often its line came back after a loss."),
        lambda reading: reading.reopened,
    ),
    (
        Family("consolesvc_line_connected", "gauge", "Whether its line is open; of several, whether all are."),
        lambda reading: reading.states["connected"] == reading.states.total() if reading.states else None,
    ),
    (Family("consolesvc_viewers", "gauge", "Viewers attached."), lambda reading: reading.viewers),
    (
        Family("consolesvc_viewer_lag_bytes", "gauge", "Bytes by which its slowest viewer is behind."),
        lambda reading: reading.lag,
    ),
    (
        Family("consolesvc_gaps_total", "counter", "How often a viewer was told of bytes that it could not have."),
        lambda reading: reading.gaps,
    ),
    (
        Family("consolesvc_missed_bytes_total", "counter", "Bytes that viewers could not have."),
        lambda reading: reading.missed,
    ),
    (
        Family(
            "consolesvc_watch_skipped_bytes_total",
            "counter",
            "Bytes that came too fast to be searched for events.",
        ),
        lambda reading: reading.skipped,
    ),
    (Family("consolesvc_ring_bytes", "gauge", "Bytes of output held in memory."), lambda reading: reading.held),
    (
        Family("consolesvc_log_written_bytes_total", "counter", "Bytes of output that are on disk."),
        lambda reading: reading.logged,
    ),
    (
        Family("consolesvc_log_lost_bytes_total", "counter", "Bytes of output that never reached the disk."),
        lambda reading: reading.unlogged,
    ),
    (
        Family("consolesvc_log_failing", "gauge", "Whether its log cannot be written now."),
        lambda reading: reading.log_failing,
    ),
)
"""The families with one sample of a console."""

LINE_STATE: Final = Family(
    "consolesvc_line_state", "gauge", "1 for the state that its line is in: opening, connected, waiting, lent, closed."
)
LINE_ERRORS: Final = Family(
    "consolesvc_line_errors_total",
    "counter",
    "Errors on the wire, where the line counts them: frame, overrun, parity, break, buffer_overrun.",
)

Labelled = tuple[Mapping[str, str], str, Reading]
"""A console's labels, apart and in braces, and its reading."""


def labelled(console: str, project: str, reading: Reading) -> Labelled:
    """A reading with its labels."""
    pairs = {"console": console, "project": project}
    return pairs, labels(**pairs), reading


def states(one: Labelled) -> Iterator[Sample]:
    """Samples of LINE_STATE."""
    pairs, _, reading = one
    return ((labels(**pairs, state=state), count) for state, count in reading.states.items())


def errors(one: Labelled) -> Iterator[Sample]:
    """Samples of LINE_ERRORS."""
    pairs, _, reading = one
    return ((labels(**pairs, kind=kind), count) for kind, count in reading.errors.items())
