"""A cloud of fake servers for tests: a service of its own process, on free ports, gone with the test (README, pytest).

    with fake_cloud(tmp_path) as cloud:
        console = cloud.fake("uboot")
        console.wait("=> $", since=0)
        print(console.run("version").output)

Standard library only, as the client is. Many at a time are safe: each has its ports, its state and its logs to itself.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from consolesvc.client.cloud import Cloud
from consolesvc.client.console import Console
from consolesvc.errors import ClientError, StartError

START, STOP = 60.0, 10.0
"""Seconds that a service has to start, on a busy machine, and to stop."""
CONNECT = 10.0
"""Seconds that a new fake's line has to open."""
TAIL = 4000
"""Bytes at the end of a console's output, and of the service's log, that are shown of a test that failed."""

CONFIG = "emulator: {allow_create: true, max: 0}\nservers: []\n"
"""A cloud without servers, in which any number can be made."""


class FakeCloud(Cloud):
    """A running service of fakes. See `fake_cloud`, which makes it.

    Attributes:
        endpoint: What an OpenStack client takes, such as `http://127.0.0.1:34567/v2.1`.
        proxy: Where the consoles' websockets are.
        process: The service.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], folder: Path, ready: dict[str, str], token: str | None
    ) -> None:
        super().__init__(ready["api"], token=token, environ={})
        self.process = process
        self.proxy = ready["proxy"]
        self.endpoint = f"{self.url}/v2.1"
        self._folder = folder
        self._numbers = itertools.count(1)
        self._killed = False

    @property
    def running(self) -> bool:
        """Whether the service still runs."""
        return self.process.poll() is None

    def fake(self, guest: str = "linux", name: str | None = None) -> Console:
        """A new fake server's console, its line open.

        Args:
            guest: `linux`, `uboot`, `switch`, `chatter` or `echo`.
            name: Its name; None for one that no other has.

        Raises:
            ClientError: the service refuses, or its line did not open in time.
        """
        name = name or f"{guest}-{next(self._numbers)}"
        order = {"name": name, "imageRef": guest, "flavorRef": "1"}
        made = self.ask("POST", "/v2.1/servers", {"server": order})["server"]
        console = Console(self, made["id"], name)
        deadline = time.monotonic() + CONNECT
        while (line := console.state()["line"])["state"] != "connected":
            if time.monotonic() > deadline:
                raise ClientError(f"{name}: its line did not open: {line['why'] or line['state']}")
            time.sleep(0.01)
        return console

    def remove(self, console: Console) -> None:
        """End a fake that was made; one that is gone already is no error."""
        with contextlib.suppress(ClientError):
            self.ask("DELETE", f"/v2.1/servers/{console.id}")

    def kill(self) -> None:
        """End the service as a crash does."""
        self._killed = True
        self.process.kill()
        self.process.wait()

    def tails(self) -> Iterator[tuple[str, str]]:
        """What to show of a test that failed: a title, and what each console and the service said last."""
        if self.running:
            try:
                for console in self.consoles():
                    yield f"console {console.name}", console.slice(-TAIL)
            except ClientError as error:
                yield "consoles", str(error)
        log = (self._folder / "consolesvc.log").read_text(errors="replace")
        yield "consolesvc", log[-TAIL:]

    def close(self) -> None:
        """Stop the service. Idempotent.

        Raises:
            StartError: it had ended before, or did not end well.
        """
        if self.running:
            self.process.terminate()
        try:
            code = self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        if code and not self._killed:
            raise StartError(f"consolesvc ended with {code}:\n{dict(self.tails())['consolesvc']}")


@contextlib.contextmanager
def fake_cloud(folder: Path, *words: str, config: Path | None = None, token: str | None = None) -> Iterator[FakeCloud]:
    """A service on free ports of loopback, for as long as this lasts.

    Args:
        folder: For its log and its ready file.
        words: More for `consolesvc serve`, such as `--fake`, `linux=2`.
        config: Its configuration; None for a cloud without servers in which `FakeCloud.fake` makes them.
        token: Sent with each call, where the configuration's identity wants one.

    Raises:
        StartError: it did not start, or did not end well; with what it said.
    """
    ready = folder / "ready.json"
    if config is None:
        config = folder / "cloud.yaml"
        config.write_text(CONFIG)
    free = ("--set", "api.listen=127.0.0.1:0", "--set", "proxy.listen=127.0.0.1:0")
    argv = ("serve", "--ephemeral", "--config", str(config), "--ready-file", str(ready), *free, *words)
    with (folder / "consolesvc.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-m", "consolesvc.tethered", *argv], stdin=subprocess.PIPE, stdout=log, stderr=log
        )
    cloud: FakeCloud | None = None
    try:
        cloud = FakeCloud(process, folder, _wait_for(ready, process, folder), token)
        yield cloud
    finally:
        if cloud is not None:
            cloud.close()
        else:
            process.kill()
            process.communicate()


def _wait_for(ready: Path, process: subprocess.Popen[bytes], folder: Path) -> dict[str, str]:
    deadline = time.monotonic() + START
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said = (folder / "consolesvc.log").read_text(errors="replace")
            raise StartError(f"consolesvc did not start (exit code {process.poll()}):\n{said[-TAIL:]}")
        time.sleep(0.01)
    found: dict[str, str] = json.loads(ready.read_text())
    return found
