"""What several tests of commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pytest

from consolesvc.client import Cloud
from tests.cli.service import Running, consolesvc, service, until

Command = Callable[..., "CompletedProcess[bytes]"]
"""Runs a command against the service."""


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with an echo, a Linux and a chatterer."""
    with service(tmp_path_factory.mktemp("fakes"), "echo: echo", "linux: linux", "chatter: chatter") as running:
        cloud = Cloud(running.api)
        until(lambda: all(console.state()["line"]["state"] == "connected" for console in cloud.consoles()))
        yield running


@pytest.fixture
def command(fakes: Running) -> Command:
    """Runs a command of consolesvc against it."""

    def run(*argv: str, stdin: bytes = b"") -> CompletedProcess[bytes]:
        return consolesvc(*argv, env={"OS_ENDPOINT": fakes.api}, stdin=stdin)

    return run
