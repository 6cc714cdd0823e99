"""Bad input over raw sockets: each gets its answer, and nothing that it says comes back in the log."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.scenarios.process import Running, eventually, service

KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + KEY


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all of this: it must outlive every bit of it, and log no complaint."""
    with service(tmp_path_factory.mktemp("bad"), "--fake", "echo=1") as found:
        found.wait_for_line("echo1", "connected")
        yield found


@pytest.fixture(autouse=True)
def still_well(running: Running) -> Iterator[None]:
    """After each test the service still does its work."""
    yield
    with running.viewer("echo1", "&replay=0") as viewer:
        viewer.send(b"still here")
        assert viewer.recv(timeout=5) == b"still here"


def talk(url: str, request: bytes, *, seconds: float = 5.0) -> bytes:
    """All that comes back for these bytes, until the other side closes or falls silent after an answer."""
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as sock:
        answer = b""
        try:
            sock.sendall(request.replace(b"HOST", f"{host}:{port}".encode()))
            while chunk := sock.recv(65536):
                answer += chunk
                sock.settimeout(0.3)
        except (TimeoutError, ConnectionError):
            pass
        return answer


def status(answer: bytes) -> int:
    """The status of an HTTP answer; 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", 400),
        (b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + KEY, 400),
        (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\n" + KEY, 400),
        (b"Upgrade: websocket\r\nConnection: Upgrade\r\n" + KEY, 400),
        (UPGRADE.replace(KEY, b"Sec-WebSocket-Key: short\r\n"), 400),
        (UPGRADE.replace(KEY, b"Sec-WebSocket-Key: \xff\xfe\r\n"), 400),
    ],
    ids=["no-key", "no-connection", "version-99", "no-version", "short-key", "binary-key"],
)
def test_a_malformed_handshake_is_refused(running: Running, headers: bytes, wanted: int) -> None:
    """With a good token, too: it is not used up, and not told."""
    path = running.console_url("echo1").split("/", 3)[3].encode()
    answer = talk(running.proxy_url, b"GET /" + path + b" HTTP/1.1\r\nHost: HOST\r\n" + headers + b"\r\n")
    assert status(answer) == wanted
    fault = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert next(iter(fault.values()))["code"] == wanted


@pytest.mark.parametrize("headers", [b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b""], ids=["h2c", "plain-get"])
def test_what_asks_for_no_websocket_is_shown_the_page(running: Running, headers: bytes) -> None:
    """The same for every token, which it has nothing of; without one it is 405, as in nova."""
    path = running.console_url("echo1").split("/", 3)[3].encode()
    for target, wanted in ((b"/" + path, 200), (b"/", 405)):
        answer = talk(running.proxy_url, b"GET " + target + b" HTTP/1.1\r\nHost: HOST\r\n" + headers + b"\r\n")
        assert status(answer) == wanted
        assert path.partition(b"token=")[2] not in answer


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT"])
def test_a_handshake_by_another_method_is_refused(running: Running, method: bytes) -> None:
    """A websocket begins with a GET."""
    assert status(talk(running.proxy_url, method + b" /?token=x HTTP/1.1\r\nHost: HOST\r\n" + UPGRADE + b"\r\n")) in (
        400,
        404,
    )


@pytest.mark.parametrize("face", ["api", "proxy"])
@pytest.mark.parametrize("path", [b"//evil/%2F..", b"///evil/%2F..", b"//evil", b"/%2F/evil/..", b"/../../etc/passwd"])
def test_a_path_that_names_a_host_leads_nowhere(running: Running, face: str, path: bytes) -> None:
    """No redirect, no file, no echo of the name: 404 (CVE-2021-3654 and its second fix)."""
    answer = talk(str(running.ready[face]), b"GET " + path + b" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
    assert status(answer) == 404
    assert b"Location" not in answer
    assert b"evil" not in answer


@pytest.mark.parametrize("face", ["api", "proxy"])
@pytest.mark.parametrize(
    "garbage",
    [
        b"\0" * 1000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"GET /?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec\r\n\r\n",
        b"GET /?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec HTTP/9.9\r\nHost: HOST\r\n\r\n",
        b"GET /?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec HTTP/1.1\r\nHost: HOST\r\nno colon\r\n\r\n",
        b"GET /?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec HTTP/1.1\r\nHost: HOST\r\nContent-Length: x\r\n\r\n",
        b"GET http://[::1/?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET /?token=5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec HTTP/1.1\r\nHost: [::\r\n" + UPGRADE + b"\r\n",
        b"POST /v2.1/servers/x/action HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\n" + b"X-Many: a\r\n" * 50_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nExpect: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nExpect: a-miracle\r\n\r\n",
    ],
    ids=[
        "zeros", "tls-hello", "http-0.9", "http-9.9", "no-colon", "bad-length", "bad-url", "bad-host",
        "bad-chunk", "huge-path", "huge-header", "many-headers", "bad-expect", "odd-expect",
    ],
)  # fmt: skip
def test_what_is_no_http_is_refused_without_a_word_of_it_in_the_log(
    running: Running, face: str, garbage: bytes
) -> None:
    """A 4xx or a closed connection; the token in it is in no log."""
    answer = talk(str(running.ready[face]), garbage)
    assert status(answer) in {0, *range(400, 500)}
    running.tokens.add("5ec2e75e-c2e7-4ec2-85ec-2e75ec2e75ec")
    assert "5ec2e75e" not in running.stderr


def test_random_bytes_after_the_handshake_end_only_that_session(running: Running) -> None:
    """A client that speaks no websocket after it has said it would gets a close frame with 1002, or none."""
    for _ in range(20):
        path = running.console_url("echo1").split("/", 3)[3].encode()
        request = b"GET /" + path + b"&replay=0 HTTP/1.1\r\nHost: HOST\r\n" + UPGRADE + b"\r\n"
        assert status(talk(running.proxy_url, request + os.urandom(4096), seconds=3)) == 101
    eventually("no session left", lambda: running.console("echo1")["viewers"] == 0)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x82\xff" + struct.pack(">Q", 1 << 20 | 1) + b"mask" + b"x" * 1000, 1009),
        (b"\x82\xff" + struct.pack(">Q", 1 << 62) + b"mask", 1009),
        (b"\xf2\x81maskx", 1002),
        (b"\x83\x81maskx", 1002),
        (b"\x89\xfe\x01\x00mask" + b"x" * 256, 1002),
        (b"\x81\x81mask\x92", 1007),
    ],
    ids=["oversized", "enormous", "reserved-bits", "unknown-opcode", "long-ping", "bad-text"],
)
def test_a_bad_frame_ends_the_session_with_the_standard_s_code(running: Running, frame: bytes, code: int) -> None:
    """RFC 6455 section 7.4.1 has a code for each."""
    with running.viewer("echo1", "&replay=0") as viewer:
        viewer.socket.sendall(frame)
        with pytest.raises(ConnectionClosed) as closed:
            viewer.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


def test_a_token_is_told_to_nobody(running: Running) -> None:
    """Used, unknown, in a foreign page's request, over the API: the log has its hash's short name at most."""
    for wish in (b"", b"Origin: http://evil.example\r\n", b"Host: evil.example\r\n", b"Cookie: token=%s\r\n"):
        url = running.console_url("echo1")
        token = url.rpartition("=")[2].encode()
        headers = wish % token if b"%s" in wish else wish
        request = b"GET /?token=" + token + b"&replay=x HTTP/1.1\r\nHost: HOST\r\n" + headers + UPGRADE + b"\r\n"
        for face in (running.proxy_url, running.api_url):
            assert token not in talk(face, request)
        assert token.decode() not in running.stderr
