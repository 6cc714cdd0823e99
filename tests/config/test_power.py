"""`power:` of a server: what is read, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from consolesvc.config.load import load
from consolesvc.config.server import PowerCommands
from consolesvc.errors import ConfigurationError

EXAMPLE = "such as {reset: [ipmitool, -E, -I, lanplus, -H, bmc8, chassis, power, reset], env_file: bmc8.env}"


def read(folder: Path, power: str, line: str = "{type: tcp, host: h, port: 1}") -> PowerCommands | None:
    """What a server's `power` comes to."""
    (folder / "lab.yaml").write_text(f"servers:\n  - {{name: a, line: {line}, power: {power}}}\n")
    return load(folder / "lab.yaml").servers[0].power


def test_all_of_it(tmp_path: Path) -> None:
    """Words are taken as they are written: neither `on` nor a number needs quotes."""
    (tmp_path / "bmc.env").touch()
    words = (
        "{reset: [pdu, 3, cycle], on: [pdu, 3, on], off: [pdu, 03, off], status: [pdu], timeout: 2m, env_file: bmc.env}"
    )
    assert read(tmp_path, words) == PowerCommands(
        ("pdu", "3", "cycle"), ("pdu", "3", "on"), ("pdu", "03", "off"), ("pdu",), 120, str(tmp_path / "bmc.env")
    )


def test_one_command_is_enough(tmp_path: Path) -> None:
    """The others are empty, and the time has its default."""
    assert read(tmp_path, "{status: [is-it-on]}") == PowerCommands(status=("is-it-on",))


def test_words_do_not_show() -> None:
    """An argument may be a password."""
    assert "secret" not in repr(PowerCommands(reset=("ipmitool", "-P", "secret")))


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        ("{}", f"power: has none of reset, on, off, status, expected one of them at least, {EXAMPLE}"),
        ("{timeout: 5}", f"power: has none of reset, on, off, status, expected one of them at least, {EXAMPLE}"),
        ("true", f"power: found true, expected the commands that switch the machine, {EXAMPLE}"),
        (
            "{reset: reboot}",
            (
                "power.reset: found 'reboot', expected a program and its arguments, "
                "such as [ipmitool, -H, bmc8, sol, activate]"
            ),
        ),
        ("{on: [x], timeout: 0}", "power.timeout: found 0, expected a time such as 60s, more than 0"),
        ("{on: [x], timeout: x}", "power.timeout: found 'x', expected seconds, or a number with s, m or h"),
        ("{on: [x], cycle: [y]}", "power: unknown key `cycle`; did you mean `reset`?"),
        ("{on: [x], start: [y]}", "power: unknown key `start`; did you mean `on`?"),
        (
            "{on: [x], poll: 5s}",
            "power: unknown key `poll`; it belongs under `power` at the top: it is the same for all servers",
        ),
    ],
)
def test_what_is_wrong(tmp_path: Path, power: str, expected: str) -> None:
    """Each with its place, and with what to write."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, power)
    assert str(caught.value) == f"{tmp_path}/lab.yaml:2: servers[0].{expected}"


def test_an_env_file_that_is_not_there(tmp_path: Path) -> None:
    """Found now, not at night."""
    with pytest.raises(ConfigurationError, match=r"power\.env_file: .*bmc\.env' is no file"):
        read(tmp_path, "{on: [x], env_file: bmc.env}")


def test_a_fake_has_its_own_switch(tmp_path: Path) -> None:
    """Two switches on one machine would show two states."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, "{on: [x]}", "{type: emulated, guest: echo}")
    assert str(caught.value).endswith("servers[0].power: a fake server has a switch of its own; remove this")
