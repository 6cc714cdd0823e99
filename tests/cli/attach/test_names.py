from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from consolesvc.cli.attach.names import Names, _host
from tests.cli.service import CLEAN

STUCK = """
import socket, sys, time
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
from consolesvc.cli import main
sys.exit(main(["attach", "ws://console.lab:6083/?token=x", "--wait", "--timeout", "1s"]))
"""


async def test_addresses_of_a_host() -> None:
    """As aiohttp wants them."""
    found = await Names().resolve("127.0.0.1", 6083)
    assert [(each["host"], each["port"], each["family"]) for each in found] == [("127.0.0.1", 6083, socket.AF_INET)]
    with pytest.raises(socket.gaierror):
        await Names().resolve("no-such-host.invalid", 1)


def test_an_address_that_only_a_link_knows() -> None:
    """Without the link it would lead nowhere."""
    assert _host(("fe80::1", 1, 0, 2)) == "fe80::1%2"
    assert _host(("fe80::1%eth0", 1, 0, 2)) == "fe80::1%eth0"
    assert _host(("::1", 1, 0, 0)) == "::1"


def test_a_dead_name_server_holds_nobody() -> None:
    """It ends in time, although the look-up has not."""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", STUCK], stdin=subprocess.DEVNULL, env=CLEAN, check=False)
    assert done.returncode == 124
    assert time.monotonic() - begun < 30
