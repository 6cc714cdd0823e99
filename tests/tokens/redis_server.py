"""A real Redis of the tests' own, on a socket below a folder: started, stopped, killed, made to hang."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.scenarios.process import needs

REDIS = "redis-server"
HAS_REDIS = needs(REDIS, "apt install redis-server")


class RedisServer:
    """One server; what it knows goes with its process."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self.password = password
        # Short: a socket's path has room for a hundred bytes.
        self.socket = folder / "r.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = folder

    @property
    def url(self) -> str:
        """What `tokens.store` takes."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Up, and answering."""
        words = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        words += ["--requirepass", self.password] if self.password else []
        program = shutil.which(REDIS) or REDIS
        self._process = subprocess.Popen([program, *words], cwd=self._folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(redis.ConnectionError), self.client() as client:
                client.ping()
                return
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def client(self) -> redis.Redis:
        """A client of the test's own."""
        return redis.Redis(unix_socket_path=str(self.socket), password=self.password or None, decode_responses=True)

    def kill(self) -> None:
        """Gone, as after a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """There, and deaf."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Hear again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def everything(self) -> str:
        """All keys and values it has, as text: no secret may be in it."""
        with self.client() as client:
            found = []
            for key in client.scan_iter():
                kind = client.type(key)
                value = {"string": client.get, "hash": client.hgetall, "set": client.smembers}.get(str(kind))
                found.append(f"{key} {value(key) if value else client.zrange(key, 0, -1)}")
            return "\n".join(found)


@contextlib.contextmanager
def redis_server(folder: Path, password: str = "") -> Iterator[RedisServer]:
    """A running server that is gone with the block."""
    made = RedisServer(folder, password)
    made.start()
    try:
        yield made
    finally:
        made.kill()
