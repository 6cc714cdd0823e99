"""The build hook that brings the browser terminal's files: with npm, without, and where nothing can be had."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WEB = "consolesvc/web"
SHIPPED = {
    "xterm.mjs",
    "xterm.css",
    "xterm.LICENSE",
    "addon-fit.mjs",
    "addon-search.mjs",
    "addon-web-links.mjs",
    ".stamp",
}
TAKEN = ("consolesvc", "config", "scripts", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of the test's own, without the files."""
    made = tmp_path / "tree"
    made.mkdir()
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, made / name, ignore=shutil.ignore_patterns("__pycache__", "vendor", ".vendor-*")
            )
        else:
            shutil.copy(ROOT / name, made)
    return made


def with_vendor(tree: Path) -> None:
    """Put the files there that this checkout was installed with."""
    shutil.copytree(ROOT / WEB / "vendor", tree / WEB / "vendor")


def build(tree: Path, kind: str, **environ: str) -> tuple[int, str]:
    """Exit code and words of a build of `kind`, by hatchling alone."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind],
        cwd=tree,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def vendored(tree: Path) -> set[str]:
    """The files in the one thing that was built."""
    (built,) = (tree / "dist").iterdir()
    if built.suffix == ".whl":
        with zipfile.ZipFile(built) as wheel:
            names = wheel.namelist()
    else:
        with tarfile.open(built) as sdist:
            names = [name.partition("/")[2] for name in sdist.getnames()]
    return {name.rpartition("/")[2] for name in names if name.startswith(f"{WEB}/vendor/")}


def test_an_sdist_has_them_and_its_wheel_needs_no_npm(tree: Path) -> None:
    """Ignored by git, shipped all the same; who has them needs neither npm nor a network."""
    with_vendor(tree)
    assert build(tree, "sdist", PATH="/nonexistent") == (0, "dist/consolesvc-0.1.0.tar.gz\n")
    assert vendored(tree) == SHIPPED
    with tarfile.open(tree / "dist/consolesvc-0.1.0.tar.gz") as sdist:
        sdist.extractall(tree / "unpacked", filter="data")
    unpacked = tree / "unpacked/consolesvc-0.1.0"
    code, said = build(unpacked, "wheel", PATH="/nonexistent")
    assert code == 0, said
    assert vendored(unpacked) == SHIPPED


def test_without_npm_it_says_what_to_do(tree: Path) -> None:
    """One sentence, no traceback, and nothing half made."""
    code, said = build(tree, "wheel", PATH="/nonexistent")
    assert code == 1
    assert said.count("\n") == 1
    assert said.startswith("consolesvc: the browser terminal's files come from npm, and there is none here: ")
    assert "CONSOLESVC_SKIP_WEB=1" in said
    assert not (tree / WEB / "vendor").exists()
    assert list((tree / WEB).glob(".vendor-*")) == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here: apt install npm")
def test_without_a_network_it_says_what_to_do(tree: Path, tmp_path: Path) -> None:
    """npm's own words, then the sentence."""
    nowhere = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}
    code, said = build(tree, "wheel", npm_config_cache=str(tmp_path / "cache"), **nowhere)
    assert code == 1
    assert said.splitlines()[-1] == (
        "consolesvc: npm could not get the browser terminal's files: see what npm says above; or set "
        "CONSOLESVC_SKIP_WEB=1 to build without the browser terminal"
    )
    assert "Traceback" not in said
    assert list((tree / WEB).glob(".vendor-*")) == []


def test_it_can_be_skipped(tree: Path) -> None:
    """Then the wheel has none, and all else."""
    code, said = build(tree, "wheel", PATH="/nonexistent", CONSOLESVC_SKIP_WEB="1")
    assert code == 0, said
    assert vendored(tree) == set()


def test_files_of_another_lock_are_replaced(tree: Path) -> None:
    """The stamp is the lock's: after an update the old files do not stay."""
    with_vendor(tree)
    lock = tree / WEB / "package-lock.json"
    lock.write_text(lock.read_text().replace("consolesvc-web", "consolesvc-web-2"))
    code, said = build(tree, "wheel", PATH="/nonexistent")
    assert (code, "come from npm" in said) == (1, True)


def test_the_lock_names_no_host_and_every_checksum() -> None:
    """Whatever registry npm is set up for gives the same bytes."""
    text = (ROOT / WEB / "package-lock.json").read_text()
    assert "://" not in text
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(re.match(r"sha512-", entry["integrity"]) for entry in packages.values())
