"""What the switch's `show` commands say: each gives the lines."""

from __future__ import annotations

import time
import zlib
from typing import Final

from consolesvc.emulator.guests.switch.device import CABLED, PORTS, Device, Settings

VERSION: Final = "FakeOS 4.2(1)"

_MAC_BASE: Final = "0200.5e"


def version(device: Device) -> list[str]:
    """`show version`."""
    minutes = int(device.tty.now - device.started) // 60
    return [
        f"consolesvc FS-{PORTS}00, {VERSION}",
        "This is a fake switch: it forwards nothing.",
        "",
        "ROM: Bootstrap program is FakeBoot 1.1",
        f"{device.running.hostname} uptime is {minutes // 60} hours, {minutes % 60} minutes",
        'System image file is "flash:fakeos-4.2.1.bin"',
        "",
        f"Processor board ID FSW{zlib.crc32(device.name.encode()):010d}",
        "262144K bytes of memory, 65536K bytes of flash",
        f"{PORTS} Ethernet ports",
        f"Base ethernet MAC address: {mac(device, 0)}",
    ]


def mac(device: Device, number: int) -> str:
    """A hardware address, as switches write it."""
    digits = f"{zlib.crc32(device.name.encode()) >> 16:04x}{number:02x}"
    return f"{_MAC_BASE}{digits[:2]}.{digits[2:]}"


def configuration(settings: Settings) -> list[str]:
    """`show running-config` and `show startup-config`."""
    lines = [
        "!",
        f"version {VERSION.split()[1]}",
        f"hostname {settings.hostname}",
        "!",
        "enable secret 5 <removed>",
        "!",
    ]
    for number, name in sorted(settings.vlans.items()):
        if number > 1:
            lines += [f"vlan {number}", f" name {name}", "!"]
    for number, port in settings.ports.items():
        lines.append(f"interface Ethernet{number}")
        if port.description:
            lines.append(f" description {port.description}")
        lines.append(f" switchport access vlan {port.vlan}")
        lines += [" shutdown", "!"] if port.shutdown else [" no shutdown", "!"]
    return [*lines, "line console 0", " speed 115200", "!", "end"]


def interfaces(device: Device, numbers: range) -> list[str]:
    """`show interfaces`."""
    lines: list[str] = []
    for number in numbers:
        port = device.running.ports[number]
        up = device.is_up(number)
        state = "administratively down" if port.shutdown else "up" if up else "down"
        seconds = int(device.tty.now - device.started) if up else 0
        lines += [
            f"Ethernet{number} is {state}, line protocol is {'up (connected)' if up else 'down (notconnect)'}",
            f"  Hardware is Fake Ethernet, address is {mac(device, number)}",
            *([f"  Description: {port.description}"] if port.description else []),
            "  MTU 1500 bytes, BW 1000000 Kbit/sec",
            f"  {'Full-duplex, 1000Mb/s' if up else 'Auto-duplex, Auto-speed'}, media type is 10/100/1000BaseTX",
            f"  5 minute input rate {2000 * up * number} bits/sec, {2 * up * number} packets/sec",
            f"  5 minute output rate {3000 * up * number} bits/sec, {3 * up * number} packets/sec",
            f"     {seconds * 2 * number} packets input, {seconds * 250 * number} bytes",
            "     0 input errors, 0 CRC, 0 frame, 0 overrun",
            f"     {seconds * 3 * number} packets output, {seconds * 375 * number} bytes",
            "     0 output errors, 0 collisions",
        ]
    return lines


def status(device: Device) -> list[str]:
    """`show interfaces status`."""
    lines = [f"{'Port':<12}{'Name':<20}{'Status':<14}{'Vlan':<8}Speed"]
    for number, port in device.running.ports.items():
        state = "disabled" if port.shutdown else "connected" if device.is_up(number) else "notconnect"
        lines.append(f"{f'Ethernet{number}':<12}{port.description[:18]:<20}{state:<14}{port.vlan:<8}1000")
    return lines


def mac_table(device: Device) -> list[str]:
    """`show mac address-table`."""
    rows = [
        f"{device.running.ports[number].vlan:>4}    {mac(device, 16 * number + place)}    DYNAMIC     Ethernet{number}"
        for number in CABLED
        if device.is_up(number)
        for place in range(1, number + 2)
    ]
    return [
        "          Mac Address Table",
        "-------------------------------------------",
        "",
        "Vlan    Mac Address       Type        Ports",
        "----    -----------       --------    -----",
        *rows,
        f"Total Mac Addresses for this criterion: {len(rows)}",
    ]


def vlans(device: Device) -> list[str]:
    """`show vlan`."""
    lines = [
        f"{'VLAN':<5}{'Name':<33}{'Status':<10}Ports",
        f"{'-' * 4} {'-' * 32} {'-' * 9} {'-' * 31}",
    ]
    for number, name in sorted(device.running.vlans.items()):
        ports = [f"Et{port}" for port, settings in device.running.ports.items() if settings.vlan == number]
        lines.append(f"{number:<5}{name[:32]:<33}{'active':<10}{', '.join(ports)}")
    return lines


def clock(device: Device) -> list[str]:
    """`show clock`."""
    wall = device.wall()
    return [time.strftime(f"*%H:%M:%S.{int(wall * 1000) % 1000:03} UTC %a %b %e %Y", time.gmtime(wall))]


def logging(device: Device) -> list[str]:
    """`show logging`."""
    return ["Console logging: level debugging", f"Log Buffer ({len(device.log)} messages):", "", *device.log]
