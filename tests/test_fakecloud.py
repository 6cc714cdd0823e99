"""A cloud of fakes for tests: made, used, ended well; and what is said where it is not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from consolesvc.client import ClientError
from consolesvc.errors import StartError
from consolesvc.fakecloud import fake_cloud


def test_a_cloud(tmp_path: Path) -> None:
    """Fakes of any guest, each with a console; two clouds at once are two."""
    (tmp_path / "two").mkdir()
    with fake_cloud(tmp_path) as cloud, fake_cloud(tmp_path / "two") as other:
        assert cloud.url != other.url
        assert cloud.endpoint == f"{cloud.url}/v2.1"
        assert cloud.proxy.startswith("ws://127.0.0.1:")
        uboot, echo, named = cloud.fake("uboot"), cloud.fake("echo"), cloud.fake("echo", "mine")
        assert (
            [console.name for console in cloud.consoles()]
            == ["uboot-1", "echo-2", "mine"]
            == [
                *(uboot.name, echo.name, named.name),
            ]
        )
        echo.send("said", echo=True)
        uboot.wait("U-Boot 20", since=0)
        assert other.consoles() == []
        tails = dict(cloud.tails())
        assert tails["console echo-2"] == "said"
        assert "U-Boot 20" in tails["console uboot-1"]
        assert f"/console/v1/consoles/{echo.id}/slice 200" in tails["consolesvc"]
        cloud.remove(named)
        cloud.remove(named)
        assert len(cloud.consoles()) == 2
    assert (cloud.process.returncode, other.process.returncode) == (0, 0)


def test_a_configuration_of_ones_own(tmp_path: Path) -> None:
    """And more words for `serve`."""
    file = tmp_path / "lab.yaml"
    file.write_text("servers: [{name: node3, line: {type: emulated, guest: echo}}]\n")
    with fake_cloud(tmp_path, "--fake", "echo=1", config=file) as cloud:
        assert [console.name for console in cloud.consoles()] == ["node3", "echo1"]
        with pytest.raises(ClientError, match=r"emulator\.allow_create is off"):
            cloud.fake()


def test_a_cloud_that_does_not_start(tmp_path: Path) -> None:
    """What it said."""
    file = tmp_path / "lab.yaml"
    file.write_text("servers: 5\n")
    with pytest.raises(StartError, match=r"(?s)consolesvc did not start \(exit code 2\):.*servers") as caught:
        fake_cloud(tmp_path, config=file).__enter__()
    assert "lab.yaml:1" in str(caught.value)


def test_a_crash_is_an_error_unless_it_was_asked_for(tmp_path: Path) -> None:
    """A service that is gone at the end has not ended well."""

    def crash() -> None:
        with fake_cloud(tmp_path) as cloud:
            cloud.process.kill()
            cloud.process.wait()
            assert [title for title, _ in cloud.tails()] == ["consolesvc"]

    with pytest.raises(StartError, match=r"^consolesvc ended with -9:"):
        crash()
    with fake_cloud(tmp_path) as cloud:
        cloud.kill()
        assert not cloud.running


def test_it_ends_with_who_made_it(tmp_path: Path) -> None:
    """Killed, they cannot end it: the pipe between them does."""
    code = (
        "import sys, time; from pathlib import Path; from consolesvc.fakecloud import fake_cloud;"
        "context = fake_cloud(Path(sys.argv[1])); cloud = context.__enter__();"
        "print(cloud.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        pid = int(maker.stdout.readline())
        maker.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "stopping" in (tmp_path / "consolesvc.log").read_text()
