"""Where the local socket is made, and where it is looked for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from consolesvc import local
from consolesvc.errors import StartError
from consolesvc.listeners import bind_local
from consolesvc.local import find_socket, own_socket


def listening(path: Path) -> socket.socket:
    """A socket at `path` that somebody answers; closing is the caller's."""
    path.parent.mkdir(exist_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen(1)
    return sock


def test_where_it_is_made() -> None:
    """In the first folder that systemd gives, else with the state."""
    assert own_socket(Path("/s"), {}) == Path("/s/api.sock")
    assert own_socket(Path("/s"), {"RUNTIME_DIRECTORY": "/run/a:/run/b"}) == Path("/run/a/api.sock")


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own first, then the system's; none that nobody answers."""
    monkeypatch.setattr(local, "SYSTEM", (tmp_path / "run/api.sock", tmp_path / "lib/api.sock"))
    environ = {"STATE_DIRECTORY": str(tmp_path / "own")}
    assert find_socket(environ) is None
    with listening(tmp_path / "lib/api.sock"):
        assert find_socket(environ) == tmp_path / "lib/api.sock"
        with listening(tmp_path / "run/api.sock"):
            assert find_socket(environ) == tmp_path / "run/api.sock"
            with listening(tmp_path / "own/api.sock"):
                assert find_socket(environ) == tmp_path / "own/api.sock"
        assert find_socket(environ) == tmp_path / "lib/api.sock"


def test_no_path_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is too long, or has a NUL in it."""
    monkeypatch.setattr(local, "SYSTEM", (tmp_path / ("x" * 200), Path("a\0b")))
    assert find_socket({"STATE_DIRECTORY": str(tmp_path)}) is None


def test_a_busy_service_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is too busy to answer is there all the same."""
    monkeypatch.setattr(local, "SYSTEM", ())
    monkeypatch.setattr(local, "_PATIENCE", 0.1)
    path = tmp_path / "api.sock"
    with listening(path):
        waiting = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            waiting.append(client)
            try:
                client.connect(str(path))
            except BlockingIOError:
                break
        assert find_socket({"STATE_DIRECTORY": str(tmp_path)}) == path
        for client in waiting:
            client.close()


def test_it_is_for_our_user_and_group(tmp_path: Path) -> None:
    """Mode 0660, our group, whatever the umask; gone when it is closed."""
    path = tmp_path / "api.sock"
    before = os.umask(0o777)
    try:
        made = bind_local(path)
    finally:
        os.umask(before)
    assert made is not None
    status = path.stat()
    assert (status.st_mode & 0o7777, status.st_gid) == (0o660, os.getegid())
    made.close()
    made.close()
    assert not path.exists()


def test_what_was_left_behind_is_replaced(tmp_path: Path) -> None:
    """A service that was killed leaves its socket."""
    listening(tmp_path / "api.sock").close()
    made = bind_local(tmp_path / "api.sock")
    assert made is not None
    made.close()


def test_a_live_one_is_left_alone(tmp_path: Path) -> None:
    """The service does not start, and says why; the other's socket still answers."""
    path = tmp_path / "api.sock"
    with listening(path):
        with pytest.raises(StartError, match=f"local socket {path}: another program listens there"):
            bind_local(path)
        assert path.is_socket()


def test_another_ones_is_not_removed(tmp_path: Path) -> None:
    """What has taken our place meanwhile stays."""
    path = tmp_path / "api.sock"
    made = bind_local(path)
    assert made is not None
    path.unlink()
    with listening(path):
        made.close()
        assert path.is_socket()


@pytest.mark.parametrize("name", ["x" * 120, "nix/api.sock", "file"])
def test_where_it_cannot_be(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A path too long, no folder, a file in the way: the service goes without, and says so."""
    (tmp_path / "file").touch()
    assert bind_local(tmp_path / name) is None
    assert caplog.messages[0].startswith(f"no local socket at {tmp_path / name}: ")
    assert (tmp_path / "file").is_file()
