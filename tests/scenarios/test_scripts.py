"""`scripts/run` on a fresh clone, as its first reader runs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.process import ROOT, environment, service

pytestmark = pytest.mark.timeout(300)

NOT_CLONED = shutil.ignore_patterns(
    *(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "dist", "build", "*.egg-info", "vendor", "tests")
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the tree without what is made in it, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("scripts") / "a clone"
    shutil.copytree(ROOT, folder, ignore=NOT_CLONED)
    yield folder
    shutil.rmtree(folder)


def test_the_first_start_installs_and_the_second_is_quick(clone: Path, tmp_path: Path) -> None:
    """From any directory, to `ready`; the second time under two seconds, and without a word of its own."""
    program = (clone / "scripts/run",)
    environ = {**environment(), "PYTHON": getattr(sys, "_base_executable", sys.executable)}
    subprocess.run([*program, "--help"], env=environ, check=True, capture_output=True, timeout=200, cwd="/")
    begun = time.monotonic()
    with service(tmp_path, program=program, cwd="/") as running:
        assert time.monotonic() - begun < 2
        assert running.stdout.startswith("DEMO: ")
        assert running.ready["pid"] == running.process.pid, "signals reach the service: no shell stands between"
        assert "scripts/run" not in running.stderr


def test_a_python_without_venv_is_told_the_one_package(clone: Path, tmp_path: Path) -> None:
    """Debian splits venv off: its own message is long, and ours is the command."""
    (tmp_path / "ensurepip.py").write_text("raise ImportError\n")
    bare = tmp_path / "bare"
    shutil.copytree(clone, bare, ignore=NOT_CLONED)
    systems = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    said = start(bare, PYTHONPATH=str(tmp_path), PYTHON=str(systems if systems.exists() else sys.executable))
    assert said.returncode == 1
    assert " has no venv. Install " in said.stderr
    if systems.exists() and Path("/etc/debian_version").exists():
        assert said.stderr.endswith(f"Install it: apt install {systems.name}-venv\n")
    assert not (bare / ".venv").exists()


def test_a_python_that_is_too_old_or_absent_is_told(clone: Path) -> None:
    """Which version is needed, which was found, and how to name another."""
    said = start(clone, PYTHON="/nonexistent", fresh=True)
    assert said.returncode == 1
    assert said.stderr == (
        "scripts/run: needs Python 3.11 or newer, found none; "
        f"install it, or name it: PYTHON=/path/to/python3 {clone / 'scripts/run'}\n"
    )


def start(folder: Path, *, fresh: bool = False, **environ: str) -> subprocess.CompletedProcess[str]:
    """`scripts/run`, which is expected to fail before it starts anything."""
    kept = folder / ".venv"
    if fresh and kept.exists():
        kept.rename(folder / ".kept")
    try:
        return subprocess.run(
            [folder / "scripts/run"],
            env={**environment(), **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        if (folder / ".kept").exists():
            (folder / ".kept").rename(kept)
