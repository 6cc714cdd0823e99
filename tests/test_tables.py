"""FAULTS.md and THREAT_MODEL.md name tests that exist, and have no row without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLES = {"tests/FAULTS.md": 45, "THREAT_MODEL.md": 45}
"""Each with the fewest rows that it has: a table that is not found would pass all else."""
ROWS = [
    row for table in TABLES for row in re.findall(r"^\| .*$(?=\n(?!\|---))", (ROOT / table).read_text(), re.MULTILINE)
]
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("table", TABLES)
def test_there_are_rows(table: str) -> None:
    """A table that is not found would pass all else."""
    rows = [row for row in ROWS if row in (ROOT / table).read_text()]
    assert len(rows) >= TABLES[table]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row.split("|")[1:3]).strip()[:60])
def test_each_row_has_tests_that_exist(row: str) -> None:
    """By file and by name."""
    named = NAMED.findall(row)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
