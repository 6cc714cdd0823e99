"""A real Linux boots, panics, boots again and loops: what is recognised, told, delivered and remembered of it."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.machines.connections import CONNECTIONS, free_port, lab
from tests.machines.cpio import Archive
from tests.machines.kernel import needs_machine
from tests.machines.linux import add_program
from tests.machines.qemu import BOOT, Machine, machine
from tests.machines.terminal import Terminal
from tests.machines.test_linux import LOGIN, log_in
from tests.scenarios.ondisk import contents
from tests.scenarios.process import Running, eventually, service

pytestmark = [needs_machine, pytest.mark.timeout(300)]

_CRASHING = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc
/bin/busybox mount -t proc proc /proc
echo c >/proc/sysrq-trigger
"""


class Receiver:
    """A webhook's far end: the events it was sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        received = self.events

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.events]


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


@contextlib.contextmanager
def watched(folder: Path, initrd: Path, hook: Receiver) -> Iterator[tuple[Running, Machine]]:
    """A service that tells a webhook, and a machine that calls it; its processor has not run yet."""
    connection, free = CONNECTIONS["unix-listen"], free_port()
    port = connection.port.format(folder=folder, free=free)
    with machine(folder / "machine", initrd, [port]) as pc:
        file = lab(connection, folder, free, pc)
        with file.open("a") as config:
            config.write(f"webhooks: [{{url: 'http://127.0.0.1:{hook.server.server_port}/', consoles: ['node*']}}]\n")
        with service(folder / "run", "--config", str(file)) as running:
            running.wait_for_line("node3", "connected", 10)
            yield running, pc


def test_a_panic_and_the_boot_after_it(tmp_path: Path, linux_archive: Path) -> None:
    """Each once, at its place; how long each boot took; and `log --boot` begins where they do."""
    with receiver() as hook, watched(tmp_path, linux_archive, hook) as (running, pc):
        pc.cont()
        eventually("a boot and a login told", lambda: hook.names == ["boot", "login"], BOOT)
        boot, login = hook.events
        assert (boot["offset"], boot["facts"]["stage"]) == (0, "kernel")
        assert boot["facts"]["line"].startswith("Linux version ")
        assert login["text"] == f"node3 asks for a login after {login['facts']['seconds']:.0f} s: testvm login:"
        with running.viewer("node3", "&replay=all") as viewer:
            terminal = Terminal(viewer)
            log_in(terminal)
            terminal.type("echo c > /proc/sysrq-trigger\r")
            terminal.until(rb"Kernel panic - not syncing: sysrq triggered crash\r\n", BOOT)
            terminal.until(LOGIN, BOOT)
        eventually("what came then", lambda: hook.names == ["boot", "login", "panic", "boot", "login"])
        panic, again = hook.events[2:4]
        assert panic["facts"] == {"what": "panic", "line": "Kernel panic - not syncing: sysrq triggered crash"}
        eventually("the login in the log", lambda: contents(tmp_path / "logs", "node3").endswith(LOGIN))
        said = contents(tmp_path / "logs", "node3")
        line = said[panic["offset"] :].partition(b"\n")[0]
        assert line.endswith(b"] Kernel panic - not syncing: sysrq triggered crash\r")
        status, answer = running.api("GET", "/console/v1/consoles/node3/boots")
        assert status == 200
        last, first = answer["boots"]
        assert [last["offset"], first["offset"]] == [again["offset"], 0]
        assert (first["panic"]["offset"], last["panic"], first["reset"]) == (panic["offset"], None, False)
        assert min(boot["login"]["seconds"] for boot in (first, last)) > 0
        assert answer["trend"]["of"] == 2
        shown = running.command("log", "node3", "--boot", "0", "--directory", str(tmp_path / "logs")).stdout
        assert shown == re.sub("\r\n?", "\n", said[again["offset"] :].decode())  # as text is read
        assert "login, " in running.command("list").stdout


def test_a_reset_loop_is_told(tmp_path: Path) -> None:
    """A machine that panics in each boot, and boots for ever: told once."""
    archive = Archive()
    add_program(archive, "busybox", "bin/busybox")
    archive.device("dev/console", 5, 1)
    archive.file("init", _CRASHING, 0o755)
    initrd = tmp_path / "crashing.cpio"
    initrd.write_bytes(archive.packed())
    with receiver() as hook, watched(tmp_path, initrd, hook) as (running, pc):
        seen: list[str] = []
        stream = urllib.request.urlopen(f"{running.api_url}/console/v1/events?event=reset-loop", timeout=200)
        with stream:
            pc.cont()
            for line in stream:
                seen.append(line.decode().strip())
                if line.startswith(b"data:"):
                    break
        loop = json.loads(seen[-1].removeprefix("data:"))
        assert seen[-2] == "event: reset-loop"
        assert loop["facts"]["boots"] == 3
        assert loop["text"].startswith("node3 reset loop: 3 boots in ")
        eventually("another boot", lambda: hook.names.count("boot") >= 4, 2 * BOOT)
        assert hook.names[:6] == ["boot", "panic", "boot", "panic", "boot", "reset-loop"]
        assert hook.names.count("reset-loop") == 1
        _, answer = running.api("GET", "/console/v1/consoles/node3/boots")
        assert all(boot["reset"] and boot["panic"] for boot in answer["boots"][1:])
