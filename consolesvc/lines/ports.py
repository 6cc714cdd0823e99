"""This host's serial ports, found without opening any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from consolesvc.lines.holders import Holder, openers
from consolesvc.lines.host import THIS_HOST, Host, device_number, look, parse_number, read
from consolesvc.lines.hostconsole import belongs_to_host, kernel_consoles, logins
from consolesvc.lines.permission import may_open, permission_denied


@dataclass(frozen=True, slots=True)
class Port:
    """One serial port of this host.

    Attributes:
        device: Its device file under its plain name, such as `/dev/ttyUSB0`.
        exists: Whether that file is there: a container sees ports of its host that it was not given.
        number: Its device number: two paths with the same number are the same port.
        by_id: Links in /dev/serial/by-id: they follow the adapter wherever it is plugged in.
        by_path: Links in /dev/serial/by-path: they name the socket it is plugged into.
        driver: The kernel's driver, "" where it has none.
        manufacturer, serial: What a USB adapter says of itself; "" where it says nothing.
        product: Likewise, or its numbers such as `067b:2303`: a USB adapter always has one.
        has_uart: Whether hardware stands behind it, as far as the kernel says.
        console: Why it is this host's own console, with the cure; "" where it is not.
        denied: Why this process may not open it, with the cure; "" where it may.
        holders: The other programs that have it open, as far as they can be seen.
        warnings: What else to know before using it, a sentence each.
    """

    device: str
    number: int
    exists: bool = True
    by_id: tuple[str, ...] = ()
    by_path: tuple[str, ...] = ()
    driver: str = ""
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    has_uart: bool = True
    console: str = ""
    denied: str = ""
    holders: tuple[Holder, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def stable(self) -> str:
        """The path to configure: one that stays the same over replugging and restarts, where there is any."""
        return (*self.by_id, *self.by_path, self.device)[0]

    @property
    def is_stable(self) -> bool:
        """Whether that path stays: a UART soldered in keeps its number, an adapter does not."""
        return self.stable != self.device or not self.product

    @property
    def state(self) -> str:
        """What stands between this port and a line, in plain words; "ok" for nothing."""
        if not self.has_uart:
            return "no UART behind it"
        if not self.exists:
            return "no device file"
        if self.console:
            return "this host's own console"
        if self.denied:
            return "no permission"
        return "in use" if self.holders else "ok"


def find_ports(host: Host = THIS_HOST) -> list[Port]:
    """The serial ports of this host, in the order of their names. Opens none of them.

    Left out: terminals without a device (PTYs, virtual consoles), and the ports that a PC's kernel makes without
    finding a UART.
    """
    ports = [port for directory in _directories(host) if (port := _identify(directory, host)) is not None]
    numbers = {port.number for port in ports}
    by_id, by_path = _links(host.dev / "serial/by-id"), _links(host.dev / "serial/by-path")
    held, kernel, logged_in = openers(numbers, host), kernel_consoles(host), logins(host)
    found = []
    for port in ports:
        console = belongs_to_host(port.number, kernel, logged_in, host)
        known = replace(
            port,
            by_id=by_id.get(port.number, ()),
            by_path=by_path.get(port.number, ()),
            console="" if console is None else str(console),
            denied=str(permission_denied(port.device)) if port.exists and not may_open(port.device) else "",
            holders=tuple(held.get(port.number, ())),
        )
        found.append(known)
    return [replace(port, warnings=tuple(_warnings(port, found))) for port in _without_doubtful_ids(found)]


def _directories(host: Host) -> list[Path]:
    """The kernel's directory of each tty that belongs to a device, ttyS2 before ttyS10."""
    try:
        ttys = [entry for entry in (host.sys / "class/tty").iterdir() if (entry / "device").exists()]
    except OSError:
        return []
    return sorted(ttys, key=lambda entry: (entry.name.rstrip("0123456789"), len(entry.name), entry.name))


def _identify(directory: Path, host: Host) -> Port | None:
    """What sysfs says of one tty; None where it is none to use: gone meanwhile, or a PC port without a UART."""
    number = parse_number(read(directory / "dev"))
    if number is None:
        return None
    driver = _driver(directory)
    has_uart = read(directory / "type") != "0"
    if not has_uart and driver in {"", "serial8250"}:
        return None
    usb = next((parent for parent in _ancestry(directory) if (parent / "idVendor").exists()), None)
    device = host.dev / directory.name.replace("!", "/")  # sysfs has no other way to write a slash
    return Port(
        device=str(device),
        number=number,
        exists=look(device) is not None,
        driver=driver,
        manufacturer=read(usb / "manufacturer") if usb else "",
        product=read(usb / "product") or f"{read(usb / 'idVendor')}:{read(usb / 'idProduct')}" if usb else "",
        serial=read(usb / "serial") if usb else "",
        has_uart=has_uart,
    )


def _ancestry(directory: Path) -> Iterator[Path]:
    """A tty's device, then what it hangs on, up to the root of the devices."""
    device = (directory / "device").resolve()
    yield device
    yield from device.parents


def _driver(directory: Path) -> str:
    """The driver of a tty's device. Newer kernels put two layers of their own, `serial-base`, above the real one."""
    for device in _ancestry(directory):
        driver = device / "driver"
        if driver.is_symlink() and (device / "subsystem").resolve().name != "serial-base":
            return driver.readlink().name
    return ""


def _links(directory: Path) -> dict[int, tuple[str, ...]]:
    """The links in a directory by the device number of what they point to."""
    links: dict[int, tuple[str, ...]] = {}
    try:
        paths = sorted(directory.iterdir())
    except OSError:
        return {}
    for path in paths:
        number = device_number(path)
        if number is not None:
            links[number] = (*links.get(number, ()), str(path))
    return links


def _identity(port: Port) -> tuple[str, str, str]:
    return port.manufacturer, port.product, port.serial


def _without_doubtful_ids(ports: list[Port]) -> list[Port]:
    """Leave out by-id links that two adapters compete for.

    Adapters of one make without serial numbers, or all with the maker's first one, have the same name: one of them
    gets the link, and which one that is changes.
    """
    doubtful = _doubtful(ports)
    return [replace(port, by_id=()) if _identity(port) in doubtful else port for port in ports]


def _doubtful(ports: list[Port]) -> set[tuple[str, str, str]]:
    """Names of adapters that more than one port bears while too few links exist for them."""
    usb = [port for port in ports if port.product]
    borne, linked = Counter(map(_identity, usb)), Counter(_identity(port) for port in usb if port.by_id)
    return {name for name, count in borne.items() if 0 < linked[name] < count}


def _warnings(port: Port, before: list[Port]) -> Iterator[str]:
    """What to know of a port; `before` are all ports with every link they have."""
    if not port.exists:
        yield f"{port.device} does not exist: this container or system has no device file for it"
    if _identity(port) in _doubtful(before):
        yield "another adapter here calls itself exactly the same, so a by-id link may lead to either"
    if not port.is_stable:
        yield "no link in /dev/serial names it for good: its number may change with the next plug or start"
