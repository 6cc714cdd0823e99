"""`scripts/bench`: our service beside what else one could take, the same work in the same run, every byte checked.

Peers take turns (A B A B), each on the first CPU alone, the load on the others; figures are medians, and only ratios of
one run mean anything, less so where `stolen` tells that a host above this one took much of the CPUs. A row in which a
byte was lost or a peer failed is BROKEN, and the exit code 1. What this host lacks is said, before and after.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import host, peers, workloads
from tests.bench.report import Row, goals_document, goals_text
from tests.bench.workloads import SHORT, Broken, Size, Workload


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 0 where every row is whole, 1 where one is broken, 2 for a wrong word."""
    args = _arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chosen = [workloads.ALL[name] for name in args.workloads or workloads.ALL]
    missing = sorted({words for each in chosen for name in each.peers if (words := peers.ALL[name].missing())})
    for words in missing:
        print(f"NOT MEASURED: {words}", file=sys.stderr)
    about = host.describe()
    print("   ".join(f"{what} {value}" for what, value in about.items()), flush=True)
    rows = [row for each in chosen for row in measure(each, SHORT if args.short else Size(), args.runs)]
    print(f"\nRatios of medians of {args.runs}\n{goals_text(rows)}")
    for words in missing:
        print(f"NOT MEASURED: {words}", file=sys.stderr)
    if args.json is not None:
        args.json.write_text(json.dumps(_document(about, args.runs, rows, missing), indent=1) + "\n")
    broken = [row for row in rows if row.errors]
    for row in broken:
        print(f"BROKEN: {row.workload}, {row.peer}: {row.errors[0]}", file=sys.stderr)
    return 1 if broken else 0


def measure(workload: Workload, size: Size, runs: int) -> list[Row]:
    """A workload's rows, each run printed as it comes; peers that are missing have none."""
    print(f"\n{workload.name}: {(workload.run.__doc__ or '').strip().splitlines()[0]}", flush=True)
    rows = [Row(workload.name, name) for name in workload.peers if peers.ALL[name].missing() is None]
    for _ in range(runs):
        for row in rows:
            stolen = host.Stolen()
            try:
                figures = workload.run(peers.ALL[row.peer], size)
                row.runs.append({**figures, "stolen %": stolen.percent})
            except (Broken, RuntimeError, OSError, AssertionError) as error:
                row.errors.append(f"{type(error).__name__}: {error}" if not isinstance(error, Broken) else str(error))
    for row in rows:
        print(row.text(), flush=True)
    return rows


def _document(about: dict[str, str], runs: int, rows: list[Row], missing: list[str]) -> dict[str, Any]:
    return {
        "host": about, "runs": runs, "rows": [row.document() for row in rows], "goals": goals_document(rows),
        "missing": missing,
    }  # fmt: skip


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(workloads.ALL))
    parser.add_argument("--runs", type=int, default=3, help="runs of each peer, taking turns (default 3)")
    parser.add_argument("--short", action="store_true", help="small, to see that all of it works; times mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    args = parser.parse_args(argv)
    for name in args.workloads:
        if name not in workloads.ALL:
            parser.error(f"no workload {name!r}; there are {', '.join(workloads.ALL)}")
    if args.runs < 1:
        parser.error(f"--runs {args.runs}: expected 1 or more")
    return args


if __name__ == "__main__":
    sys.exit(main())
