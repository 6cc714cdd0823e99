"""A real Linux from its boot to its shutdown by the calls for scripts alone: no websocket, no sleep, no guess."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from consolesvc.client import Cloud, Console, TimedOut
from tests.machines.connections import CONNECTIONS, free_port, lab
from tests.machines.kernel import needs_machine
from tests.machines.qemu import BOOT, machine
from tests.scenarios.process import service

pytestmark = [needs_machine, pytest.mark.timeout(240)]

WAY = CONNECTIONS["unix-listen"]
SHELL = r"# $"


def test_a_machine_is_worked_by_a_script(tmp_path: Path, linux_archive: Path) -> None:
    """Boot, login, commands, marks, a slice, the screen, the end."""
    free = free_port()
    with machine(tmp_path / "machine", linux_archive, [WAY.port.format(folder=tmp_path, free=free)]) as pc:
        file = lab(WAY, tmp_path, free, pc)
        with service(tmp_path / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected", 10)
            pc.cont()
            console = Cloud(running.api_url).console("node3")
            log_in(console)
            work(console)
            cut_out(console)
            console.send("poweroff -f", echo=True)
            console.wait("reboot: (Power down|System halted)", timeout=BOOT)


def log_in(console: Console) -> None:
    """From the first byte of its boot on; getty and login switch the echo off a moment after they have asked."""
    boot = console.wait(r"Linux version (\d+\.\d+)", since=0, timeout=BOOT)
    assert boot.groups[0]
    console.wait(r"(?P<host>\w+) login: $", timeout=BOOT)
    console.send("root", echo=True)
    console.wait("Password: $")
    console.send("secret")
    console.wait(SHELL)


def work(console: Console) -> None:
    """Commands and their output, whatever they do to it."""
    console.mark("work begins")
    assert console.run("tty").output == "/dev/ttyS0\n"
    assert console.run("printf unfinished").output == "unfinished"
    assert console.run("seq 1 2000").output == "".join(f"{number}\n" for number in range(1, 2001))
    long = "echo " + "x" * 150 + " | wc -c"
    assert console.run(long).output == "151\n"
    assert console.run("cd /tmp").output == ""
    assert console.run("pwd", prompt=SHELL).output == "/tmp\n"
    # The kernel speaks over the output, as kernels do.
    spoken = console.run("dmesg -n 8; echo 'from the kernel' >/dev/kmsg; dmesg -n 1; echo done", prompt=SHELL).output
    assert re.fullmatch(r"\[ *\d+\.\d+\] from the kernel\ndone\n", spoken)
    with pytest.raises(TimedOut) as late:
        console.run("echo begun; sleep 60", timeout=2)
    assert late.value.output == "begun\n"
    console.send(b"\x03")
    console.wait(SHELL)
    assert console.run("echo $?", prompt=SHELL).output == "130\n"
    console.mark("work ends")


def cut_out(console: Console) -> None:
    """What was said between two marks; the recording has its times; the screen shows the last of it."""
    text = console.slice("work begins", "work ends")
    assert text.startswith("tty\n/dev/ttyS0\n")
    assert "\n1999\n2000\n" in text
    head, *events = map(json.loads, console.recording("work begins", "work ends", version=2).splitlines())
    assert head["version"] == 2
    assert events[0][1:] == ["m", "work begins"]
    assert "".join(event[2] for event in events if event[1] == "o").startswith("tty")
    assert events[-1][0] > 2, "it waited for two seconds"
    console.run("clear; echo on the screen", prompt=SHELL)
    screen = console.screen()
    assert screen.lines[0] == "on the screen"
    assert screen.lines[screen.y].endswith("#")
