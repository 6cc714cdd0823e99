"""Machines that echo, one at the other end of each kind of line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from consolesvc.config.access import Address
from consolesvc.config.linespec import (
    CommandSpec,
    EmulatedSpec,
    RemoteSpec,
    Rfc2217Spec,
    SerialSpec,
    TcpSpec,
    TelnetSpec,
    UnixSpec,
)
from consolesvc.config.model import Api, Config, Proxy
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.errors import LineUnavailable
from consolesvc.lines.base import Line, Opener, Receiver
from consolesvc.lines.command import CommandOpener
from consolesvc.lines.emulated import EmulatedOpener
from consolesvc.lines.remote import RemoteOpener
from consolesvc.lines.rfc2217 import Rfc2217Opener
from consolesvc.lines.serial import SerialOpener
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.telnetline import TelnetOpener
from consolesvc.lines.unix import UnixOpener
from consolesvc.service import Service
from tests.lines.devices import Collector, Device, eventually, plugged
from tests.lines.peers import HOST, Peer, Ser2net, free_port, peer, ser2net

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Machine(Protocol):
    """A machine that echoes, at the other end of a line of some kind."""

    opener: Opener

    def vanish(self) -> None:
        """Cut the line from the machine's side."""


class EchoOnPty:
    """A serial device whose machine sends back what it gets."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.opener: Opener = SerialOpener(SerialSpec(str(device.path)))

    def vanish(self) -> None:
        self.device.pull()


class EchoGuest:
    """A fake server with the echo guest."""

    def __init__(self) -> None:
        self._opener = EmulatedOpener(EmulatedSpec("echo", speed="max"), "echo")
        self.opener: Opener = self._opener

    def vanish(self) -> None:
        self._opener.fake.unplug()


@contextlib.asynccontextmanager
async def serial(tmp_path: Path) -> AsyncIterator[Machine]:
    async with plugged(tmp_path / "tty") as device:
        machine = EchoOnPty(device)
        echo = asyncio.create_task(device.echo())
        yield machine
        echo.cancel()
        await asyncio.gather(echo, return_exceptions=True)


@contextlib.asynccontextmanager
async def emulated(_tmp_path: Path) -> AsyncIterator[Machine]:
    machine = EchoGuest()
    yield machine
    await machine.opener.close()


class EchoPeer:
    """A server of ours at the other end of a socket."""

    def __init__(self, opener: Opener, server: Peer) -> None:
        self.opener = opener
        self.server = server

    def vanish(self) -> None:
        self.server.cut()


@contextlib.asynccontextmanager
async def tcp(_tmp_path: Path) -> AsyncIterator[Machine]:
    async with peer() as server:
        yield EchoPeer(TcpOpener(TcpSpec(HOST, server.port)), server)


@contextlib.asynccontextmanager
async def unix(tmp_path: Path) -> AsyncIterator[Machine]:
    async with peer(tmp_path / "socket") as server:
        yield EchoPeer(UnixOpener(UnixSpec(str(tmp_path / "socket"))), server)


class EchoClient:
    """A machine that connects to us, and connects again when it is cut; the line's opener is opened when it has."""

    local = True

    def __init__(self, opener: Opener, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._listening = opener
        self._connect = connect
        self._writer: asyncio.StreamWriter | None = None
        self._echo: asyncio.Task[None] | None = None
        self.opener: Opener = self
        self.spec, self.due = opener.spec, opener.due

    async def open(self, receiver: Receiver) -> Line:
        with contextlib.suppress(LineUnavailable):
            return await self._listening.open(receiver)
        await self.close_ours()
        reader, self._writer = await self._connect()
        self._echo = asyncio.create_task(self._run(reader, self._writer))
        await self.due.wait()
        self.due.clear()
        return await self._listening.open(receiver)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)

    def vanish(self) -> None:
        assert self._writer is not None
        self._writer.transport.abort()

    async def close_ours(self) -> None:
        if self._echo is not None and self._writer is not None:
            self._echo.cancel()
            await asyncio.gather(self._echo, return_exceptions=True)
            self._writer.close()

    async def close(self) -> None:
        await self.close_ours()
        await self._listening.close()


@contextlib.asynccontextmanager
async def tcp_listening(_tmp_path: Path) -> AsyncIterator[Machine]:
    port = free_port()
    machine = EchoClient(TcpOpener(TcpSpec(HOST, port, listen=True)), lambda: asyncio.open_connection(HOST, port))
    yield machine
    await machine.close()


@contextlib.asynccontextmanager
async def unix_listening(tmp_path: Path) -> AsyncIterator[Machine]:
    path = str(tmp_path / "socket")
    opener = UnixOpener(UnixSpec(path, listen=True))
    machine = EchoClient(opener, lambda: asyncio.open_unix_connection(path))
    yield machine
    await machine.close()
    assert not (tmp_path / "socket").exists()


class BehindSer2net:
    """A machine that echoes on the port of a real ser2net."""

    def __init__(self, opener: Opener, server: Ser2net) -> None:
        self.opener = opener
        self.server = server

    def vanish(self) -> None:
        self.server.process.kill()


@contextlib.asynccontextmanager
async def behind_ser2net(tmp_path: Path, accepter: str, make: Callable[[int], Opener]) -> AsyncIterator[Machine]:
    async with plugged(tmp_path / "tty") as device, ser2net(tmp_path, device.path, accepter) as server:
        echo = asyncio.create_task(device.echo())
        yield BehindSer2net(make(server.port), server)
        echo.cancel()
        await asyncio.gather(echo, return_exceptions=True)


def telnet(tmp_path: Path) -> AbstractAsyncContextManager[Machine]:
    return behind_ser2net(tmp_path, "telnet", lambda port: TelnetOpener(TelnetSpec(HOST, port)))


def rfc2217(tmp_path: Path) -> AbstractAsyncContextManager[Machine]:
    accepter = "telnet(rfc2217,mode=server)"
    return behind_ser2net(tmp_path, accepter, lambda port: Rfc2217Opener(Rfc2217Spec(HOST, port)))


class EchoProgram:
    """A program that echoes; it tells its pid in a file."""

    def __init__(self, pid_file: Path) -> None:
        self._pid_file = pid_file
        argv = ("/bin/sh", "-c", 'echo $$ > "$0"; exec cat', str(pid_file))
        self.opener: Opener = CommandOpener(CommandSpec(argv), "echo")

    def vanish(self) -> None:
        os.kill(int(self._pid_file.read_text()), signal.SIGKILL)


@contextlib.asynccontextmanager
async def command(tmp_path: Path) -> AsyncIterator[Machine]:
    yield EchoProgram(tmp_path / "pid")


class Numbered:
    """The numbers of a console that has what a receiver was given, and begins where it is told to."""

    memory = 0

    def __init__(self, got: Collector) -> None:
        self._got = got
        self._start = 0
        self.stream = ""

    @property
    def end(self) -> int:
        return self._start + len(self._got.data)

    async def adopt(self, stream: str, offset: int) -> None:
        self.stream = stream
        await self.skip(offset)

    async def skip(self, offset: int) -> None:
        self._start = offset - len(self._got.data)

    def tell(self, text: str) -> None:
        """Nobody is there."""


class EchoElsewhere:
    """A machine that echoes, on a line of another consolesvc."""

    local = False

    def __init__(self, opener: RemoteOpener, server: Peer) -> None:
        self._opener = opener
        self._server = server
        self.opener: Opener = self
        self.spec, self.due = opener.spec, opener.due

    async def open(self, receiver: Receiver) -> Line:
        assert isinstance(receiver, Collector)
        if not isinstance(self._opener.numbers, Numbered):
            self._opener.numbers = Numbered(receiver)
        return await self._opener.open(receiver)

    def vanish(self) -> None:
        self._server.cut()

    async def close(self) -> None:
        await self._opener.close()


@contextlib.asynccontextmanager
async def consolesvc(_tmp_path: Path) -> AsyncIterator[Machine]:
    here = Address(HOST, 0)
    async with peer() as server:
        node = ServerConfig(default_id("node"), "node", Config().defaults.project_id, TcpSpec(HOST, server.port))
        host = Service(Config(api=Api(listen=here), proxy=Proxy(listen=here), servers=(node,)))
        await host.start()
        await eventually(lambda: host.inventory.get(node.id).console.connected)
        machine = EchoElsewhere(RemoteOpener(RemoteSpec(f"http://{host.ports.api}", "node")), server)
        yield machine
        await machine.close()
        await host.stop()


KINDS: tuple[tuple[type, Callable[[Path], AbstractAsyncContextManager[Machine]]], ...] = (
    (SerialSpec, serial),
    (TcpSpec, tcp),
    (TcpSpec, tcp_listening),
    (UnixSpec, unix),
    (UnixSpec, unix_listening),
    (TelnetSpec, telnet),
    (Rfc2217Spec, rfc2217),
    (CommandSpec, command),
    (EmulatedSpec, emulated),
    (RemoteSpec, consolesvc),
)
