"""`consolesvc check`: the devices, absent, passing, busy and hanging."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from consolesvc.cli import check
from consolesvc.config.linespec import LineSpec
from tests.cli.check.lab import FAKE, FTDI, Checked, arguments, serial, servers
from tests.cli.service import CLEAN, CONSOLESVC, until
from tests.lines.trees import Tree


def test_an_absent_device_is_a_warning(checked: Checked, tmp_path: Path) -> None:
    """Also with `--open`, which does not try it: the console would wait for it."""
    for argv in ((), ("--open",)):
        code, out, err = checked(servers(serial("nix")), *argv)
        assert (code, len(out)) == (0, 6)
        assert err == [f"warning: node0: {tmp_path}/nix: no such device; the console waits for it"]


def test_names_that_will_not_last(checked: Checked, slave: str) -> None:
    """A PTY's number and an unplugged adapter's are not what a configuration should hold on to."""
    code, _, err = checked(servers(serial(slave), serial("/dev/ttyUSB987654")))
    assert code == 0
    assert err == [
        (
            f"warning: node0: {slave}: the number of a PTY changes with each start of its program; "
            "have that make a link with a lasting name"
        ),
        "warning: node1: /dev/ttyUSB987654: no such device; the console waits for it",
        (
            "warning: node1: /dev/ttyUSB987654: its number may change with the next plug or start; "
            "prefer its link in /dev/serial/by-id"
        ),
    ]


def test_an_adapters_lasting_name_is_given(checked: Checked, slave: str, tmp_path: Path) -> None:
    """The link to configure in the place of a number is named; a file that has it is left in peace."""
    tree = Tree(tmp_path / "host")
    adapter = tree.tty("ttyUSB0", slave, driver="ftdi_sio", usb=FTDI)
    link = tree.link("by-id", "usb-FTDI_A1-if00-port0", adapter)
    assert checked(servers(serial(adapter)), host=tree.host)[2] == [
        f"warning: node0: {adapter}: its number may change with the next plug or start; prefer {link}"
    ]
    assert checked(servers(serial(link)), host=tree.host)[2] == []


def test_what_is_no_serial_device(checked: Checked, tmp_path: Path) -> None:
    """A directory or a file is told without opening it; with `--open` it fails the check, and is told once."""
    told = (
        f"node0: {tmp_path}: not a serial device: {tmp_path} is a directory; `consolesvc ports` lists this host's ports"
    )
    assert checked(servers(serial(".")))[2] == [f"warning: {told}"]
    code, _, err = checked(servers(serial(".")), "--open")
    assert (code, err) == (1, [f"error: {told}"])


def test_open_tries_each_device(checked: Checked, slave: str, tmp_path: Path) -> None:
    """What opens is told, and left as it was; fake servers have no device to try."""
    (tmp_path / "console").symlink_to(slave)
    code, out, err = checked(servers(serial("console"), FAKE), "--open")
    assert (code, out[6:], err) == (0, [f"node0: {tmp_path}/console opens"], [])


def test_what_does_not_open_fails_the_check(tmp_path: Path, slave: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The line's own sentence, with its cure, and exit 1; escaped, as it may come from a device's path."""
    (tmp_path / "console").symlink_to(slave)
    path = tmp_path / "lab.yaml"
    path.write_text(servers(serial("console")))

    async def refuse(spec: LineSpec) -> str | None:
        return f"held by pid 812 (minicom): end it, {spec} opens by itself\x1b"

    assert check.run(arguments(str(path), "--open"), probe=refuse) == 1
    device = tmp_path / "console"
    expected = f"error: node0: {device}: held by pid 812 (minicom): end it, {device} opens by itself\\x1b"
    assert capsys.readouterr().err.splitlines() == [expected]


@pytest.mark.parametrize("program", [CONSOLESVC, (Path(sys.executable).with_name("consolesvc"),)])
def test_what_the_running_service_has_open_is_a_warning(
    checked: Checked, slave: str, tmp_path: Path, program: tuple[str | Path, ...]
) -> None:
    """The file of the running service can be checked while it runs: exit code 0."""
    (tmp_path / "console").symlink_to(slave)
    text = f"api: {{listen: '127.0.0.1:0'}}\nproxy: {{listen: '127.0.0.1:0'}}\n{servers(serial('console'))}"
    Path("lab.yaml").write_text(text)
    with subprocess.Popen(
        [*program, "serve", "--config", "lab.yaml", "--ephemeral", "--ready-file", "ready"],
        env=CLEAN,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            until(Path("ready").exists)
            code, out, err = checked(text, "--open")
        finally:
            process.terminate()
    assert (code, out[6:]) == (0, [])
    device = tmp_path / "console"
    assert err == [f"warning: node0: {device}: open in the running consolesvc (pid {process.pid})"]


def test_a_hanging_driver_does_not_hang_the_check(
    tmp_path: Path, slave: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a device may never come back: that is told after a while."""
    monkeypatch.setattr(check, "OPEN_WAIT", 0.01)
    path = tmp_path / "lab.yaml"
    path.write_text(servers(serial(slave)))

    async def hang(_spec: LineSpec) -> str | None:
        await asyncio.get_running_loop().create_future()
        return None

    assert check.run(arguments(str(path), "--open"), probe=hang) == 1
    expected = f"error: node0: {slave}: no answer in 0.01 s: its driver hangs, see `dmesg | tail`"
    assert capsys.readouterr().err.splitlines()[-1] == expected
