"""The way to a console of another consolesvc: its API for a URL, and the websocket behind that.

aiohttp's client, and with it this module, is imported only where the configuration has such a line (DESIGN section 3).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from consolesvc.client.cacert import refused_certificate
from consolesvc.config.linespec import RemoteSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.remotewords import PROTOCOL

PATIENCE: Final = 10.0
"""Seconds that a host has to answer each call."""
HEARTBEAT: Final = 10.0
"""Seconds between two signs of life that are asked for; half of that is the time for an answer."""
LARGEST: Final = 8 * 1024 * 1024
"""Bytes of one message at most."""


class RemoteCalls:
    """One console there.

    Args:
        spec: Which.
    """

    def __init__(self, spec: RemoteSpec) -> None:
        self.spec = spec
        self._session: aiohttp.ClientSession | None = None
        self._base = ""

    async def attach(self, wish: dict[str, str], resume: str) -> aiohttp.ClientWebSocketResponse:
        """A websocket on it, by a secret that brings us back, else by a fresh token; raises LineUnavailable."""
        try:
            async with asyncio.timeout(PATIENCE):
                if resume and self._base:
                    back = await self._connect({**wish, "resume": resume})
                    if back is not None:
                        return back
                url = urlsplit(await self._console_url())
                self._base = url._replace(query="").geturl()
                found = await self._connect({**wish, "token": url.query.rpartition("token=")[2]})
        except TimeoutError:
            raise LineUnavailable(f"no answer from {self.spec.url}", f"it had {PATIENCE:g} s") from None
        except aiohttp.ClientError as error:
            raise self._unreachable(error) from None
        if found is None:
            raise LineUnavailable(f"{self.spec.url} does not take its own token", "is its clock right?")
        return found

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _connect(self, query: dict[str, str]) -> aiohttp.ClientWebSocketResponse | None:
        """The websocket; None where the secret is good for nothing any more."""
        try:
            ws = await self._client().ws_connect(
                f"{self._base}?{urlencode(query)}", protocols=(PROTOCOL,), max_msg_size=LARGEST, heartbeat=HEARTBEAT
            )
        except aiohttp.WSServerHandshakeError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                return None
            why = "a limit there is reached" if error.status == HTTPStatus.TOO_MANY_REQUESTS else f"HTTP {error.status}"
            raise LineUnavailable(f"{self._base} refuses us: {why}") from None
        if ws.protocol != PROTOCOL:
            await ws.close()
            raise LineUnavailable(
                f"{self._base} does not speak {PROTOCOL}", "it is of another version, or no consolesvc"
            )
        return ws

    async def _console_url(self) -> str:
        spec = self.spec
        found = await self._call("GET", f"/console/v1/consoles/{quote(spec.name, safe='')}")
        try:
            server_id = found["console"]["id"]
            body = {"os-getSerialConsole": {"type": "serial"}}
            return str((await self._call("POST", f"/v2.1/servers/{server_id}/action", body))["console"]["url"])
        except (LookupError, TypeError):
            raise LineUnavailable(f"{spec.url} answers as no consolesvc does", "is it the API's URL?") from None

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        spec = self.spec
        headers = {"X-Auth-Token": _token(spec)} if spec.token_file is not None else {}
        url = f"{spec.url}{path}"
        async with self._client().request(method, url, json=body, headers=headers, allow_redirects=False) as answer:
            match answer.status:
                case HTTPStatus.OK:
                    try:
                        return await answer.json(content_type=None)
                    except ValueError:
                        raise LineUnavailable(
                            f"{spec.url} answers as no consolesvc does", "is it the API's URL?"
                        ) from None
                case HTTPStatus.UNAUTHORIZED:
                    cure = (
                        "set token_file"
                        if spec.token_file is None
                        else f"the token in {spec.token_file} is not known there"
                    )
                    raise LineUnavailable(f"{spec.url} does not let us in", cure)
                case HTTPStatus.FORBIDDEN:
                    raise LineUnavailable(
                        f"{spec.url} does not let us type at {spec.name}", "our role there must be member"
                    )
                case HTTPStatus.NOT_FOUND:
                    raise LineUnavailable(f"{spec.name} is no console of {spec.url}", "or not one of our project's")
                case status:
                    raise LineUnavailable(f"{spec.url} answers {status}")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def _unreachable(self, error: aiohttp.ClientError) -> LineUnavailable:
        os_error = getattr(error, "os_error", None)
        # The variable is OpenSSL's, of the service's own environment: OS_CACERT is for people's commands.
        refused = refused_certificate(error, "SSL_CERT_FILE")
        why = refused or getattr(os_error, "strerror", None) or type(error).__name__
        where = self.spec.url
        host = urlsplit(self._base).hostname
        if host is not None and host != urlsplit(where).hostname and str(host) in str(error):
            return LineUnavailable(f"its console URL leads to {host}: {why}", f"set proxy.base_url at {where}")
        return LineUnavailable(f"{where} cannot be reached: {why}")


def _token(spec: RemoteSpec) -> str:
    """What is in the file now: a token that was replaced counts with the next call."""
    try:
        lines = Path(spec.token_file or "").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise LineUnavailable(f"{spec.token_file} cannot be read: {why}") from None
    if not lines or not lines[0].strip():
        raise LineUnavailable(f"{spec.token_file} is empty", "its first line is the token")
    return lines[0].strip()
