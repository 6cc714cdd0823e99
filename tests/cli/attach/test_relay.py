"""What a terminal makes of services that do not do as they should; those that do are in the files beside this one."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import web

from consolesvc.cli.attach import connecting, life, output, relay, terminal
from consolesvc.cli.attach.attachment import attach
from consolesvc.cli.attach.options import Options
from consolesvc.errors import ClientError
from tests.lines.devices import eventually

Handler = Callable[[web.WebSocketResponse], Awaitable[None]]
HELLO = {"type": "hello", "stream": "s1", "offset": 0, "start": 0, "replay": [0, 0], "may_type": True, "resume": "r"}
OPTIONS = Options(
    target="",
    endpoint=None,
    view=False,
    start={},
    wait=False,
    log=None,
    quiet=False,
    reconnect=True,
    escape=None,
    sequence=None,
    until=None,
    timeout=None,
    linger=0.2,
)


@dataclass
class Ends:
    """The other ends of stdin and stdout."""

    typing: int
    shown: int

    def read(self) -> bytes:
        """What has been shown."""
        try:
            return os.read(self.shown, 1 << 20)
        except BlockingIOError:
            return b""


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Stdin and stdout are pipes here."""
    stdin, typing = os.pipe()
    shown, stdout = os.pipe()
    os.set_blocking(shown, False)
    for module in (relay, terminal):
        monkeypatch.setattr(module, "STDIN", stdin)
    for module in (output, terminal):
        monkeypatch.setattr(module, "STDOUT", stdout)
    yield Ends(typing, shown)
    for fd in (typing, stdin, stdout, shown):
        os.close(fd)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Options]]]:
    """Makes a service of handlers, one for each connection in turn; the options that attach to it."""
    runners: list[web.AppRunner] = []

    async def make(*handlers: Handler, protocol: str = "consolesvc.v1") -> Options:
        turns = iter(handlers)

        async def handle(request: web.Request) -> web.WebSocketResponse:
            ws = web.WebSocketResponse(protocols=(protocol,), autoping=False)
            await ws.prepare(request)
            await next(turns)(ws)
            return ws

        app = web.Application()
        app.router.add_get("/", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return replace(OPTIONS, target=f"ws://127.0.0.1:{runner.addresses[0][1]}/?token=secret")

    yield make
    for runner in runners:
        await runner.cleanup()


Serve = Callable[..., Awaitable[Options]]


def says(*messages: bytes | dict[str, object], code: int = 1000, reason: str = "done") -> Handler:
    """Who says this and closes."""

    async def handle(ws: web.WebSocketResponse) -> None:
        for message in messages:
            if isinstance(message, bytes):
                await ws.send_bytes(message)
            else:
                await ws.send_str(json.dumps(message))
        await ws.close(code=code, message=reason.encode())

    return handle


async def mute(ws: web.WebSocketResponse) -> None:
    """Who says nothing at all."""
    await ws.receive()


async def test_a_service_that_does_not_say_hello(
    ends: Ends, serve: Serve, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is left, and tried again."""
    monkeypatch.setattr(relay, "HELLO", 0.05)
    options = await serve(mute, says(HELLO, b"now"))
    assert await attach(options) == 0
    assert ends.read() == b"now"
    said = capfd.readouterr().err
    assert "lost: the service does not say hello; connecting again]" in said


@pytest.mark.parametrize("first", [b"login: ", {"type": "gap"}, HELLO | {"offset": "x"}])
async def test_a_service_that_speaks_otherwise(
    ends: Ends, serve: Serve, capfd: pytest.CaptureFixture[str], first: bytes | dict[str, object]
) -> None:
    """Said, once, and not tried again."""
    options = await serve(says(first))
    assert await attach(options) == 1
    assert ends.read() == b""
    assert " ended: this is not consolesvc.v1 as it is written: " in capfd.readouterr().err


async def test_an_end_before_what_is_waited_for(ends: Ends, serve: Serve) -> None:
    """However good it is, it is a failure: exit code 0 says that it was seen."""
    options = await serve(says(HELLO, b"log"), says(HELLO, b"login:"))
    assert await attach(replace(options, until="login:")) == 1
    assert await attach(replace(options, until="login:")) == 0
    assert ends.read() == b"loglogin:"


async def test_a_gap_is_told_to_who_wants_quiet(ends: Ends, serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    """Bytes are never missing without a word; all else is quiet."""
    line: dict[str, object] = {"type": "line", "state": "waiting", "why": "unplugged", "offset": 1, "text": "line lost"}
    options = await serve(says(HELLO, b"a", {"type": "gap", "from": 1, "to": 9}, line, b"b"))
    assert await attach(replace(options, quiet=True)) == 0
    assert ends.read() == b"ab"
    assert capfd.readouterr().err == "[consolesvc: bytes 1..9 are missing here (8 bytes)]\n"


async def test_it_comes_back_by_the_secret_to_the_byte(ends: Ends, serve: Serve) -> None:
    """What the next connection asks for; a service that has forgotten it is asked with the token."""
    asked: list[str] = []

    def writes_down(handler: Handler) -> Handler:
        async def handle(ws: web.WebSocketResponse) -> None:
            assert ws._req is not None
            asked.append(ws._req.query_string)
            await handler(ws)

        return handle

    second = HELLO | {"offset": 3, "replay": [3, 3], "resume": "r2"}
    options = await serve(
        writes_down(says(HELLO, b"abc", code=1001)), writes_down(says(second, b"def", code=1012)), writes_down(mute)
    )
    going = asyncio.create_task(attach(replace(options, start={"replay": "0"})))
    await eventually(lambda: len(asked) == 3)
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    assert asked == [
        "token=secret&replay=0",
        "resume=r&since=3&stream=s1",
        "resume=r2&since=6&stream=s1",
    ]
    assert ends.read() == b"abcdef"


async def test_input_that_may_not_have_arrived_is_a_failure(
    ends: Ends, serve: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    """A program's, that was cut before anything came back: it is connected again, and nobody knows."""

    async def takes_and_breaks(ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps(HELLO))
        assert (await ws.receive()).data == b"root"
        ws.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    async def goes_on(ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps(HELLO))
        await ws.receive()

    options = await serve(takes_and_breaks, goes_on)
    os.write(ends.typing, b"root")
    with open(os.devnull, "wb") as nothing:  # noqa: ASYNC230, PTH123 - a file that takes no time
        os.dup2(nothing.fileno(), ends.typing)
    assert await attach(replace(options, linger=1.5, quiet=True)) == 1
    words = "ended: a connection was cut, and 4 bytes typed may not have arrived.\n"
    assert capfd.readouterr().err.endswith(words)


async def test_a_session_that_expires_needs_another_url(
    ends: Ends, serve: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where there is only the one that was given, that is the end."""
    options = await serve(says(HELLO, b"x", code=4001, reason="share link expired"))
    assert await attach(options) == 4
    assert ends.read() == b"x"
    assert " ended: share link expired.\n" in capfd.readouterr().err


async def test_who_is_kicked_stays_away(ends: Ends, serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    """With the words of who did it."""
    options = await serve(says(HELLO, code=4000, reason="kicked by alice: lunch"))
    assert await attach(options) == 4
    assert " ended: kicked by alice: lunch.\n" in capfd.readouterr().err
    assert ends.read() == b""


async def test_a_service_that_closes_again_and_again_is_not_run_into(
    ends: Ends, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses grow although each connection was one."""
    pauses: list[float] = []

    async def pause(_: object, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(connecting.Connector, "_pause", pause)
    options = await serve(*[says(HELLO, code=1011, reason="an error") for _ in range(4)], says(HELLO))
    assert await attach(options) == 0
    assert pauses == [0.2, 0.4, 0.8, 1.0]
    assert ends.read() == b""


async def test_output_that_nobody_takes_keeps_the_session(
    ends: Ends, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`attach | less` with a reader at page one gives the service its sign of life, and loses nothing."""
    monkeypatch.setattr(life, "SILENCE", 0.05)
    data = b"x" * 300_000
    lives: asyncio.Future[list[web.WSMsgType]] = asyncio.get_running_loop().create_future()

    async def flood(ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps(HELLO))
        await ws.send_bytes(data)
        lives.set_result([(await ws.receive()).type for _ in range(3)])
        await ws.close()

    going = asyncio.create_task(attach(await serve(flood)))
    assert await lives == [web.WSMsgType.PONG] * 3
    taken = bytearray()

    def all_taken() -> bool:
        taken.extend(ends.read())
        return len(taken) == len(data)

    await eventually(all_taken)
    assert taken == data
    assert await going == 0


async def test_a_limit_at_the_first_connection_is_a_refusal(serve: Serve) -> None:
    """Later ones wait for it to pass; the first is told to its user."""
    options = await serve()

    async def full(_: web.Request) -> web.Response:
        return web.Response(status=429)

    app = web.Application()
    app.router.add_get("/", full)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with pytest.raises(ClientError, match="a limit of the service is reached") as caught:
        await attach(replace(options, target=f"ws://127.0.0.1:{runner.addresses[0][1]}/"))
    assert caught.value.exit_code == 4
    await runner.cleanup()
