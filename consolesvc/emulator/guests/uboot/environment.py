"""U-Boot's environment: its variables, and what of them was saved."""

from __future__ import annotations

from typing import Final

SIZE: Final = 0x20000
"""Bytes that variables can take together."""


class Environment:
    """Variables by name; the saved ones are what the next start begins with, also after the power was off."""

    def __init__(self, name: str, mac: str) -> None:
        self._saved = {
            "arch": "arm",
            "baudrate": "115200",
            "board": "fake",
            "bootargs": "root=/dev/vda1 ro console=ttyS0,115200n8 panic=10",
            "bootcmd": "run load_kernel; booti ${kernel_addr_r} - ${fdt_addr_r}",
            "bootdelay": "3",
            "ethaddr": mac,
            "fdt_addr_r": "0x4a000000",
            "hostname": name,
            "kernel_addr_r": "0x40400000",
            "load_kernel": "load virtio 0:1 ${kernel_addr_r} /boot/Image; load virtio 0:1 ${fdt_addr_r} /boot/fake.dtb",
            "stderr": "serial",
            "stdin": "serial",
            "stdout": "serial",
        }
        self.variables = dict(self._saved)

    def __repr__(self) -> str:
        return f"<Environment of {len(self.variables)} variables>"

    def size(self) -> int:
        """Bytes that the variables take, as `name=value` and a zero each."""
        return sum(len(name) + len(value) + 2 for name, value in self.variables.items())

    def restart(self) -> None:
        """Back to what was saved."""
        self.variables = dict(self._saved)

    def save(self) -> None:
        """Keep what is set now."""
        self._saved = dict(self.variables)
