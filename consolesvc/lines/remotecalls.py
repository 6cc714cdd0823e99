"""The way to a console of another consolesvc: its API for a URL, and the websocket behind that.

aiohttp's client, and with it this module, is imported only where the configuration has such a line (DESIGN section 3).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from consolesvc.config.linespec import RemoteSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.remotelogin import PATIENCE, first_line, login_of, reason
from consolesvc.lines.remotetls import Trust, trust
from consolesvc.lines.remotewords import PROTOCOL

RETURN: Final = 4.0
"""Seconds for coming back by a secret: where the host has another address now, nobody may answer at the old one."""
HEARTBEAT: Final = 10.0
"""Seconds between two signs of life that are asked for; half of that is the time for an answer."""
LARGEST: Final = 8 * 1024 * 1024
"""Bytes of one message at most."""


class RemoteCalls:
    """One console there.

    Args:
        spec: Which.

    Attributes:
        resume: The secret that brings us back to the websocket we had; "" where there is none.
    """

    def __init__(self, spec: RemoteSpec) -> None:
        self.spec = spec
        self.resume = ""
        self._login = login_of(spec)
        self._session: aiohttp.ClientSession | None = None
        self._base = ""
        self._tls: Trust = True

    async def attach(self, wish: dict[str, str]) -> aiohttp.ClientWebSocketResponse:
        """A websocket on it, by the secret that brings us back, else by a fresh token; raises LineUnavailable."""
        self._tls = await trust(self.spec)
        back = await self._come_back(wish)
        if back is not None:
            return back
        url = urlsplit(await self._console_url())
        self._base = url._replace(query="").geturl()
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._connect({**wish, "token": url.query.rpartition("token=")[2]})
        except TimeoutError:
            raise self._astray(f"no answer in {PATIENCE:g} s") from None
        except aiohttp.ClientError as error:
            raise self._astray(reason(error)) from None
        if found is None:
            raise LineUnavailable(f"{self.spec.url} does not take its own token", "is its clock right?")
        return found

    async def close(self) -> None:
        """Let go of connections. Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _come_back(self, wish: dict[str, str]) -> aiohttp.ClientWebSocketResponse | None:
        """The websocket by the secret, which is then used up; None where it is good for nothing, for whatever reason.

        The host may be at another address by now, behind another proxy, or another one under the old address: only its
        API says where its consoles are.
        """
        secret, self.resume = self.resume, ""
        if not secret or not self._base:
            return None
        try:
            async with asyncio.timeout(RETURN):
                return await self._connect({**wish, "resume": secret})
        except (TimeoutError, aiohttp.ClientError, LineUnavailable):
            return None

    async def _connect(self, query: dict[str, str]) -> aiohttp.ClientWebSocketResponse | None:
        """The websocket; None where the secret is good for nothing any more."""
        try:
            ws = await self._client().ws_connect(
                f"{self._base}?{urlencode(query)}",
                protocols=(PROTOCOL,),
                max_msg_size=LARGEST,
                heartbeat=HEARTBEAT,
                ssl=self._tls,
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
        token = await self._token()
        status, found = await self._answer(method, path, body, token)
        if status == HTTPStatus.UNAUTHORIZED and self._login is not None:
            # Its time is over, or the host has forgotten it with a restart.
            self._login.forget(token)
            status, found = await self._answer(method, path, body, await self._token())
        match status:
            case HTTPStatus.OK:
                return found
            case HTTPStatus.UNAUTHORIZED:
                raise LineUnavailable(f"{spec.url} does not let us in", self._way_in())
            case HTTPStatus.FORBIDDEN:
                raise LineUnavailable(
                    f"{spec.url} does not let us type at {spec.name}", "our role there must be member"
                )
            case HTTPStatus.NOT_FOUND:
                raise LineUnavailable(f"{spec.name} is no console of {spec.url}", "or not one of our project's")
            case _:
                raise LineUnavailable(f"{spec.url} answers {status}")

    async def _answer(self, method: str, path: str, body: object, token: str) -> tuple[int, Any]:
        """The status of an answer and its JSON, None where it has none."""
        spec = self.spec
        headers = {"X-Auth-Token": token} if token else {}
        asking = self._client().request(
            method, f"{spec.url}{path}", json=body, headers=headers, allow_redirects=False, ssl=self._tls
        )
        try:
            async with asyncio.timeout(PATIENCE), asking as answer:
                found = await answer.json(content_type=None) if answer.status == HTTPStatus.OK else None
                return answer.status, found
        except TimeoutError:
            raise LineUnavailable(f"no answer from {spec.url}", f"it had {PATIENCE:g} s") from None
        # Before ValueError, which aiohttp's error about a certificate is as well.
        except aiohttp.ClientError as error:
            raise LineUnavailable(f"{spec.url} cannot be reached: {reason(error)}") from None
        except ValueError:
            raise LineUnavailable(f"{spec.url} answers as no consolesvc does", "is it the API's URL?") from None

    async def _token(self) -> str:
        if self._login is not None:
            return await self._login.token(self._client(), self._tls)
        return "" if self.spec.token_file is None else first_line(self.spec.token_file, "token").strip()

    def _way_in(self) -> str:
        spec = self.spec
        if spec.auth_url is not None:
            return f"it does not know the tokens of {spec.auth_url}"
        if spec.token_file is not None:
            return f"the token in {spec.token_file} is not known there"
        return "set token_file, or auth_url with username and password_file"

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _astray(self, why: str) -> LineUnavailable:
        """The API has answered, and the websocket that it names does not."""
        return LineUnavailable(
            f"its console URL leads to {self._base}: {why}", f"set proxy.base_url at {self.spec.url}"
        )
