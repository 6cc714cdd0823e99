"""FAULTS.md names tests that exist, and no row without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [line for line in (ROOT / "tests/FAULTS.md").read_text().splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


def test_there_are_rows() -> None:
    """A table that is not found would pass all else."""
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_each_fault_has_tests_that_exist(row: str) -> None:
    """By file and by name."""
    named = NAMED.findall(row)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
