"""The pages' modules that need no page, in the test runner of node, which comes with the browser's driver."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

MODULES = Path(__file__).parent / "modules"


@pytest.mark.parametrize("file", sorted(path.name for path in MODULES.glob("*.test.mjs")))
def test_module(file: str) -> None:
    """All tests of one file."""
    node = Path(compute_driver_executable()[0])
    done = subprocess.run(
        [node, "--test", MODULES / file], capture_output=True, text=True, timeout=50, check=False, cwd=MODULES
    )
    assert done.returncode == 0, done.stdout + done.stderr
