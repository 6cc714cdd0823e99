from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from consolesvc.cli import ports
from consolesvc.config.load import load
from tests.lines.trees import Tree, number_of, open_pty

FTDI = {"idVendor": "0403", "idProduct": "6001", "manufacturer": "FTDI", "product": "FT232R USB UART", "serial": "A1"}

Printed = Callable[..., str]


@pytest.fixture
def slaves() -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(open_pty()) for _ in range(3)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def printed(tree: Tree, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Run the command with its arguments as a user gives them; what it printed. It must succeed."""

    def run(*argv: str) -> str:
        assert ports.run(arguments(*argv), tree.host) == 0
        return capsys.readouterr().out

    return run


def arguments(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ports.add_arguments(parser)
    return parser.parse_args(argv)


def configuration(folder: Path, *servers: str) -> str:
    path = folder / "lab.yaml"
    path.write_text("servers:\n" + "".join(f"  {server}\n" for server in servers))
    return str(path)


def test_no_ports_says_what_to_check(printed: Printed) -> None:
    """A laptop with nothing plugged in gets a sentence and the places to look."""
    text = printed()
    assert text.startswith("This host has no serial port.\n")
    assert "`dmesg | grep tty`" in text
    assert json.loads(printed("--json")) == []


def test_the_table_tells_what_stands_in_the_way(tree: Tree, slaves: list[str], printed: Printed) -> None:
    """Each port with its links, driver, holder and state; what is wrong with one is a sentence with its cure below."""
    adapter = tree.tty("ttyUSB0", slaves[0], driver="ftdi_sio", usb=FTDI)
    tree.link("by-id", "usb-FTDI_A1-if00-port0", adapter)
    tree.link("by-path", "pci-0:3:1.0-port0", adapter)
    tree.tty("ttyS0", slaves[1], kind="4", driver="serial8250")
    tree.kernel_console("ttyS0")
    tree.process(812, "minicom", files=[slaves[0]])
    header, console, used, _, note, *_ = printed().splitlines()
    assert header.split("  ")[0] == "DEVICE"
    assert console.split()[:6] == [f"{tree.host.dev}/ttyS0", "-", "-", "serial8250", "-", "-"]
    assert console.endswith("  this host's own console")
    assert "usb-FTDI_A1-if00-port0  pci-0:3:1.0-port0  ftdi_sio    pid 812 (minicom)  -              in use" in used
    assert note.startswith(f"{tree.host.dev}/ttyS0: this host's own kernel console (console=ttyS0): set ")


def test_the_lines_to_paste_are_a_configuration(
    tree: Tree, slaves: list[str], printed: Printed, tmp_path: Path
) -> None:
    """What is offered loads as it stands, and names the by-id link, else the by-path one, else the number."""
    devices = [tree.tty(f"ttyUSB{n}", slave, usb={**FTDI, "serial": str(n)}) for n, slave in enumerate(slaves)]
    by_id = tree.link("by-id", "usb-FTDI_0-if00-port0", devices[0])
    by_path = tree.link("by-path", "pci-0000:00:14.0-usb-0:3:1.0-port0", devices[1])
    text = printed()
    file = tmp_path / "pasted.yaml"
    file.write_text(text[text.index("servers:") :])
    config = load(file)
    found = [(server.name, str(server.line)) for server in config.servers]
    assert found == [("node1", str(by_id)), ("node2", str(by_path)), ("node3", str(devices[2]))]
    assert text.rstrip().endswith("# this number may change")


def test_a_console_is_offered_commented_out(tree: Tree, slaves: list[str], printed: Printed) -> None:
    """Pasting everything must not give a configuration that the service refuses."""
    tree.tty("ttyS0", slaves[0], kind="4")
    tree.kernel_console("ttyS0")
    text = printed()
    assert "\n  # - {name: node1, " in text
    assert yaml.safe_load(text[text.index("servers:") :]) == {"servers": None}


def test_odd_paths_are_quoted(tree: Tree, slaves: list[str], printed: Printed) -> None:
    """A link whose name means something in YAML comes back from it unchanged."""
    device = tree.tty("ttyUSB0", slaves[0], usb=FTDI)
    link = tree.link("by-id", r"usb-{a}, [b]: \x20# ü", device)
    text = printed()
    entry = yaml.safe_load(text[text.index("servers:") :])["servers"][0]
    assert entry["line"]["device"] == str(link)


def test_names_from_devices_cannot_write_to_the_terminal(tree: Tree, slaves: list[str], printed: Printed) -> None:
    """A holder or link with escape sequences in its name is shown, not obeyed."""
    device = tree.tty("ttyUSB0", slaves[0], usb=FTDI)
    tree.link("by-id", "usb-\x1b[2J", device)
    tree.process(5, "\x1b]0;x\x07", files=[slaves[0]])
    text = printed()
    assert "\x1b" not in text
    assert "\x07" not in text


def test_configured_ports_name_their_server(tree: Tree, slaves: list[str], printed: Printed, tmp_path: Path) -> None:
    """Known by device number under any name; not offered again; free names skip those in use."""
    first = tree.tty("ttyUSB0", slaves[0], usb=FTDI)
    link = tree.link("by-id", "usb-FTDI_A1-if00-port0", first)
    tree.tty("ttyS1", slaves[1], kind="4")
    file = configuration(
        tmp_path,
        f"- {{name: rack7, line: {{type: serial, device: {link}}}}}",
        "- {name: node1, line: {type: emulated, guest: linux}}",
        "- {name: node2, line: {type: serial, device: /dev/serial/by-id/usb-gone}}",
    )
    text = printed("--config", file)
    table, _, rest = text.partition("\n\n")
    assert [line.split()[-2:] for line in table.splitlines()[1:]] == [["-", "ok"], ["rack7", "ok"]]
    assert str(link) not in rest
    assert "name: node3" in rest
    assert text.endswith("node2: /dev/serial/by-id/usb-gone is not here now\n")


def test_json_is_for_scripts(tree: Tree, slaves: list[str], printed: Printed, tmp_path: Path) -> None:
    """One object for each port, with everything the table and the notes say."""
    device = tree.tty("ttyUSB0", slaves[0], driver="ftdi_sio", usb=FTDI)
    tree.process(812, "minicom", files=[slaves[0]])
    file = configuration(tmp_path, f"- {{name: rack7, line: {{type: serial, device: {device}}}}}")
    (port,) = json.loads(printed("--json", "--config", file))
    notes = port.pop("notes")
    assert len(notes) == 1
    assert "may change" in notes[0]
    line = f"- {{name: rack7, line: {{type: serial, device: {device}, settings: 115200n8}}}}  # this number may change"
    assert port == {
        "device": str(device),
        "by_id": [],
        "by_path": [],
        "driver": "ftdi_sio",
        "manufacturer": "FTDI",
        "product": "FT232R USB UART",
        "serial": "A1",
        "holders": [{"pid": 812, "program": "minicom"}],
        "configured_as": "rack7",
        "state": "in use",
        "yaml": line,
    }


def test_a_wrong_configuration_is_told_and_2(tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The problems go to stderr, nothing to stdout; likewise for a file that is not there."""
    file = configuration(tmp_path, "- {name: rack7, line: {type: serial}}")
    for path in (file, str(tmp_path / "absent.yaml")):
        assert ports.run(arguments("--config", path), tree.host) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert path in output.err


def test_this_host_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Run on the real host, without opening a thing, it succeeds whatever is there."""
    assert ports.run(arguments("--json")) == 0
    assert all(Path(port["device"]).is_absolute() for port in json.loads(capsys.readouterr().out))


def test_the_number_of_a_port_is_its_identity(tree: Tree, slaves: list[str], printed: Printed, tmp_path: Path) -> None:
    """A server configured by the PTY's own path is the server of the port that leads to it."""
    device = tree.tty("ttyUSB0", slaves[0], usb=FTDI)
    assert number_of(device) == number_of(slaves[0])
    file = configuration(tmp_path, f"- {{name: rack7, line: {{type: serial, device: {slaves[0]}}}}}")
    (port,) = json.loads(printed("--json", "--config", file))
    assert port["configured_as"] == "rack7"
