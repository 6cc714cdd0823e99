"""Peers of network lines: small servers of the tests' own, and a real ser2net in front of a PTY."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lines.devices import eventually

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


class Peer:
    """A server that takes connections and does with them what the test says; by default it echoes."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.heard = bytearray()
        self.echo = True
        self.port = 0
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path | None = None) -> None:
        if path is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]
        else:
            self._server = await asyncio.start_unix_server(self._serve, path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard += data
                if self.echo:
                    writer.write(data)
        writer.close()

    async def connected(self) -> asyncio.StreamWriter:
        """The latest connection, once there is one."""
        await eventually(lambda: self.writers)
        return self.writers[-1]

    def cut(self) -> None:
        """End all connections at once, by RST where that exists."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def close(self) -> None:
        """Listen no more, and cut what is there."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await asyncio.sleep(0)
            await self._server.wait_closed()
            self._server = None


@contextlib.asynccontextmanager
async def peer(path: Path | None = None) -> AsyncIterator[Peer]:
    """A peer that listens until the end, on a unix socket where `path` is given."""
    made = Peer()
    await made.listen(path)
    try:
        yield made
    finally:
        await made.close()


class Ser2net:
    """A running ser2net, an independent telnet, RFC 2217 and raw server in front of a serial device."""

    def __init__(self, port: int, process: asyncio.subprocess.Process) -> None:
        self.port = port
        self.process = process

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@contextlib.asynccontextmanager
async def ser2net(folder: Path, device: Path, accepter: str) -> AsyncIterator[Ser2net]:
    """ser2net on a free port of loopback; `accepter` such as `telnet(rfc2217,mode=server)`, empty for raw."""
    port = free_port()
    config = folder / "ser2net.yaml"
    slave = device.readlink()  # noqa: ASYNC240 - a link of the test's own
    config.write_text(
        "%YAML 1.1\n---\n"
        "connection: &c1\n"
        f"  accepter: {','.join(filter(None, (accepter, 'tcp')))},{HOST},{port}\n"
        f"  connector: serialdev,{slave},115200n81,local\n"
        "  options:\n"
        "    kickolduser: true\n"
    )
    program = shutil.which("ser2net", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None and os.environ.get("CONSOLESVC_TEST_STRICT") != "1":
        pytest.skip("no ser2net here: apt install ser2net")
    try:
        process = await asyncio.create_subprocess_exec(
            program or "ser2net", "-n", "-d", "-u", "-c", str(config), stdout=asyncio.subprocess.DEVNULL, stderr=2
        )
    except FileNotFoundError:
        pytest.fail("ser2net is not installed: `apt-get install ser2net`")
    server = Ser2net(port, process)
    try:
        await eventually(lambda: _listens(port))
        yield server
    finally:
        await server.stop()


def _listens(port: int) -> bool:
    """Whether somebody listens, without connecting: ser2net would open the device for it."""
    wanted = f"0100007F:{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(row[1] == wanted and row[3] == "0A" for row in rows)
