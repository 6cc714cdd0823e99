"""The command as a user gives it, and what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.cli import check
from consolesvc.lines.host import THIS_HOST, Host
from tests.cli.check.lab import Checked, arguments, limited
from tests.lines.trees import open_pty


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture(autouse=True)
def plenty_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, 1_048_576)


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Checked:
    """Run the command as a user gives it in the file's folder; its exit code, stdout and stderr in lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGS_DIRECTORY", str(tmp_path / "logs"))

    def run(text: str, *argv: str, host: Host = THIS_HOST) -> tuple[int, list[str], list[str]]:
        Path("lab.yaml").write_text(text)
        code = check.run(arguments("lab.yaml", *argv), host=host)
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run
