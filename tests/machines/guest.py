"""A machine that runs our serial line on its second UART, /dev/ttyS1, whose other end the test holds.

Its Python is the one that runs the tests, taken from this host with the libraries it needs; all of it lies in memory.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import py_compile
import re
import socket
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import serial
import serial_asyncio

import consolesvc
from tests.machines import inside
from tests.machines.cpio import Archive
from tests.machines.linux import add_program, libraries
from tests.machines.qemu import BOOT, Machine, machine
from tests.scenarios.process import eventually

HOME = "inside"
ENDED = "the program inside has ended"
_UNUSED = re.compile(
    r"(^|/)(__pycache__|test|tests|idlelib|tkinter|lib2to3|ensurepip|turtledemo|pydoc_data|distutils|site-packages"
    r"|dist-packages|config-[^/]*|sqlite3|venv|unittest|xml|wsgiref|curses|dbm)(/|$)"
)
_UNUSED_EXTENSIONS = re.compile(
    "_test|_xx|_codecs_|_curses|_decimal|_elementtree|_sqlite|_ssl|_tkinter|pyexpat|unicodedata"
)

_INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox dmesg -n 1
/bin/busybox stty -F /dev/ttyS0 raw -echo
PYTHONPATH=/{home} {python} -u -m tests.machines.inside </dev/ttyS0 >/dev/ttyS0 2>&1
echo {ended} >/dev/ttyS0
/bin/busybox sleep 1000
"""


def guest_archive(folder: Path) -> Path:
    """Write the archive of such a machine into a folder; returns its path."""
    archive = Archive()
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    add_program(archive, "busybox", "bin/busybox")
    add_program(archive, python, str(python).lstrip("/"))
    archive.device("dev/console", 5, 1)
    archive.file("init", _INIT.format(home=HOME, python=python, ended=ENDED), 0o755)
    _add_library(archive)
    for module in (consolesvc, serial, serial_asyncio):
        _add_package(archive, module, folder)
    for name in ("tests", "tests/machines"):
        archive.file(f"{HOME}/{name}/__init__.py", "")
    archive.copy(Path(inside.__file__), f"{HOME}/tests/machines/inside.py")
    path = folder / "guest.cpio"
    path.write_bytes(archive.packed())
    return path


def _add_library(archive: Archive) -> None:
    """Python's own modules, compiled as this host has them."""
    home = Path(sysconfig.get_path("stdlib"))
    for source in sorted(home.rglob("*.py")):
        within = source.relative_to(home)
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if not _UNUSED.search(str(within)):
            there = str(source).lstrip("/")
            if compiled.exists():
                archive.copy(compiled, there + "c")
            else:
                archive.copy(source, there)
    needed: set[Path] = set()
    for extension in (home / "lib-dynload").glob("*.so"):
        if not _UNUSED_EXTENSIONS.match(extension.name):
            archive.copy(extension, str(extension).lstrip("/"))
            needed.update(libraries(extension))
    for library in needed:
        archive.copy(library, str(library).lstrip("/"))


def _add_package(archive: Archive, package: ModuleType, folder: Path) -> None:
    """One of ours or of those we need, compiled."""
    home = Path(package.__file__ or "").parent
    for source in sorted(home.rglob("*.py")):
        compiled = folder / "compiled.pyc"
        py_compile.compile(str(source), str(compiled), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        archive.file(f"{HOME}/{home.name}/{source.relative_to(home)}c", compiled.read_bytes())


class Guest:
    """Orders to the program inside, and the wire's other end.

    Attributes:
        pc: The machine.
        wire: What is sent here the UART receives, and the other way round.
    """

    def __init__(self, pc: Machine, console: socket.socket, wire: socket.socket) -> None:
        self.pc = pc
        self.wire = wire
        self._console = console
        self._answers = console.makefile("rb")
        self._orders = 0

    def wait(self) -> None:
        """Until it is there."""
        self._answer(0, BOOT)

    def order(self, do: str, **arguments: object) -> Any:
        """Have something done; what came of it. An error of ours raises RuntimeError with its sentence."""
        self._orders += 1
        order = {"id": self._orders, "do": do, "with": arguments}
        self._console.sendall(json.dumps(order).encode() + b"\n")
        answer = self._answer(self._orders, 30)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def read(self, size: int, seconds: float = 20.0) -> bytes:
        """So many bytes that the UART sent; fewer where the time is over."""
        seen, deadline = b"", time.monotonic() + seconds
        while len(seen) < size and (left := deadline - time.monotonic()) > 0:
            self.wire.settimeout(left)
            with contextlib.suppress(TimeoutError):
                seen += self.wire.recv(size - len(seen))
        return seen

    def _answer(self, number: int, seconds: float) -> dict[str, Any]:
        self._console.settimeout(seconds)
        said = b""
        while True:
            line = self._answers.readline()
            ended = not line or ENDED.encode() in line
            assert not ended, f"the machine says: {said[-4000:]!r}"
            said += line
            with contextlib.suppress(ValueError):
                document = json.loads(line)
                if isinstance(document, dict) and document.get("id") == number:
                    return document


@contextlib.contextmanager
def guest(folder: Path) -> Iterator[Guest]:
    """The machine, the program inside ready; what its UARTs are told is traced."""
    ports = [f"socket,path={folder}/{name},server=on,wait=off" for name in ("console", "wire")]
    trace = ("serial_write", "serial_update_parameters")
    with (
        machine(folder / "pc", guest_archive(folder), ports, append="quiet", memory=384, trace=trace) as pc,
        socket.socket(socket.AF_UNIX) as console,
        socket.socket(socket.AF_UNIX) as wire,
    ):
        console.connect(f"{folder}/console")
        wire.connect(f"{folder}/wire")
        eventually("both ends held", lambda: not pc.place(0).startswith("disc") and not pc.place(1).startswith("disc"))
        pc.cont()
        made = Guest(pc, console, wire)
        with contextlib.closing(made._answers):
            made.wait()
            yield made
