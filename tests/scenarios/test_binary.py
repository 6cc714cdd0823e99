"""The one-file build, as a service user meets it: no home, no environment, an empty directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.scenarios.process import ROOT, environment, read_until, service

pytestmark = pytest.mark.timeout(300)

OURS = "{}.{}".format(*sys.version_info[:2])
NOBODY = 65534


@pytest.fixture(scope="module")
def binary() -> Iterator[Path]:
    """The binary, built once."""
    with folder_for_all() as folder:
        built = folder / "consolesvc"
        environ = {**environment(), "PYTHON": interpreter() or sys.executable}
        done = subprocess.run(
            [ROOT / "scripts/build-binary", built],
            env=environ,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{built}\n"
        yield built


@contextlib.contextmanager
def folder_for_all() -> Iterator[Path]:
    """A folder that every user may enter. Not pytest's, which each of its runs closes to others anew."""
    with tempfile.TemporaryDirectory(prefix="test-binary-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def place() -> Iterator[Path]:
    """Such a folder for one test."""
    with folder_for_all() as folder:
        yield folder


def interpreter() -> str | None:
    """A Python of our minor version without our packages; the system's first: any user may start that one."""
    base = getattr(sys, "_base_executable", None)
    for candidate in (f"/usr/bin/python{OURS}", base):
        if candidate and Path(candidate).exists() and _can_make_environments(candidate):
            return str(candidate)
    return None


def _can_make_environments(python: str) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
def test_it_serves_the_demo_for_a_user_without_a_home(binary: Path, place: Path, *, taken: bool) -> None:
    """To `ready`, a console URL, and the machine's voice, unpacked where nobody else can write.

    `taken`: somebody else was in the shared folder first, and made ours for us. It is not used.
    """
    temporary, work = place / "tmp", place / "run"
    temporary.mkdir()
    temporary.chmod(0o1777)
    work.mkdir()
    user = NOBODY if os.geteuid() == 0 and (interpreter() or "").startswith("/usr/") else os.geteuid()
    os.chown(work, user, user if user == NOBODY else -1)
    unpacked = temporary / f"consolesvc-{user}"
    if taken:
        unpacked.mkdir()
        unpacked.chmod(0o777)
    (place / "empty").mkdir()
    program = (
        "env",
        "-i",
        f"TMPDIR={temporary}",
        "HOME=/nonexistent",
        interpreter() or sys.executable,
        binary,
        "serve",
    )
    options = {"user": user, "group": user, "extra_groups": []} if user == NOBODY else {}
    with service(work, program=program, cwd=place / "empty", **options) as running:
        assert running.stdout.startswith("DEMO: ")
        with running.viewer("fake1", "&replay=all") as viewer:
            assert b"\n" in read_until(viewer, b"\n")
        if taken:
            assert list(unpacked.iterdir()) == []
        else:
            assert (unpacked.stat().st_uid, unpacked.stat().st_mode & 0o777) == (user, 0o700)
    assert list((place / "empty").iterdir()) == []
    assert [path.name for path in temporary.iterdir()] == [unpacked.name]


@pytest.mark.skipif(not Path(f"/usr/bin/python{OURS}").exists(), reason=f"no /usr/bin/python{OURS} here")
def test_it_starts_by_its_own_name(binary: Path) -> None:
    """With nothing in the environment it finds the system's Python, which is the one for it on this machine."""
    found = subprocess.run(["env", "-i", "python3", "--version"], capture_output=True, text=True, check=False).stdout
    if not found.startswith(f"Python {OURS}."):
        pytest.skip(f"this system's python3 is {found.strip()}")
    said = subprocess.run(["env", "-i", binary, "--version"], capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stdout.split()[0]) == (0, "consolesvc")


def test_another_minor_version_is_told_in_one_sentence(binary: Path) -> None:
    """Not an ImportError of a C extension, but what this file is for, and what to do; whatever Pythons are here."""
    for python in pythons():
        assert told(python, binary) == (
            f"this file is for Python {OURS} and was started with Python {version(python)}; start it with "
            f"`python{OURS} {binary}`, or build one for Python {version(python)} with scripts/build-binary."
        )


def test_a_file_for_another_python_or_platform_is_told_in_one_sentence(binary: Path, place: Path) -> None:
    """The same from the other side, which needs no second Python: files that say they were built elsewhere."""
    python = interpreter() or sys.executable
    newer, other = place / "newer", place / "other"
    doctor(binary, newer, f'PYTHON = "{OURS}"', 'PYTHON = "3.99"')
    doctor(binary, other, f'BUILT_FOR = "{EXTENSION_SUFFIXES[0]}"', 'BUILT_FOR = ".cpython-311-s390x-linux-gnu.so"')
    assert told(python, newer).startswith(f"this file is for Python 3.99 and was started with Python {OURS}; start it ")
    assert told(python, other) == (
        f"this file is for cpython-311-s390x-linux-gnu and this is {EXTENSION_SUFFIXES[0][1:-3]}; "
        "build one here with scripts/build-binary."
    )


def told(python: str, binary: Path) -> str:
    """The one sentence on stderr with which it ends."""
    said = subprocess.run([python, binary, "serve"], capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("consolesvc: ")
    assert said.stderr.count("\n") == 1
    return said.stderr.removeprefix("consolesvc: ").rstrip("\n")


def doctor(binary: Path, copy: Path, old: str, new: str) -> None:
    """A copy whose beginning has other words in it."""
    with zipfile.ZipFile(binary) as source, zipfile.ZipFile(copy, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "__main__.py":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(entry, content)


def pythons() -> list[str]:
    """Interpreters of other minor versions here, by the names and in the places they are usually found."""
    names = [f"python3.{minor}" for minor in range(6, 16)]
    found = [path for name in names if (path := shutil.which(name))]
    found += [str(path) for path in Path.home().glob(".pyenv/versions/*/bin/python")]
    return [python for python in found if version(python) not in (OURS, "")]


def version(python: str) -> str:
    """Its `major.minor`; empty where it does not start."""
    code = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout
