"""`scripts/soak`: whether a service that runs for long grows, or keeps what it should give back; exit code 1 if so."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.soak.figures import Sample, judge, table
from tests.soak.run import Plan, run


def main(argv: Sequence[str] | None = None) -> int:
    """Run it: 0 where all is well, 1 where something grew or went wrong."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--consoles", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--workers", type=int, default=24, help="how many do things at once (default 24)")
    parser.add_argument("--bound", type=float, default=5.0, help="per cent that memory may grow by (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go; none: stdout")
    args = parser.parse_args(argv)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    steady = min(20, args.consoles // 2)
    plan = Plan(args.minutes * 60, args.consoles, args.workers, steady, args.seed)
    with tempfile.TemporaryDirectory(prefix="consolesvc-soak-") as folder:
        outcome = asyncio.run(run(plan, Path(folder), _seen))
    verdict = judge(outcome.before, outcome.samples, outcome.after, plan.warm, args.bound / 100)
    print(table([outcome.before, *outcome.samples, outcome.after]))
    print("done:", ", ".join(f"{count} {name}" for name, count in sorted(outcome.done.items())))
    print(f"memory after the first {plan.warm / 60:.1f} minutes: {verdict.grown:+.1%}")
    failures = [*verdict.failures, *outcome.wrong[:20]]
    document = {
        "plan": asdict(plan),
        "grown": round(verdict.grown, 4),
        "failures": failures,
        "done": outcome.done,
        "before": asdict(outcome.before),
        "samples": [asdict(sample) for sample in outcome.samples],
        "after": asdict(outcome.after),
    }
    text = json.dumps(document, indent=None if args.json is None else 1)
    if args.json is None:
        print(text)
    else:
        args.json.write_text(text + "\n")
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _seen(sample: Sample) -> None:
    """A sign of life, where somebody watches."""
    if sys.stderr.isatty():
        words = f"\r{sample.at / 60:6.1f} min {sample.own:8.1f} MiB {sample.fds} fds {sample.tasks} tasks "
        print(words, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
