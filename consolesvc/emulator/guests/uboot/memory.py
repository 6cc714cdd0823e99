"""U-Boot's commands about memory: looking at it, loading into it, and starting what was loaded."""

from __future__ import annotations

import zlib
from typing import Final

from consolesvc.emulator.guests.program import Program, work
from consolesvc.emulator.guests.uboot.monitor import Monitor, UsageProblem, number

MOST_DUMPED: Final = 0x10000
"""Bytes that one `md` shows at most."""

_FILES: Final = {"/boot/Image": 14_680_064, "/boot/fake.dtb": 31_248}
"""What there is to load, and its size in bytes."""


def dump(monitor: Monitor, words: list[str]) -> Program[bool]:
    """`md`: show memory."""
    size = {"b": 1, "w": 2, "l": 4, "q": 8, "": 4}.get(words[0].partition(".")[2])
    if size is None:
        raise UsageProblem
    numbers = [number(word) for word in words[1:3]]
    address = numbers[0] if numbers else monitor.dump_at
    count = min(numbers[1] if numbers[1:] else 64, MOST_DUMPED // size)
    end = address + count * size
    while address < end:
        row = _memory(address, min(16, end - address))
        cells = [row[at : at + size][::-1].hex() for at in range(0, len(row), size)]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004 - printable ASCII
        monitor.tty.write(
            f"{address & 0xFFFFFFFFFFFFFFFF:08x}: {' '.join(cells):<{16 // size * (2 * size + 1)}} {text}\n"
        )
        address += 16
        if address % 1024 == 0:
            yield from work()
    monitor.dump_at = end
    yield from work()
    return True


def _memory(address: int, length: int) -> bytes:
    """What a fake memory holds: the same at each look, and some text where a banner would be."""
    banner = b"consolesvc fake board memory.\0\0\0"
    return bytes(
        banner[at % 32] if at // 32 % 16 == 0 else zlib.crc32(b"%d" % (at // 4)) >> (at % 4 * 8) & 0xFF
        for at in range(address, address + length)
    )


def load(monitor: Monitor, words: list[str]) -> Program[bool]:
    """`load`: read a file from the disk."""
    if len(words) != 5:  # noqa: PLR2004 - as the usage says
        raise UsageProblem
    address, size = number(words[3]), _FILES.get(words[4])
    if size is None or words[1] != "virtio":
        monitor.tty.write(f"Failed to load '{words[4]}'\n")
        return False
    took = max(2, size * 1000 // (40 << 20))
    yield from work(took / 1000)
    monitor.tty.write(f"{size} bytes read in {took} ms ({size / took * 1000 / (1 << 20):.1f} MiB/s)\n")
    monitor.loaded.add(address)
    return True


def boot_image(monitor: Monitor, words: list[str]) -> Program[bool]:
    """`booti`: start the kernel that was loaded."""
    if len(words) < 2 or number(words[1]) not in monitor.loaded:  # noqa: PLR2004 - an address
        monitor.tty.write("Bad Linux ARM64 Image magic!\n")
        return False
    fdt = words[3] if words[3:] else monitor.environment.variables.get("fdt_addr_r", "0x4a000000")
    monitor.tty.write(
        f"## Flattened Device Tree blob at {number(fdt):08x}\n   Booting using the fdt blob at {number(fdt):#x}\n"
    )
    yield from work(0.2)
    monitor.tty.write("   Loading Device Tree to 000000007deda000, end 000000007dee4a0f ... OK\n")
    yield from work(0.2)
    monitor.tty.write("\nStarting kernel ...\n\n")
    monitor.ending = "boot"
    return True
