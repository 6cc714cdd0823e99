"""A real serial line: devices of the test's own, pulled and plugged while people watch."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tty
from collections.abc import Iterator
from pathlib import Path

from tests.scenarios.process import CONSOLESVC, eventually, needs, read_until, service

CABLE = needs("socat", "apt install socat")


class Device:
    """A PTY of the test's own under a path that comes and goes, as udev's names of adapters do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1

    def plug(self) -> None:
        """Make the device appear."""
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        """Take it away, whoever has it open."""
        if self.master >= 0:
            self.path.unlink()
            os.close(self.master)
            self.master = -1

    def read(self, size: int) -> bytes:
        """So many bytes that came down the line."""
        seen = b""
        while len(seen) < size:
            seen += os.read(self.master, size - len(seen))
        return seen


@contextlib.contextmanager
def device(path: Path) -> Iterator[Device]:
    """A device that is gone with the block."""
    made = Device(path)
    try:
        yield made
    finally:
        made.unplug()


def test_bytes_go_both_ways(tmp_path: Path) -> None:
    """What the device says reaches the viewer and what is typed reaches the device, all 256 values of a byte."""
    everything = bytes(range(256))
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        with service(tmp_path / "run", "--config", lab(port.path)) as running:
            running.wait_for_line("node3", "connected")
            with running.viewer("node3") as viewer:
                os.write(port.master, everything)
                assert read_until(viewer, everything) == everything
                viewer.send(everything)
                viewer.send("text, too")
                assert port.read(256 + 9) == everything + b"text, too"


def test_what_the_device_said_before_the_start_is_not_thrown_away(tmp_path: Path) -> None:
    """What the kernel holds when the line is opened is the machine's output, not a leftover."""
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        with port.path.open("rb", buffering=0):  # else the PTY has no end that could hold it
            os.write(port.master, b"panic: said early")
            with service(tmp_path / "run", "--config", lab(port.path)) as running, running.viewer("node3") as viewer:
                assert read_until(viewer, b"early") == b"panic: said early"


def test_an_unplug_and_replug_keeps_the_viewers(tmp_path: Path) -> None:
    """The session stays, is told of both, refuses what is typed meanwhile, and goes on at the right byte."""
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        with service(tmp_path / "run", "--config", lab(port.path)) as running, running.viewer("node3") as viewer:
            running.wait_for_line("node3", "connected")
            os.write(port.master, b"before")
            read_until(viewer, b"before")
            port.unplug()
            lost = read_until(viewer, b"waiting]\r\n")
            assert re.fullmatch(
                rb"\r\n\[consolesvc: node3 line lost \d\d:\d\d:\d\d: device unplugged; waiting\]\r\n", lost
            )
            assert running.wait_for_line("node3", "waiting")["viewers"] == 1
            viewer.send(b"typed at nobody")
            assert b"[consolesvc: input refused (15 bytes): node3 line is not open" in read_until(viewer, b"]\r\n")
            port.plug()
            back = read_until(viewer, b"unknown]\r\n", 1.0)  # DESIGN section 4: open within a second
            assert re.search(rb"\[consolesvc: node3 line back after \d+ s; what it sent meanwhile is unknown\]", back)
            os.write(port.master, b"after")
            assert read_until(viewer, b"after") == b"after"
            viewer.send(b"typed")
            assert port.read(5) == b"typed"
            with running.viewer("node3", "&replay=all") as late:
                assert read_until(late, b"after") == b"beforeafter"


def test_a_device_that_is_absent_at_start_is_waited_for(tmp_path: Path) -> None:
    """Ready waits for no device; `list` says what is the matter; it is open within a second of its coming."""
    with device(tmp_path / "ttyUSB0") as port, service(tmp_path / "run", "--config", lab(port.path)) as running:
        assert "no such device" in running.command("list").stdout
        with running.viewer("node3") as viewer:
            told = read_until(viewer, b"]\r\n")
            assert re.fullmatch(rb"\r\n\[consolesvc: node3 line is not open: [^\]]*no such device[^\]]*\]\r\n", told)
            port.plug()
            running.wait_for_line("node3", "connected", 1.0)
            read_until(viewer, b"[consolesvc: node3 line is up]")
            os.write(port.master, b"hello")
            read_until(viewer, b"hello")


@CABLE
def test_a_cable_of_socat_is_pulled_and_plugged(tmp_path: Path) -> None:
    """The same with a device that another program makes: killed, it is an unplug; started again, it is back."""
    near, far = tmp_path / "near", tmp_path / "far"
    with contextlib.ExitStack() as stack, service(tmp_path / "run", "--config", lab(near)) as running:
        first = stack.enter_context(cable(near, far))
        running.wait_for_line("node3", "connected")
        viewer = stack.enter_context(running.viewer("node3"))
        with far.open("r+b", buffering=0) as machine:
            machine.write(b"one")
            read_until(viewer, b"one")
            viewer.send(b"two")
            assert machine.read(3) == b"two"
        first.terminate()
        read_until(viewer, b"device unplugged; waiting]")
        stack.enter_context(cable(near, far))
        read_until(viewer, b"[consolesvc: node3 line back")
        with far.open("r+b", buffering=0) as machine:
            machine.write(b"three")
            assert b"three" in read_until(viewer, b"three")


def test_a_permission_that_lacks_is_said_with_its_cure(tmp_path: Path) -> None:
    """`list` names the owner, the mode, who we are, and the command that helps; done, the line opens by itself."""
    # root without capabilities stands for an ordinary user, whom a checkout below /root would bar from all of it.
    plain = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    with device(tmp_path / "ttyUSB0") as port:
        port.plug()
        port.path.chmod(0o060)
        with service(tmp_path / "run", "--config", lab(port.path), program=(*plain, CONSOLESVC, "serve")) as running:
            running.wait_for_line("node3", "waiting")
            listed = running.command("list").stdout
            assert f"permission denied: {port.path} is {port.path.owner()}:" in listed
            assert f" 0060; consolesvc runs as uid {os.geteuid()}: `chmod u+rw {port.path}`" in listed
            port.path.chmod(0o600)
            running.wait_for_line("node3", "connected", 1.0)


@contextlib.contextmanager
def cable(near: Path, far: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Two PTYs joined by socat."""
    ends = [f"pty,rawer,link={end}" for end in (near, far)]
    with subprocess.Popen(["socat", *ends]) as process:
        try:
            eventually("both ends", lambda: near.is_char_device() and far.is_char_device())
            yield process
        finally:
            process.terminate()


def lab(port: Path) -> str:
    """A configuration with one real line; returns its path."""
    file = port.parent / "lab.yaml"
    file.write_text(f"servers:\n  - {{name: node3, line: {{type: serial, device: {port}}}}}\n")
    checked = subprocess.run([CONSOLESVC, "check", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    return str(file)
