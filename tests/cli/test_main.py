from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from consolesvc import __version__
from consolesvc.cli import COMMANDS, main
from tests.cli.service import CLEAN, CONSOLESVC, consolesvc

SLOW = ("aiohttp", "serial", "serial_asyncio", "yaml")
"""What takes longer to import than the commands that need none of it take in all."""


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """--help names all commands, and each has help of its own."""
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    for command in COMMANDS:
        assert f"    {command}" in page
        assert main([command, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"usage: consolesvc {command} ")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The package's."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"consolesvc {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["atach", "node3"], "argument COMMAND: invalid choice: 'atach' (choose from 'serve', "),
        (["attach"], "the following arguments are required: NAME|URL"),
        (["url", "a", "b"], "unrecognized arguments: b"),
        (["list", "--endp", "http://lab"], "unrecognized arguments: --endp http://lab"),
        (["list", "--json=yes"], "argument --json: ignored explicit argument 'yes'"),
        (["env", "--endpoint"], "argument --endpoint: expected one argument"),
        (
            ["serve", "--fake", "vax=1"],
            "'vax=1': expected GUEST=N with GUEST one of linux, uboot, switch, chatter, echo",
        ),
        (
            ["serve", "--fake", "replay=1"],
            "argument --fake: 'replay=1': replay needs a recording; in a configuration: ",
        ),
    ],
)
def test_bad_usage(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a sentence; options are not abbreviated, so that a new one breaks no script."""
    assert main(argv) == 2
    assert sentence in capsys.readouterr().err


def test_a_bad_configuration_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every problem on a line of its own, exit code 2."""
    config = tmp_path / "lab.yaml"
    config.write_text("one: 1\ntwo: 2\n")
    assert main(["serve", "--config", str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{config}:1", f"{config}:2"]


@pytest.mark.parametrize("buffered", [{}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("argv", [["env"], ["--help"], ["check", "--help"]])
def test_output_that_nobody_reads(argv: list[str], buffered: dict[str, str]) -> None:
    """A closed pipe is no failure and no complaint."""
    command = f"{' '.join([*CONSOLESVC, *argv])} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=CLEAN | buffered, check=False)
    assert (done.stdout, done.stderr) == (b"0\n", b"")


@pytest.mark.parametrize("buffered", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_output_that_cannot_be_written(buffered: dict[str, str]) -> None:
    """A full disk is a failure with its reason."""
    environment = CLEAN | buffered
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*CONSOLESVC, "env"], stdout=full, stderr=subprocess.PIPE, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr == b"consolesvc: cannot write the output: No space left on device\n"


def test_without_any_output() -> None:
    """Started with stdout closed, a command does what it does."""
    done = subprocess.run(["sh", "-c", f"{' '.join([*CONSOLESVC, 'env'])} >&-"], env=CLEAN, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("argv", [["env"], ["list"], ["url", "node3"]])
def test_small_commands_start_fast(argv: list[str]) -> None:
    """They import neither what `serve` needs nor what `attach` does."""
    script = (
        "import sys; from consolesvc.cli import main; main(sys.argv[1:]);"
        f"print([name for name in {SLOW} if name in sys.modules], file=sys.stderr)"
    )
    endpoint = {"OS_ENDPOINT": "http://127.0.0.1:1"}
    command = [sys.executable, "-c", script, *argv]
    done = subprocess.run(command, capture_output=True, env=CLEAN | endpoint, check=False)
    assert done.stderr.splitlines()[-1] == b"[]"


def test_as_a_module_and_by_its_name() -> None:
    """`python -m consolesvc` and the installed script are the same."""
    script = Path(sys.executable).with_name("consolesvc")
    by_name = subprocess.run([script, "env"], capture_output=True, env=CLEAN, check=False).stdout
    assert consolesvc("env").stdout == by_name != b""
