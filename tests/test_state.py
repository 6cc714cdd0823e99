"""The state folder and its lock."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from consolesvc.errors import StartError
from consolesvc.state import default_path, state_folder


def test_a_second_process_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    """Two services must not share state; the pid says which is in the way."""
    code = "import sys, pathlib; from consolesvc.state import state_folder; state_folder(pathlib.Path(sys.argv[1]))"
    with contextlib.closing(state_folder(tmp_path / "state")):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "state")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert f"is in use by consolesvc with pid {os.getpid()};" in done.stderr
    state_folder(tmp_path / "state").close()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    """However it ended: killed processes leave no stale lock."""
    code = (
        "import sys,os,signal; from pathlib import Path; from consolesvc.state import state_folder;"
        "state_folder(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    folder = state_folder(tmp_path)
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
    folder.close()
    folder.close()


def test_only_we_may_read_it(tmp_path: Path) -> None:
    """It will hold hashes of secrets."""
    with contextlib.closing(state_folder(tmp_path / "deep" / "state")):
        assert (tmp_path / "deep/state").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    """The path, why, and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StartError, match=r"state folder .*/file/state: Not a directory; choose another with --state-dir"
    ):
        state_folder(tmp_path / "file" / "state")


def test_where_it_is(tmp_path: Path) -> None:
    """systemd's, root's, XDG's; and none for a user without a home."""
    assert default_path({"STATE_DIRECTORY": "/run/a:/run/b", "HOME": "/"}) == Path("/run/a")
    if os.geteuid() == 0:
        assert default_path({"HOME": "/root"}) == Path("/var/lib/consolesvc")
        return
    assert default_path({"XDG_STATE_HOME": "/x"}) == Path("/x/consolesvc")
    assert default_path({"HOME": str(tmp_path)}) == tmp_path / ".local/state/consolesvc"
    assert default_path({}) is None
