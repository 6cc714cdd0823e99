from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consolesvc.lines.holders import Holder
from consolesvc.lines.ports import find_ports
from tests.lines.trees import Tree, as_nobody, number_of, open_pty

FTDI = {"idVendor": "0403", "idProduct": "6001", "manufacturer": "FTDI", "product": "FT232R USB UART", "serial": "A1"}
NAMELESS = {"idVendor": "067b", "idProduct": "2303"}


@pytest.fixture
def slaves() -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(open_pty()) for _ in range(3)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_an_adapter_is_described(tree: Tree, slaves: list[str]) -> None:
    """A USB adapter with both links: what it is, what drives it, and the by-id link to configure."""
    device = tree.tty("ttyUSB0", slaves[0], driver="ftdi_sio", usb=FTDI)
    by_id = tree.link("by-id", "usb-FTDI_FT232R_USB_UART_A1-if00-port0", device)
    by_path = tree.link("by-path", "pci-0000:00:14.0-usb-0:3:1.0-port0", device)
    (port,) = find_ports(tree.host)
    assert (port.device, port.number) == (str(device), number_of(slaves[0]))
    assert (port.by_id, port.by_path) == ((str(by_id),), (str(by_path),))
    assert (port.driver, port.manufacturer, port.product, port.serial) == ("ftdi_sio", "FTDI", "FT232R USB UART", "A1")
    assert (port.stable, port.is_stable, port.state, port.warnings) == (str(by_id), True, "ok", ())


def test_terminals_without_a_device_are_no_ports(tree: Tree) -> None:
    """Virtual consoles, and the PTYs of this very test, do not show up."""
    (tree.host.sys / "class/tty/tty1").mkdir()
    (tree.host.sys / "class/tty/tty1/dev").write_text("4:1\n")
    assert find_ports(tree.host) == []


def test_a_host_without_ttys_has_no_ports(tmp_path: Path) -> None:
    """No /sys at all is an empty answer."""
    tree = Tree(tmp_path / "a")
    (tree.host.sys / "class/tty/console").rmdir()
    (tree.host.sys / "class/tty").rmdir()
    assert find_ports(tree.host) == []


def test_ports_without_a_uart_are_left_out(tree: Tree, slaves: list[str]) -> None:
    """The ports a PC's kernel makes for nothing are not listed; another driver's port without hardware is, as such."""
    tree.tty("ttyS0", slaves[0], driver="serial8250", kind="4")
    tree.tty("ttyS1", slaves[1], driver="serial8250", kind="0")
    tree.tty("ttyX0", slaves[2], driver="odd_uart", kind="0")
    ports = find_ports(tree.host)
    assert [(Path(port.device).name, port.state) for port in ports] == [("ttyS0", "ok"), ("ttyX0", "no UART behind it")]


def test_a_device_that_vanishes_is_passed_over(tree: Tree, slaves: list[str]) -> None:
    """A tty whose files are gone while we look is left out."""
    device = tree.tty("ttyUSB0", slaves[0], usb=FTDI)
    (tree.host.sys / "class/tty" / device.name / "dev").unlink()
    assert find_ports(tree.host) == []


def test_the_real_driver_is_found_behind_the_kernels_layers(tree: Tree, slaves: list[str]) -> None:
    """Newer kernels put `port` and `ctrl` of the bus serial-base between a tty and its hardware's driver."""
    tree.tty("ttyS0", slaves[0], kind="4")
    adapter = tree.host.sys / "devices" / "adapter-ttyS0"
    tree.driven(adapter / "interface", "serial-base", "port")
    tree.driven(adapter, "pnp", "serial")
    (port,) = find_ports(tree.host)
    assert port.driver == "serial"


def test_ports_are_in_the_order_of_their_numbers(tree: Tree, slaves: list[str]) -> None:
    """ttyUSB2 comes before ttyUSB10."""
    for name, slave in zip(("ttyUSB10", "ttyUSB2", "ttyACM0"), slaves, strict=True):
        tree.tty(name, slave, usb=NAMELESS)
    assert [Path(port.device).name for port in find_ports(tree.host)] == ["ttyACM0", "ttyUSB2", "ttyUSB10"]


def test_an_adapter_without_links_warns(tree: Tree, slaves: list[str]) -> None:
    """A USB adapter that only has its number may get another one; a UART soldered in keeps its own."""
    tree.tty("ttyUSB0", slaves[0], usb=NAMELESS)
    tree.tty("ttyS0", slaves[1], kind="4", driver="serial8250")
    uart, adapter = find_ports(tree.host)
    assert (uart.is_stable, uart.warnings) == (True, ())
    assert (adapter.is_stable, adapter.stable, adapter.product) == (False, adapter.device, "067b:2303")
    assert "may change" in adapter.warnings[0]


def test_adapters_that_share_a_name_are_told_apart_by_path(tree: Tree, slaves: list[str]) -> None:
    """Two adapters of one make without serial numbers compete for one by-id link: neither is offered it."""
    first = tree.tty("ttyUSB0", slaves[0], usb=NAMELESS)
    second = tree.tty("ttyUSB1", slaves[1], usb=NAMELESS)
    tree.link("by-id", "usb-Prolific-if00-port0", second)
    paths = [str(tree.link("by-path", f"usb-{n}", device)) for n, device in enumerate((first, second))]
    ports = find_ports(tree.host)
    assert paths == [port.stable for port in ports]
    assert all("calls itself exactly the same" in port.warnings[0] for port in ports)


def test_the_ports_of_one_adapter_share_its_name(tree: Tree, slaves: list[str]) -> None:
    """A four-port adapter has one name and a link for each port: nothing is doubtful."""
    for n, slave in enumerate(slaves):
        tree.link("by-id", f"usb-FTDI_Quad-if0{n}-port0", tree.tty(f"ttyUSB{n}", slave, usb=FTDI))
    assert [(len(port.by_id), port.warnings) for port in find_ports(tree.host)] == [(1, ())] * 3


def test_holders_and_consoles_are_shown(tree: Tree, slaves: list[str]) -> None:
    """Who has a port open, the kernel's console and a getty's port, each in the port's state."""
    tree.tty("ttyS0", slaves[0], kind="4")
    tree.tty("ttyS1", slaves[1], kind="4")
    tree.tty("ttyUSB0", slaves[2], usb=FTDI)
    tree.kernel_console("ttyS0")
    tree.process(711, "agetty", terminal=number_of(slaves[1]))
    tree.process(812, "minicom", files=[slaves[2]])
    console, login, used = find_ports(tree.host)
    assert (console.state, login.state, used.state) == ("this host's own console",) * 2 + ("in use",)
    assert "(console=ttyS0)" in console.console
    assert "serial-getty@ttyS1" in login.console
    assert used.holders == (Holder(812, "minicom"),)


def test_a_port_without_a_device_file_says_so(tree: Tree, slaves: list[str]) -> None:
    """A container sees the host's /sys, and of /dev only what it was given."""
    tree.tty("ttyUSB0", slaves[0], usb=FTDI).unlink()
    (port,) = find_ports(tree.host)
    assert "does not exist" in port.warnings[0]
    assert (port.denied, port.state) == ("", "no device file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_port_we_may_not_open_says_so(slaves: list[str]) -> None:
    """The same answer as opening it would give, without opening it."""
    body = "answer = [port.denied for port in find_ports(Host(*map(Path, argv)))]"
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        Path(folder).chmod(0o755)
        tree = Tree(Path(folder))
        tree.tty("ttyUSB0", slaves[0], usb=FTDI)
        roots = [str(root) for root in (tree.host.sys, tree.host.proc, tree.host.dev)]
        Path(slaves[0]).chmod(0o600)
        (denied,) = as_nobody(body, *roots)
        Path(slaves[0]).chmod(0o666)
        (allowed,) = as_nobody(body, *roots)
    assert denied.startswith(f"permission denied: {tree.host.dev}/ttyUSB0 is root:")
    assert allowed == ""


def test_looking_opens_nothing(tree: Tree) -> None:
    """A pipe in a port's place would hold an open for ever: it is looked at and passed over."""
    with open_pty() as slave:
        device = tree.tty("ttyUSB0", slave, usb=FTDI)
        device.unlink()
        os.mkfifo(device)
        tree.link("by-id", "usb-FTDI", device)
        (port,) = find_ports(tree.host)
        assert (port.by_id, port.holders) == ((), ())
