"""Networks of the tests' own: hosts, as namespaces of the kernel, with cables between them.

Cut the cable and neither side hears of it: no FIN, no RST, as when a laptop is closed. Takes root.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.process import STRICT

NEAR, FAR = "192.0.2.1", "192.0.2.2"
"""The hosts' addresses, of the block that is kept for examples."""

_CLONE_NEWNET = 0x40000000


def _missing() -> str:
    if shutil.which("ip") is None:
        return "no `ip` here: apt install iproute2"
    if os.geteuid() != 0:
        return "a network of our own takes root"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this host allows no network namespaces"


_REASON = _missing()
needs_network = pytest.mark.skipif(bool(_REASON) and not STRICT, reason=_REASON or "all is there")
"""Skip where no such network can be made, and say why; under CONSOLESVC_TEST_STRICT=1 run, and fail."""


class Network:
    """Two hosts, `near` and `far`, and the cable."""

    def __init__(self) -> None:
        self.near, self.far = (f"consolesvc-{os.getpid()}-{side}" for side in ("near", "far"))

    def make(self) -> None:
        """Set it up."""
        for host in (self.near, self.far):
            ip("netns", "add", host)
            ip("-n", host, "link", "set", "lo", "up")
        ip("-n", self.near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", self.far)
        for host, address in ((self.near, NEAR), (self.far, FAR)):
            ip("-n", host, "addr", "add", f"{address}/30", "dev", "cable")
            ip("-n", host, "link", "set", "cable", "up")

    def cut(self) -> None:
        """Pull the cable at the far end."""
        ip("-n", self.far, "link", "set", "cable", "down")

    def remove(self) -> None:
        """Take it away."""
        for host in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", host], capture_output=True, check=False)

    @contextlib.contextmanager
    def on(self, host: str) -> Iterator[None]:
        """See `on`."""
        with on(host):
            yield


class Star:
    """A host in the middle, and a cable from it to each of the others."""

    def __init__(self, others: int) -> None:
        self.hub = f"consolesvc-{os.getpid()}-hub"
        self.others = [f"consolesvc-{os.getpid()}-{number}" for number in range(1, others + 1)]

    def address(self, number: int, *, hub: bool = False) -> str:
        """Of one of the others, from 0 on; or of the hub on the cable to it."""
        return f"198.51.100.{4 * number + (1 if hub else 2)}"

    def make(self) -> None:
        """Set it up."""
        for host in (self.hub, *self.others):
            ip("netns", "add", host)
            ip("-n", host, "link", "set", "lo", "up")
        for number, host in enumerate(self.others):
            cable = f"cable{number}"
            ip("-n", self.hub, "link", "add", cable, "type", "veth", "peer", "name", "cable", "netns", host)
            for end, name, at_hub in ((self.hub, cable, True), (host, "cable", False)):
                ip("-n", end, "addr", "add", f"{self.address(number, hub=at_hub)}/30", "dev", name)
                ip("-n", end, "link", "set", name, "up")

    def cut(self, number: int) -> None:
        """Pull a cable."""
        ip("-n", self.others[number], "link", "set", "cable", "down")

    def mend(self, number: int) -> None:
        """Put it back."""
        ip("-n", self.others[number], "link", "set", "cable", "up")

    def remove(self) -> None:
        """Take it away."""
        for host in (self.hub, *self.others):
            subprocess.run(["ip", "netns", "del", host], capture_output=True, check=False)


@contextlib.contextmanager
def on(host: str) -> Iterator[None]:
    """Sockets made within are this host's, and stay so; threads begun within, too."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as ours, Path(f"/run/netns/{host}").open("rb") as theirs:
        assert libc.setns(theirs.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(ours.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())


def ip(*words: str) -> None:
    """A command of iproute2's."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@pytest.fixture
def network() -> Iterator[Network]:
    """Two hosts and a cable, gone with the test."""
    made = Network()
    try:
        made.make()
        yield made
    finally:
        made.remove()


@pytest.fixture
def star() -> Iterator[Star]:
    """A hub, two hosts and their cables, gone with the test."""
    made = Star(2)
    try:
        made.make()
        yield made
    finally:
        made.remove()
