"""A PC in QEMU, all of it emulated (some hosts have a /dev/kvm that does not work), with serial ports of our choice.

A port's other end is a character device in QEMU's own words, such as `socket,path=/x,server=on,wait=off` or `pty`.
Beside each stands a witness: a file into which QEMU writes what the machine sent through that port, byte for byte, so
that a test compares a log with what was said and not with what somebody else heard of it.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.machines.kernel import KERNEL, QEMU
from tests.machines.qmp import Qmp
from tests.scenarios.process import eventually

BOOT = 60.0
"""Seconds to a login on a busy host; four on an idle one."""


class Machine:
    """A running PC; `cont` starts its processor."""

    def __init__(self, process: subprocess.Popen[bytes], qmp: Qmp, folder: Path) -> None:
        self.process = process
        self.qmp = qmp
        self.folder = folder

    def cont(self) -> None:
        """Start the processor, or let it go on."""
        self.qmp.ask("cont")

    def stop(self) -> None:
        """Hold the processor still; its ports still take what comes."""
        self.qmp.ask("stop")

    def place(self, port: int = 0) -> str:
        """Where a port's other end is, in QEMU's words: `pty:/dev/pts/3`, `tcp:127.0.0.1:4711,server=on`."""
        devices = {device["label"]: str(device["filename"]) for device in self.qmp.ask("query-chardev")}
        return devices[f"serial{port}"]

    def send_break(self, port: int = 0) -> None:
        """Let a port's UART see a BREAK, whatever its other end is."""
        self.qmp.ask("chardev-send-break", id=f"serial{port}")

    def said(self, port: int = 0) -> bytes:
        """All that the machine has sent through a port: the witness."""
        return (self.folder / f"witness{port}").read_bytes()

    def registers(self) -> str:
        """What the UARTs were told so far, where tracing was asked for: QEMU's trace, a line an event."""
        return (self.folder / "trace").read_text()


@contextlib.contextmanager
def machine(
    folder: Path,
    initrd: Path,
    ports: Sequence[str],
    *,
    append: str = "",
    memory: int = 128,
    trace: Sequence[str] = (),
) -> Iterator[Machine]:
    """A PC that is switched on and has not run its first instruction yet.

    Args:
        folder: For its witnesses and its sockets.
        initrd: The archive its kernel starts from.
        ports: The other ends of its serial ports, in order; the first is its kernel's console.
        append: More for the kernel's command line.
        memory: MiB.
        trace: Events of QEMU's to be written to its trace file.
    """
    folder.mkdir(exist_ok=True)
    qmp_path = folder / "qmp"
    words = [
        *(QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc", "-accel", "tcg", "-S"),
        *("-m", str(memory), "-kernel", str(KERNEL), "-initrd", str(initrd)),
        *("-append", f"console=ttyS0 panic=-1 {append}"),
        *("-chardev", f"socket,id=qmp,path={qmp_path},server=on,wait=off", "-mon", "chardev=qmp,mode=control"),
    ]
    for number, port in enumerate(ports):
        kind, _, rest = port.partition(",")
        witness = f"id=serial{number},logfile={folder}/witness{number}"
        words += ["-chardev", ",".join(filter(None, (kind, witness, rest))), "-serial", f"chardev:serial{number}"]
    if trace:
        words += [
            *(word for event in trace for word in ("-trace", event)),
            "-D",
            str(folder / "trace"),
            "-msg",
            "timestamp=on",
        ]
    with (folder / "qemu").open("wb") as said:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        eventually(f"QEMU's QMP; it says: {(folder / 'qemu').read_text()}", lambda: _ready(process, qmp_path), 20)
        qmp = Qmp(qmp_path)
        with contextlib.closing(qmp):
            yield Machine(process, qmp, folder)
    finally:
        process.kill()
        process.wait()


def _ready(process: subprocess.Popen[bytes], path: Path) -> bool:
    assert process.poll() is None, f"QEMU ended with {process.returncode}"
    return path.exists()
