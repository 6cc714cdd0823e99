"""TLS before the doorway, by real sockets against a whole service: who does not finish, who speaks something else."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Tls
from consolesvc.config.model import Limits
from consolesvc.service import Service
from tests.certificates import Authority, Pair
from tests.http.test_doorway import GOOD, Client, ask
from tests.lines.devices import eventually
from tests.proxy.world import BASE

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""How a ClientHello begins."""

HEALTHY = (200, {"status": "ok", "ready": True, "warnings": []})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue("console")


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test here may leave a traceback in the log, or anything above INFO that it does not expect."""
    caplog.set_level(logging.INFO)
    yield
    assert [record for record in caplog.records if record.exc_info] == []


@contextlib.asynccontextmanager
async def service(tls: Tls, wait: float = 5.0, **limits: int) -> AsyncIterator[Service]:
    """A service without servers that speaks TLS on both ports; its doorway waits `wait` seconds, twice."""
    running = Service(dataclasses.replace(BASE, tls=tls, limits=Limits(**limits)))
    running.ports.doorway.wait = wait
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def secure(port: int, context: ssl.SSLContext) -> Client:
    """A client whose TLS is up."""
    return Client(*await asyncio.open_connection("127.0.0.1", port, ssl=context))


async def ask_secure(port: int, context: ssl.SSLContext, data: bytes = GOOD) -> tuple[int, Any]:
    client = await secure(port, context)
    await client.say(data)
    return await client.answer()


@pytest.mark.parametrize("piece", [1, 7, len(GOOD)])
async def test_a_request_by_tls(authority: Authority, pair: Pair, piece: int) -> None:
    """However its head is cut, on either port."""
    async with service(pair.tls) as running:
        client = await secure(running.ports.api.port, authority.client())
        for start in range(0, len(GOOD), piece):
            await client.say(GOOD[start : start + piece])
            await asyncio.sleep(0)
        assert await client.answer() == HEALTHY
        assert (await ask_secure(running.ports.proxy.port, authority.client()))[0] == 404
        assert len(running.ports.doorway) == 0


async def test_each_port_has_its_own(authority: Authority, pair: Pair) -> None:
    """One without, one with another certificate than the top level's."""
    other = authority.issue("other")
    config = dataclasses.replace(
        BASE,
        tls=pair.tls,
        api=dataclasses.replace(BASE.api, tls=False),
        proxy=dataclasses.replace(BASE.proxy, tls=other.tls),
    )
    running = Service(config)
    await running.start()
    try:
        assert await ask(running.ports.api.port) == HEALTHY
        client = await secure(running.ports.proxy.port, authority.client())
        assert client.writer.get_extra_info("peercert")["subject"][0][0] == ("commonName", "other")
        await client.close()
        assert running.ports.secure == {"proxy"}
        assert [renewal.tls for renewal in running.ports.renewals] == [other.tls]
    finally:
        await running.stop()


async def test_two_requests_by_one_connection(authority: Authority, pair: Pair) -> None:
    """What follows the first head is not lost on the way through the doorway."""
    first = GOOD.replace(b"Connection: close\r\n", b"")
    async with service(pair.tls) as running:
        client = await secure(running.ports.api.port, authority.client())
        await client.say(first + GOOD)
        data = await asyncio.wait_for(client.reader.read(), 5)
        await client.close()
    assert data.count(b"HTTP/1.1 200") == 2


async def test_plain_http_is_told_that_this_port_speaks_tls(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    """A clear end, on either port and for a long request too; one quiet line in the log."""
    async with service(pair.tls) as running:
        for port in (running.ports.api, running.ports.proxy):
            for request in (GOOD, GOOD.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")):
                caplog.clear()
                status, body = await ask(port.port, request)
                assert (status, body["badRequest"]["message"]) == (
                    400,
                    "This port speaks TLS: ask with https://, and connect with wss://.",
                )
                assert [record.levelname for record in caplog.records] == ["INFO"]
                assert "speaks no TLS; it is told to" in caplog.text


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 100, b"\xff" * 5000, HELLO + bytes(5000), HELLO + os.urandom(600), b"\x16" * 3000, b"\x80\x2e\1\0\2"],
    ids=["zeros", "ones", "bad-hello", "random-hello", "sixteens", "sslv2"],
)
async def test_garbage_is_ended_with_one_quiet_line(
    pair: Pair, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is: no traceback, one line, nothing left waiting."""
    async with service(pair.tls, wait=0.5) as running:
        client = await Client.connect(running.ports.api.port)
        await client.say(garbage)
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(client.reader.read(), 5)
        await client.close()
        await eventually(lambda: len(running.ports.doorway) == 0)
    assert [record.levelname for record in caplog.records] == ["INFO"], caplog.text


async def test_garbage_in_the_middle_ends_that_connection(authority: Authority, pair: Pair) -> None:
    """A record that does not decrypt is the end of one client, and of nobody else."""
    async with service(pair.tls) as running:
        client = await secure(running.ports.api.port, authority.client())
        sock = client.writer.get_extra_info("socket")
        os.write(sock.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))
        with contextlib.suppress(OSError):
            await asyncio.wait_for(client.reader.read(), 5)
        await client.close()
        assert await ask_secure(running.ports.api.port, authority.client()) == HEALTHY


@pytest.mark.parametrize("said", [b"", HELLO], ids=["nothing", "half-a-hello"])
async def test_a_handshake_that_is_never_finished_is_ended(
    pair: Pair, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """In the doorway's time; whoever had begun is in the log."""
    async with service(pair.tls, wait=0.3) as running:
        client = await Client.connect(running.ports.api.port)
        await client.say(said)
        await eventually(lambda: len(running.ports.doorway) == 1)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(client.reader.read(), 5) == b""
        await client.close()
        await eventually(lambda: len(running.ports.doorway) == 0)
    assert ("did not finish its TLS handshake in 0.3 s" in caplog.text) == bool(said)


async def test_hundreds_of_unfinished_handshakes_keep_nobody_out(authority: Authority, pair: Pair) -> None:
    """Counted with those that wait for a request: of more than the cap the oldest go, and a good client gets in."""
    async with service(pair.tls, wait=30, handshakes=64) as running:
        held = [await Client.connect(running.ports.api.port) for _ in range(300)]
        for client in held[::2]:
            client.writer.write(HELLO)
        await eventually(lambda: len(running.ports.doorway) == 64)
        assert await asyncio.wait_for(held[0].reader.read(), 5) == b""
        begun = asyncio.get_running_loop().time()
        assert await ask_secure(running.ports.api.port, authority.client()) == HEALTHY
        assert asyncio.get_running_loop().time() - begun < 2
        for client in held:
            await client.close()
        await eventually(lambda: len(running.ports.doorway) == 0)


async def test_who_has_tls_and_asks_nothing_counts_as_well(authority: Authority, pair: Pair) -> None:
    """Its handshake's place in the doorway is its request's; with one more than the cap, it is told why it must go."""
    async with service(pair.tls, wait=30, handshakes=1) as running:
        first = await secure(running.ports.api.port, authority.client())
        await eventually(lambda: len(running.ports.doorway) == 1)
        second = await secure(running.ports.api.port, authority.client())
        status, body = await first.answer()
        assert (status, body["overLimit"]["message"]) == (429, "limit reached: limits.handshakes is 1")
        await second.say(GOOD)
        assert await second.answer() == HEALTHY


async def test_a_client_without_a_certificate_is_refused(
    authority: Authority, pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With `client_ca`: one of that CA gets in, one of another and one without do not, and the log says why."""
    ours, stranger = Authority(tmp_path, "clients"), Authority(tmp_path, "strangers")
    good, bad = ours.issue("alice"), stranger.issue("mallory")
    async with service(dataclasses.replace(pair.tls, client_ca=ours.cert)) as running:
        port = running.ports.api.port
        assert await ask_secure(port, authority.client(good)) == HEALTHY
        for shown, why in ((bad, "certificate verify failed"), (None, "peer did not return a certificate")):
            # By TLS 1.3 a client takes its own part for done before it is refused.
            client = await secure(port, authority.client(shown))
            await client.say(GOOD)
            with contextlib.suppress(OSError):
                assert await client.reader.read(1) == b""
            with contextlib.suppress(OSError):
                await client.close()
            await eventually(lambda why=why: why in caplog.text)


async def test_versions_and_ciphers_are_the_configuration_s(
    authority: Authority, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """An older client is refused, with a line that says so; ciphers of TLS 1.2 are those that are listed."""
    old = authority.client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with service(dataclasses.replace(pair.tls, min_version="1.3")) as running:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await secure(running.ports.api.port, old)
        await eventually(lambda: "no TLS with 127.0.0.1" in caplog.text)
        assert "unsupported protocol" in caplog.text
    only = "ECDHE-ECDSA-AES256-GCM-SHA384"
    async with service(dataclasses.replace(pair.tls, ciphers=only)) as running:
        client = await secure(running.ports.api.port, old)
        assert client.writer.get_extra_info("cipher")[0] == only
        await client.close()


async def test_a_process_without_descriptors_accepts_again_once_it_has_some(
    authority: Authority, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so, waits, and takes those who stood in the queue meanwhile."""
    async with service(pair.tls) as running:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        client = socket.socket()
        client.setblocking(False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", running.ports.api.port))
            await eventually(lambda: "no connection can be accepted: Too many open files" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        held = Client(*await asyncio.open_connection(sock=client, ssl=authority.client(), server_hostname="localhost"))
        await held.say(GOOD)
        assert await held.answer() == HEALTHY


async def test_a_head_beyond_the_limit_is_told_by_tls_too(authority: Authority, pair: Pair) -> None:
    """Also while the client goes on sending: closed at once, it would see a reset and no answer."""
    long = b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000
    async with service(pair.tls, headers=1024) as running:
        status, body = await ask_secure(running.ports.api.port, authority.client(), long)
    assert (status, body["computeFault"]["message"]) == (431, "limit reached: limits.headers is 1024 bytes")


async def test_tls_is_switched_on_and_off_by_a_reload(authority: Authority, pair: Pair) -> None:
    """The same ports; who is connected goes on as before, and URLs have the new scheme."""
    async with service(pair.tls) as running:
        api, proxy = running.ports.api.port, running.ports.proxy.port
        keep = GOOD.replace(b"Connection: close\r\n", b"")
        before = await secure(api, authority.client())
        await before.say(keep)
        await asyncio.wait_for(before.reader.readuntil(b"}"), 5)
        assert running.urls.base("x") == f"wss://127.0.0.1:{proxy}/"
        waiting = await Client.connect(api)
        await eventually(lambda: len(running.ports.doorway) == 1)
        assert await running.reload(dataclasses.replace(running.config, tls=None)) == []
        assert running.urls.base("x") == f"ws://127.0.0.1:{proxy}/"
        assert await ask(api) == HEALTHY
        await waiting.writer.start_tls(authority.client(), server_hostname="localhost")
        await waiting.say(GOOD)
        assert await waiting.answer() == HEALTHY
        await before.say(GOOD)
        assert await before.answer() == HEALTHY
        assert await running.reload(dataclasses.replace(running.config, tls=pair.tls)) == []
        assert await ask_secure(api, authority.client()) == HEALTHY


async def test_stop_ends_handshakes_and_connections_that_take_no_leave(authority: Authority, pair: Pair) -> None:
    """Within the seconds that a stop may take; nothing is left open (descriptors and tasks are counted)."""
    async with service(pair.tls, wait=30) as running:
        silent = await Client.connect(running.ports.api.port)
        halfway = await Client.connect(running.ports.api.port)
        await halfway.say(HELLO)
        idle = await secure(running.ports.api.port, authority.client())
        await eventually(lambda: len(running.ports.doorway) == 3)
        await asyncio.wait_for(running.stop(), 4)
        for client in (silent, halfway, idle):
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(client.reader.read(), 2) == b""
            await client.close()
