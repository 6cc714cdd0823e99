"""A Linux for a machine: busybox as its every program, a login on the serial console, root's password `secret`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.machines.cpio import Archive

PROMPT = b"~ # "
SHADOW = "$5$consolesvc$lcFym3R2LrRHF/ccwFNeJcEDG3zYw9lHuGxEOGl0uV2"
"""`secret`, by crypt's sha256."""

_INIT = """#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
dmesg -n 1
hostname testvm
while :; do getty -L 115200 ttyS0 vt220; done
"""

_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


def linux(folder: Path) -> Path:
    """Write the archive of such a Linux into a folder; returns its path."""
    archive = Archive()
    add_program(archive, "busybox", "bin/busybox")
    archive.link("bin/sh", "busybox")
    archive.device("dev/console", 5, 1)
    archive.file("init", _INIT, 0o755)
    archive.file("etc/passwd", f"root:{SHADOW}:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", "root:x:0:\n")
    archive.file("etc/issue", "a test machine\n")
    path = folder / "linux.cpio"
    path.write_bytes(archive.packed())
    return path


def add_program(archive: Archive, program: str | Path, path: str) -> None:
    """A program of this host's and the libraries it needs, where it looks for them."""
    found = shutil.which(program)
    assert found is not None, f"no {program} here"
    archive.copy(Path(found).resolve(), path)
    for library in libraries(Path(found)):
        archive.copy(library, str(library).lstrip("/"))


def libraries(program: Path) -> list[Path]:
    """The libraries that the loader would find for a program or a library; none where it is static."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [Path(found) for found in _LIBRARY.findall(said)]
