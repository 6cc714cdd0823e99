"""nginx and HAProxy in front of a service, with the very configuration that the README gives; only places differ."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import textwrap
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority
from tests.scenarios.process import ROOT, Running, eventually, service

README = (ROOT / "README.md").read_text()
NGINX, HAPROXY = Path("/usr/sbin/nginx"), Path("/usr/sbin/haproxy")
CLIENT = "127.0.0.9"
"""The address of clients here. The proxies come from 127.0.0.1, and that one alone is trusted: else a client on this
host would be a proxy, too, and what it writes be believed."""
HOST = "console.lab"
ECHO = "servers:\n  - {name: echo1, line: {type: emulated, guest: echo, speed: max}}\n"


def block(begin: str) -> str:
    """The README's code block whose first line is this."""
    [found] = re.findall(rf"(?m)^    {re.escape(begin)}\n(?:(?:    .*)?\n)*", README)
    return textwrap.dedent(found).rstrip() + "\n"


def put(text: str, places: Mapping[str, str]) -> str:
    """The text with each of these in its place; each has to be there."""
    for written, here in places.items():
        assert written in text, f"{written!r} is not in the README's {text}"
        text = text.replace(written, here)
    return text


@dataclass
class Front:
    """A proxy at work in front of a service."""

    running: Running
    port: int
    tls: ssl.SSLContext
    folder: Path

    @property
    def root(self) -> str:
        """Where clients find it."""
        return f"https://{HOST}:{self.port}"

    def connect(self) -> socket.socket:
        """A connection of a client's to the proxy."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(CLIENT, 0))

    @contextlib.contextmanager
    def tunnel(self) -> Iterator[socket.socket]:
        """A plain socket, whose other end speaks TLS with the proxy.

        For clients that read in one thread and write in another: of one TLS connection that is no use, and now and
        then neither goes on.
        """
        ours, theirs = socket.socketpair()
        relaying = threading.Thread(target=asyncio.run, args=(_relay(theirs, self.connect(), self.tls),))
        relaying.start()
        with ours:
            yield ours
        relaying.join(10)

    def http(self) -> http.client.HTTPSConnection:
        """A connection for requests; closing is the caller's."""
        made = http.client.HTTPSConnection(HOST, self.port, timeout=10, context=self.tls)
        made.sock = self.tls.wrap_socket(self.connect(), server_hostname=HOST)
        return made

    @property
    def said(self) -> str:
        """All that the proxy has written, wherever."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix in (".log", ".stderr")]
        return "".join(path.read_text(errors="replace") for path in files)


async def _relay(plain: socket.socket, proxy: socket.socket, tls: ssl.SSLContext) -> None:
    """Carry bytes both ways, until either end ends."""
    far = await asyncio.open_connection(sock=proxy, ssl=tls, server_hostname=HOST)
    near = await asyncio.open_connection(sock=plain)
    ways = [asyncio.create_task(_carry(one[0], other[1])) for one, other in ((near, far), (far, near))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    near[1].close()
    far[1].transport.abort()
    with contextlib.suppress(OSError):
        await near[1].wait_closed()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@contextlib.contextmanager
def front(folder: Path, program: Path, more: Mapping[str, str] | None = None, prefix: str = "") -> Iterator[Front]:
    """A service behind a proxy.

    Args:
        folder: For all of it.
        program: NGINX or HAPROXY.
        more: Further places of the README's configuration, and what stands there instead.
        prefix: The path below which the proxy has the service.
    """
    authority = Authority(folder)
    pair = authority.issue("front")
    both = folder / "both.pem"
    both.write_bytes(pair.cert.read_bytes() + pair.key.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        port, behind = one.getsockname()[1], other.getsockname()[1]
    config = folder / "lab.yaml"
    lab = put(block("api:   {listen: 127.0.0.1:8774}"), {"127.0.0.1:8774": f"127.0.0.1:{behind}"})
    lab = put(lab, {f"wss://{HOST}/": f"wss://{HOST}:{port}{prefix}/"})
    lab = lab.replace("api:   {", f"api:   {{prefix: '{prefix}', ")
    config.write_text(lab + ECHO + "trusted_proxies: [127.0.0.1]\n")
    listens = tuple(f"{name}.listen=127.0.0.1:{behind}" for name in ("api", "proxy"))
    words = [word for listen in listens for word in ("--set", listen)]
    places = {"127.0.0.1:8774": f"127.0.0.1:{behind}", **(more or {})}
    start = start_nginx if program == NGINX else start_haproxy
    (folder / "front").mkdir()
    with service(folder / "run", "--config", str(config), *words) as running:
        running.wait_for_line("echo1", "connected")
        with start(folder / "front", port, places, pair.cert, pair.key, both):
            made = Front(running, port, authority.client(), folder / "front")
            eventually("the proxy answers", lambda: is_up(made, prefix), 20)
            yield made
            assert [token for token in running.tokens if token in made.said] == []


def is_up(made: Front, prefix: str) -> bool:
    """Whether the service answers through the proxy."""
    try:
        with contextlib.closing(made.http()) as connection:
            connection.request("GET", f"{prefix}/healthcheck")
            return connection.getresponse().status == 200
    except OSError:
        return False


@contextlib.contextmanager
def start_nginx(folder: Path, port: int, places: dict[str, str], cert: Path, key: Path, _both: Path) -> Iterator[None]:
    """nginx with the README's server, in a configuration around it that keeps all files in the folder."""
    places |= {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/console.lab.pem": str(cert),
        "/etc/ssl/console.lab.key": str(key),
    }
    (folder / "consolesvc.conf").write_text(
        put(block("map $http_upgrade $connection_upgrade { default upgrade; '' ''; }"), places)
    )
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log info;\n"
        f"events {{}}\nhttp {{\n{temporary}    access_log {folder}/access.log;\n"
        f"    include {folder}/consolesvc.conf;\n}}\n"
    )
    with started(folder, NGINX, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"):
        yield


@contextlib.contextmanager
def start_haproxy(
    folder: Path, port: int, places: dict[str, str], _cert: Path, _key: Path, both: Path
) -> Iterator[None]:
    """HAProxy with the README's frontend and backend."""
    places |= {"bind :443": f"bind 127.0.0.1:{port}", "/etc/ssl/console.lab.both.pem": str(both)}
    (folder / "haproxy.cfg").write_text(put(block("frontend console"), places))
    with started(folder, HAPROXY, "-db", "-f", folder / "haproxy.cfg"):
        yield


@contextlib.contextmanager
def started(folder: Path, *words: str | Path) -> Iterator[None]:
    """A program, until the end."""
    assert shutil.which(words[0])
    with (folder / "front.stderr").open("wb") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
        assert process.poll() is None, (folder / "front.stderr").read_text()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
