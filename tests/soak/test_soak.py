"""The soak in a minute: nothing is kept that should be given back; and what it judges, it judges rightly."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.process import ROOT
from tests.soak.figures import Sample, judge, table

REST = Sample(0, 40, 50, 60, 30, 20, 5, 0, 0, 4, 1.0)


@pytest.mark.timeout(180)
def test_a_service_under_churn_gives_back_what_it_takes(tmp_path: Path) -> None:
    """Descriptors, tasks and files are at the end as they were before; memory, in so short a time, not far above."""
    figures = tmp_path / "figures.json"
    words = ("--minutes", "0.5", "--consoles", "20", "--workers", "8", "--bound", "40", "--json", figures)
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak", *words], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(figures.read_text())
    assert found["failures"] == []
    assert found["done"]["attach"] > 10
    assert {"mint", "share", "wait", "leave_a_wait", "look"} <= found["done"].keys()
    assert found["after"]["sessions"] == 0
    assert max(sample["sessions"] for sample in found["samples"]) > 10
    assert "memory after the first 0.1 minutes" in run.stdout


def test_what_grows_is_a_failure() -> None:
    """Memory over its bound, a descriptor, a task, a file: each is named, with the numbers."""
    busy = [dataclasses.replace(REST, at=float(at), own=50 + at / 10, fds=80) for at in range(100)]
    after = dataclasses.replace(REST, fds=31, tasks=22, files=5)
    verdict = judge(REST, busy, after, 20.0, 0.05)
    assert verdict.grown == pytest.approx(0.135, abs=0.005)
    assert [failure.split(" ")[0] for failure in verdict.failures] == ["memory", "fds:", "tasks:", "files:"]
    assert "31 at rest at the end, 30 before" in verdict.failures[1]


def test_what_does_not_is_none() -> None:
    """Also where it grew before memory is compared, or fell."""
    busy = [dataclasses.replace(REST, at=float(at), own=90.0 if at > 20 else 50.0) for at in range(100)]
    assert judge(REST, busy, dataclasses.replace(REST, fds=29), 21.0, 0.05).failures == []


def test_the_table_has_the_first_and_the_last() -> None:
    """However many there are, it stays a screen."""
    lines = table([dataclasses.replace(REST, at=float(at)) for at in range(1000)]).splitlines()
    assert len(lines) < 35
    assert lines[0].split()[:4] == ["at", "own", "pss", "rss"]
    assert (lines[1].split()[0], lines[-1].split()[0]) == ("0.0", "999.0")
