"""Websocket clients of nova-contract 4, each on a URL of os-getSerialConsole, each with its own habits."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import aiohttp
import pytest
import websocket

from tests.clients.consoles import answers
from tests.clients.ways import TEMPEST, Way


@pytest.fixture
def url(open_way: Way) -> str:
    """A fresh URL of a machine that echoes."""
    return open_way.running.console_url("echo1")


def test_websockets(url: str) -> None:
    """The library `websockets`: no Origin, and an offer to compress."""
    answers(url)


@pytest.mark.parametrize("kind", ["binary", "text"])
def test_websocket_client(url: str, kind: str) -> None:
    """websocket-client, and with it wsdump: an Origin of the URL's own, frames of either kind."""
    said = uuid.uuid4().hex
    viewer = websocket.create_connection(url, timeout=5)
    try:
        viewer.send(said) if kind == "text" else viewer.send_binary(said.encode())
        seen = b""
        while said.encode() not in seen:
            opcode, data = viewer.recv_data()
            assert opcode == websocket.ABNF.OPCODE_BINARY
            seen += data
    finally:
        viewer.close()


def test_as_novaconsole_does(url: str) -> None:
    """It offers `binary,base64`, sends TEXT, and dies of a message that is not whole UTF-8 or not binary."""
    place = urlsplit(url)
    viewer = websocket.create_connection(
        url,
        timeout=5,
        subprotocols=["binary", "base64"],
        origin=f"http://{place.hostname}:{place.port}",
    )
    try:
        assert viewer.getsubprotocol() == "binary"
        seen = ""
        for key in "grüße € 🖥\r":
            viewer.send(key)
        while not seen.endswith("🖥\r"):
            opcode, data = viewer.recv_data()
            assert opcode == websocket.ABNF.OPCODE_BINARY
            seen += data.decode()
    finally:
        viewer.close()


async def test_aiohttp(url: str) -> None:
    """aiohttp's client: no Origin, no protocol asked."""
    said = uuid.uuid4().hex.encode()
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as viewer:
        assert viewer.protocol is None
        await viewer.send_bytes(said)
        seen = b""
        while said not in seen:
            seen += await viewer.receive_bytes(timeout=5)


def test_tempest(open_way: Way) -> None:
    """Tempest's own: the token as a cookie, `/websockify` as the path, plain sockets, small frames.

    It reads frames of 125 bytes at most, so its machine is one that has said nothing yet: a replay would be longer.
    """
    text = """
import json, sys
from tempest.common import compute
viewer = compute.create_websocket(sys.argv[1])
viewer.send_frame(b"hello")
seen = b""
while b"hello" not in seen:
    seen += viewer.receive_frame()
viewer.close()
print(json.dumps(viewer.response.decode().split("\\r\\n")[0]))
"""
    said = open_way.script(TEMPEST.with_name("python"), text, open_way.running.console_url("echo2"))
    assert said == "HTTP/1.1 101 Switching Protocols"
